"""The files below a folder on this machine. No link is followed: what lies elsewhere was not meant."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from imagery.importing.parts import CHUNK, bounded, fault, passed_over

HERE_ONLY = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


def walked(folder: Path) -> Iterator["OnDisk"]:
    """Every file below the folder, in order of their names; what cannot be looked into is told of as one.

    A hidden folder is told of, and what is in it is not.
    """
    to_come = [(Path(), "folder")]
    while to_come:
        path, kind = to_come.pop()
        skipped = passed_over(str(path)) or kind
        if skipped != "folder":
            yield OnDisk(folder, str(path), skipped)
            continue
        try:
            to_come += sorted(inside(folder, path), reverse=True)
        except OSError:
            yield OnDisk(folder, str(path), "")


def inside(folder: Path, path: Path) -> list[tuple[Path, str]]:
    """What is in a folder below the folder, and of which kind. Raises `OSError`."""
    descriptor = opened(folder, path)
    try:
        with os.scandir(descriptor) as entries:
            return [(path / entry.name, kind_of(entry)) for entry in entries]
    finally:
        os.close(descriptor)


def kind_of(entry: os.DirEntry) -> str:
    """ "folder", nothing for a file, or why it is neither: a key of `SKIPPED`."""
    if entry.is_symlink():
        return "link"
    if entry.is_dir(follow_symlinks=False):
        return "folder"
    return "" if entry.is_file(follow_symlinks=False) else "special"


def opened(folder: Path, path: Path) -> int:
    """Step by step, so that no folder that was swapped for a link meanwhile leads elsewhere. Raises `OSError`."""
    at = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    for step in path.parts:
        try:
            below = os.open(step, HERE_ONLY, dir_fd=at)
        finally:
            os.close(at)
        at = below
    return at


@dataclass(frozen=True, slots=True)
class OnDisk:
    """A file below a folder."""

    folder: Path
    name: str  # its path from there
    skipped: str

    def chunks(self) -> Iterator[bytes]:
        """Its bytes. Raises `InvalidInput`."""
        return bounded(self._read())

    def _read(self) -> Iterator[bytes]:
        try:
            with os.fdopen(opened(self.folder, Path(self.name)), "rb") as file:
                while chunk := file.read(CHUNK):
                    yield chunk
        except OSError as exc:
            raise fault("unreadable") from exc
