"""Where bytes rest: a file is whole and safe before anything points at it.

    disk  a folder of this machine
    s3    a bucket that speaks Amazon's S3

Which it is, settings say. Both can do what `Storage` tells, besides what Django's storages can.
"""

import logging
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol, cast
from uuid import UUID

from django.core.files import storage as django

from core.exceptions import DependencyDown
from imagery.storage import arrivals

logger = logging.getLogger(__name__)

LOST = "lost+found"  # the folder of a storage for files that nothing points at
CHUNK = 64 * 1024  # bytes
DESCRIPTORS = Path("/proc/self/fd")  # here Linux opens again what is open already, whatever its name has become


@dataclass(frozen=True)
class Arrived:
    """A file on this machine that no storage has adopted yet, held open from its first byte on."""

    path: Path
    descriptor: int

    def open(self) -> BinaryIO:
        """The same file once more, for reading alone. Not by its name, where the system can do without."""
        return open(DESCRIPTORS / str(self.descriptor) if DESCRIPTORS.is_dir() else self.path, "rb")


@dataclass(frozen=True)
class Stored:
    """A file as the storage lists it."""

    name: str
    modified: datetime


@dataclass(frozen=True)
class Leftover:
    """Something that was arriving and never came to its end, and what takes it out of the way."""

    name: str
    clear: Callable[[], object]


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...
    def close(self) -> None: ...


class Storage(django.Storage, ABC):
    """No file is ever loaded into memory whole. Raises `FileNotFoundError` or `DependencyDown`."""

    @abstractmethod
    def arrivals(self) -> Path:
        """The folder on this machine where files arrive, each process's in a folder of its own."""

    def incoming(self) -> Path:
        """Where files arrive in this process."""
        return arrivals.own(self.arrivals())

    @contextmanager
    def arriving(self) -> Iterator[tuple[BinaryIO, Arrived]]:
        """A new file where files arrive, open; gone at the end unless it has been adopted."""
        with tempfile.NamedTemporaryFile(dir=self.incoming(), delete=False) as file:
            path = Path(file.name)
            try:
                yield cast(BinaryIO, file), Arrived(path, file.fileno())
            finally:
                path.unlink(missing_ok=True)

    def under_way(self, image: UUID, name: str) -> AbstractContextManager[None]:
        """Until the block ends, a crash leaves word that this file of this image may be there without its row."""
        return arrivals.marked(self.incoming(), image, name)

    @abstractmethod
    def adopt(self, arrived: Arrived, name: str) -> str:
        """Make a file that has arrived the content of `name`; once this returns, no power cut undoes it."""

    @abstractmethod
    def give_back(self, name: str, arrived: Arrived) -> None:
        """Undo `adopt`: the file lies where it arrived, and nothing under its name."""

    @abstractmethod
    def local(self, name: str) -> AbstractContextManager[BinaryIO]:
        """A stored file, open on this machine with a descriptor that can be handed on."""

    @abstractmethod
    def stream(self, name: str, start: int = 0, length: int | None = None) -> Readable:
        """So many bytes from this one on, to be read piece by piece and closed."""

    @abstractmethod
    def folders(self) -> Iterable[str]:
        """The first parts of the names that there are; "" stands for names of one part."""

    @abstractmethod
    def stored(self, folder: str) -> Iterable[Stored]:
        """The files of one of these folders."""

    @abstractmethod
    def leftovers(self, before: datetime) -> Iterable[Leftover]:
        """What has been arriving since before then."""

    @abstractmethod
    def set_aside(self, name: str) -> str:
        """Move a file to lost+found, and say what it is called there."""


def let_go(storage: Storage, name: str) -> None:
    """Delete a file that nothing points at, if that can be done now; else `reconcile_files` finds it."""
    try:
        storage.delete(name)
    except (OSError, DependencyDown) as exc:
        logger.warning("%s stays though nothing points at it: %s", name, type(exc).__name__)


__all__ = [
    "CHUNK",
    "LOST",
    "Arrived",
    "Leftover",
    "Readable",
    "Storage",
    "Stored",
    "let_go",
]
