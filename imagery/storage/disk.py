"""Files in a folder of this machine."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from django.core.exceptions import SuspiciousFileOperation
from django.utils import timezone

from imagery.storage import LOST_AND_FOUND, Leftover, Readable, Storage, StoredFile

INCOMING = ".incoming"


class DiskStorage(Storage):
    """Keeps files below `location`, readable by this user alone."""

    def __init__(self, location: Path | str) -> None:
        self.root = Path(location)
        self.synced_folders: set[Path] = set()  # their names are durable, as far as this process knows

    def path(self, name: str) -> Path:
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise SuspiciousFileOperation(f"{name} lies outside of the storage.")
        return self.root / name

    def incoming(self) -> Path:
        """A folder in the same file system, so that `adopt` can link files."""
        return make_folder(self.root / INCOMING)

    def adopt(self, path: Path, name: str) -> None:
        target = self.path(name)
        os.utime(path)  # it may have waited for hours in a batch, and `reconcile_files` judges files by their age
        sync(path)
        self._make_folder_durable(target.parent)
        os.link(path, target)
        sync(target.parent)

    def _make_folder_durable(self, folder: Path) -> None:
        """Make a folder and sync its parent, also if another process made it a moment ago."""
        if folder not in self.synced_folders:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            sync(folder.parent)
            self.synced_folders.add(folder)

    def delete(self, name: str) -> None:
        self.path(name).unlink(missing_ok=True)

    def exists(self, name: str) -> bool:
        return self.path(name).is_file()

    def size(self, name: str) -> int:
        return self.path(name).stat().st_size

    @contextmanager
    def local(self, name: str) -> Iterator[BinaryIO]:
        with self.path(name).open("rb") as file:
            yield file

    def stream(self, name: str, start: int = 0, length: int | None = None) -> Readable:
        file = self.path(name).open("rb")
        file.seek(start)
        return FilePart(file, os.fstat(file.fileno()).st_size - start if length is None else length)

    def folders(self) -> list[str]:
        names = (path.name for path in make_folder(self.root).iterdir() if path.is_dir())
        return ["", *sorted(name for name in names if name not in (INCOMING, LOST_AND_FOUND))]

    def stored(self, folder: str) -> Iterator[StoredFile]:
        paths = (self.root / folder).rglob("*") if folder else self.root.glob("*")
        return (StoredFile(str(path.relative_to(self.root)), modified_at(path)) for path in paths if path.is_file())

    def leftovers(self, before: datetime) -> Iterator[Leftover]:
        return files_before(self.incoming(), before)

    def set_aside(self, name: str) -> str:
        new_name = f"{LOST_AND_FOUND}/{timezone.now():%Y-%m-%d}/{name}"
        target = self.path(new_name)
        make_folder(target.parent)
        os.rename(self.path(name), target)
        sync(target.parent)
        sync(self.path(name).parent)
        return new_name


class FilePart:
    """The next `length` bytes of an open file."""

    def __init__(self, file: BinaryIO, length: int) -> None:
        self.file, self.remaining = file, length

    def read(self, size: int = -1, /) -> bytes:
        chunk = self.file.read(self.remaining if size < 0 else min(size, self.remaining))
        self.remaining -= len(chunk)
        return chunk

    def close(self) -> None:
        self.file.close()


def sync(path: Path) -> None:
    """Put a file's bytes, or a folder's names, on the disk (fsync(2): syncing a file does not sync its name)."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> Path:
    """Make a folder for this user alone, and sync each new name on the way to it."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        sync(folder.parent)
    return folder


def modified_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def files_before(folder: Path, before: datetime) -> Iterator[Leftover]:
    """List the files of a folder of incoming files that have not changed since then."""
    for path in sorted(folder.iterdir()):
        if path.is_file() and modified_at(path) < before:
            yield Leftover(path.name, path.unlink)
