"""The files below a folder on this machine. No link is followed: what it points to was not meant."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISLNK, S_ISREG

from imagery.importing.parts import fault, receive_chunks, skip_reason
from imagery.intake import Upload
from imagery.storage import CHUNK_BYTES


def find_files(folder: Path) -> Iterator["FolderFile"]:
    """Yield every file below the folder. Hidden folders, links and unreadable folders are yielded, not entered."""
    for top, folders, names, descriptor in os.fwalk(folder, follow_symlinks=False):
        for name in sorted([*folders, *names]):
            is_folder = name in folders
            skipped = skip_reason(name) or special_reason(name, descriptor, is_folder=is_folder)
            enter = is_folder and not skipped and os.access(name, os.R_OK | os.X_OK, dir_fd=descriptor)
            if is_folder and not enter:
                folders.remove(name)
            if not enter:
                yield FolderFile(folder, str(Path(os.path.relpath(top, folder), name)), skipped)
        folders.sort()


def special_reason(name: str, folder: int, *, is_folder: bool) -> str:
    """Return why a name of an open folder is neither a file nor a folder: a key of `SKIPPED`, or nothing."""
    mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    if S_ISLNK(mode):
        return "link"
    return "" if is_folder or S_ISREG(mode) else "special"


@dataclass(frozen=True, slots=True)
class FolderFile:
    """A file below a folder; `name` is its path from there."""

    folder: Path
    name: str
    skipped: str

    def receive(self) -> AbstractContextManager[Upload]:
        return receive_chunks(self.chunks())

    def chunks(self) -> Iterator[bytes]:
        """Read the file. Raises `InvalidInput`."""
        try:
            with os.fdopen(open_below(self.folder, Path(self.name)), "rb") as file:
                while chunk := file.read(CHUNK_BYTES):
                    yield chunk
        except OSError as exc:
            raise fault("unreadable") from exc


def open_below(folder: Path, path: Path) -> int:
    """Open a file step by step, so that no folder that was replaced by a link leads elsewhere. Raises `OSError`."""
    descriptor = os.open(folder, os.O_RDONLY)
    for step in path.parts:
        try:
            below = os.open(step, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=descriptor)
        finally:
            os.close(descriptor)
        descriptor = below
    return descriptor
