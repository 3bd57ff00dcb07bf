"""Bytes in a folder of this machine."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from django.core.files.storage import FileSystemStorage
from django.utils import timezone
from django.utils.deconstruct import deconstructible

from imagery.storage import LOST, Arrived, Leftover, Readable, Storage, Stored, arrivals

INCOMING = ".incoming"


@deconstructible
class DiskStorage(FileSystemStorage, Storage):
    """Files that survive a power cut once `adopt` has returned."""

    def __init__(self, **options: Any) -> None:
        super().__init__(file_permissions_mode=0o600, directory_permissions_mode=0o700, **options)
        self.certain: dict[Path, int] = {}  # folders whose entry this process has synced, and their inodes

    @property
    def root(self) -> Path:
        return Path(self.location)

    def arrivals(self) -> Path:
        """In the same file system, so that a rename is enough."""
        return made(self.root / INCOMING)

    def adopt(self, arrived: Arrived, name: str) -> str:
        """fsync the file, rename it, fsync its folder."""
        target = Path(self.path(name))
        os.fsync(arrived.descriptor)
        self._make_certain(target.parent)
        os.rename(arrived.path, target)
        sync_folder(target.parent)
        return name

    def _make_certain(self, folder: Path) -> None:
        """The folder is there and its own entry on the disk. Whoever meets it first syncs that, even if it was there:
        another process may have made it a moment ago.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        met = folder.stat().st_ino
        if self.certain.get(folder) != met:
            sync_folder(folder.parent)
            self.certain[folder] = met

    def give_back(self, name: str, arrived: Arrived) -> None:
        os.rename(self.path(name), arrived.path)

    @contextmanager
    def local(self, name: str) -> Iterator[BinaryIO]:
        with open(self.path(name), "rb") as file:
            yield file

    def stream(self, name: str, start: int = 0, length: int | None = None) -> Readable:
        file = open(self.path(name), "rb")  # noqa: SIM115 - whoever asked closes it
        file.seek(start)
        return Part(file, os.fstat(file.fileno()).st_size - start if length is None else length)

    def folders(self) -> list[str]:
        there = (path.name for path in made(self.root).iterdir() if path.is_dir())
        return ["", *sorted(name for name in there if name not in (INCOMING, LOST))]

    def stored(self, folder: str) -> Iterator[Stored]:
        found = (self.root / folder).rglob("*") if folder else self.root.glob("*")
        for path in found:
            if path.is_file():
                yield Stored(str(path.relative_to(self.root)), modified(path))

    def leftovers(self, before: datetime) -> Iterator[Leftover]:
        return left_in(self.arrivals(), before, self.root / LOST)

    def set_aside(self, name: str) -> str:
        return moved(self.root / name, self.root / LOST, name)


class Part:
    """Some bytes of an open file, from where it stands on."""

    def __init__(self, file: BinaryIO, length: int) -> None:
        self.file, self.left = file, length

    def read(self, size: int = -1, /) -> bytes:
        found = self.file.read(self.left if size < 0 else min(size, self.left))
        self.left -= len(found)
        return found

    def close(self) -> None:
        self.file.close()


def sync_folder(folder: Path) -> None:
    """Put a folder's entries on the disk (fsync(2): syncing a file does not sync its name)."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def made(folder: Path) -> Path:
    """The folder, its owner's alone, with its way down from what was there on the disk."""
    if not folder.is_dir():
        made(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        sync_folder(folder.parent)
    return folder


def modified(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def left_in(folder: Path, before: datetime, lost: Path) -> Iterator[Leftover]:
    """What has lain in a folder of arrivals since before then; cleared, it goes to lost+found."""
    before_folders = (path for path in folder.glob("*") if path.is_file() and path.suffix != ".lock")
    for path in sorted([*before_folders, *folder.glob("*/*")]):
        if not arrivals.is_mark(path) and modified(path) < before:
            yield Leftover(path.name, partial(moved, path, lost, f"incoming/{path.name}"))


def moved(path: Path, lost: Path, name: str) -> str:
    """Put a file below today's folder of lost+found, synced. Returns its name there."""
    kept = f"{timezone.now():%Y-%m-%d}/{name}"
    target = lost / kept
    made(target.parent)
    os.rename(path, target)
    sync_folder(target.parent)
    sync_folder(path.parent)
    return f"{LOST}/{kept}"
