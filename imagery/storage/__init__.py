"""Storages of image bytes, chosen by settings: a folder of this machine (`disk`) or an S3 bucket (`s3`).

A stored file is complete and survives a power cut before a row names it.
"""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from core.exceptions import DependencyDown

logger = logging.getLogger(__name__)

LOST_AND_FOUND = "lost+found"  # the folder of a storage for files that no row names
CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True)
class StoredFile:
    """A file as the storage lists it."""

    name: str
    modified_at: datetime


@dataclass(frozen=True)
class Leftover:
    """A file that never became complete, and the function that deletes it."""

    name: str
    delete: Callable[[], None]


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...
    def close(self) -> None: ...


class Storage(ABC):
    """Keeps files by name, and never loads a complete file into memory.

    Methods raise `FileNotFoundError`, and `DependencyDown` if a remote storage does not answer.
    """

    @abstractmethod
    def incoming(self) -> Path:
        """Return the folder on this machine in which files are written before `adopt`."""

    @abstractmethod
    def adopt(self, path: Path, name: str) -> None:
        """Keep a file of `incoming` as `name`. When this returns, no power cut undoes it. The caller deletes `path`."""

    @abstractmethod
    def delete(self, name: str) -> None:
        """Delete a file, if it exists."""

    @abstractmethod
    def exists(self, name: str) -> bool: ...

    @abstractmethod
    def size(self, name: str) -> int:
        """Return the length of a file in bytes."""

    @abstractmethod
    def local(self, name: str) -> AbstractContextManager[BinaryIO]:
        """Open a file on this machine, with a descriptor that can be passed to another process."""

    @abstractmethod
    def stream(self, name: str, start: int = 0, length: int | None = None) -> Readable:
        """Open `length` bytes of a file from `start` on; the caller closes it."""

    @abstractmethod
    def folders(self) -> Iterable[str]:
        """List the first parts of all names; "" stands for names without a folder."""

    @abstractmethod
    def stored(self, folder: str) -> Iterable[StoredFile]:
        """List the files of one of these folders."""

    @abstractmethod
    def leftovers(self, before: datetime) -> Iterable[Leftover]:
        """List the files that have been incomplete since before that time."""

    @abstractmethod
    def set_aside(self, name: str) -> str:
        """Move a file to lost+found and return its name there."""

    def delete_quietly(self, name: str) -> None:
        """Delete a file that no row names; if that fails now, `reconcile_files` finds it."""
        try:
            self.delete(name)
        except (OSError, DependencyDown) as exc:
            logger.warning("%s stays although no row names it: %s", name, type(exc).__name__)
