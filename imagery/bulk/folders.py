"""The files below a folder on this machine. No link is followed: what lies elsewhere was not meant."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISLNK, S_ISREG

from imagery.bulk.parts import CHUNK, bounded, fault, passed_over

HERE_ONLY = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC


def walked(folder: Path) -> Iterator["OnDisk"]:
    """Every file below the folder, in order of their names; and each folder that cannot be looked into."""
    closed: list[OSError] = []
    for at, folders, names, descriptor in os.fwalk(folder, onerror=closed.append, follow_symlinks=False):
        folders.sort()
        below = os.path.relpath(at, folder)
        for name in sorted(names + [each for each in folders if _kind(each, descriptor) == "link"]):
            path = os.path.normpath(os.path.join(below, name))
            yield OnDisk(folder, path, passed_over(path) or _kind(name, descriptor))
    for error in closed:
        yield OnDisk(folder, os.path.relpath(error.filename, folder), "")


def _kind(name: str, folder: int) -> str:
    """Why this is no file to read: a key of `SKIPPED`, or nothing."""
    try:
        mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    except OSError:  # gone meanwhile: whoever opens it will say so
        return ""
    return "link" if S_ISLNK(mode) else "" if S_ISREG(mode) else "special"


@dataclass(frozen=True, slots=True)
class OnDisk:
    """A file below a folder."""

    folder: Path
    name: str  # its path from there
    skipped: str

    def chunks(self) -> Iterator[bytes]:
        """Its bytes. Raises `Rejected`."""
        return bounded(self._read())

    def _read(self) -> Iterator[bytes]:
        try:
            with os.fdopen(self._open(), "rb") as file:
                while chunk := file.read(CHUNK):
                    yield chunk
        except OSError as exc:
            raise fault("unreadable") from exc

    def _open(self) -> int:
        """Folder by folder, so that none that was swapped for a link meanwhile leads elsewhere."""
        at = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        *folders, name = Path(self.name).parts
        try:
            for each in folders:
                below = os.open(each, HERE_ONLY | os.O_DIRECTORY, dir_fd=at)
                os.close(at)
                at = below
            return os.open(name, HERE_ONLY | os.O_NONBLOCK, dir_fd=at)
        finally:
            os.close(at)
