"""Whether files and rows agree: what is stored without an image, and images whose bytes are missing or altered."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import Any
from uuid import UUID

from django.utils import timezone

from imagery import files
from imagery.models import Image
from imagery.storage import CHUNK, Storage, Stored

YOUNG = timedelta(hours=1)  # a file may wait that long for its row: an upload is in flight
STALE = timedelta(days=1)


class Fault(StrEnum):
    ORPHAN = "no image points at this file"
    MISSING = "its file is not there"
    ALTERED = "its bytes are not those that were stored"
    LEFTOVER = "this was arriving and never came to its end"


@dataclass(frozen=True)
class Finding:
    room: "Room"
    fault: Fault
    name: str
    image: UUID | None = None
    clear: Callable[[], object] | None = None  # of a leftover

    def __str__(self) -> str:
        whose = f" of image {self.image}" if self.image else ""
        return f"{self.room.field} {self.name}{whose}: {self.fault}"


@dataclass(frozen=True)
class Room:
    """A storage, and the fields of an image that speak of it."""

    storage: Storage
    field: str
    digest: str

    def images(self) -> Any:
        return Image.objects.exclude(**{self.field: ""})

    def folders(self) -> list[str]:
        """Those that the storage has, and those that images name."""
        named = {folder_of(name) for name in self.images().values_list(self.field, flat=True).iterator()}
        return sorted(named | set(self.storage.folders()))

    def is_empty(self) -> bool:
        return not any(True for folder in self.storage.folders() for _ in self.storage.stored(folder))

    def findings(self, folder: str, *, hashed: bool) -> Iterator[Finding]:
        """What is wrong in one folder. Each is looked at a second time: people work while this runs."""
        files = {file.name: file for file in self.storage.stored(folder)}
        rows = {name: (id, digest) for name, id, digest in self._rows(folder)}
        for name in sorted(rows.keys() - files.keys()):
            if self._holds(name) and not self.storage.exists(name):
                yield Finding(self, Fault.MISSING, name, rows[name][0])
        for name in sorted(files.keys() - rows.keys()):
            if is_old(files[name]) and not self._holds(name):
                yield Finding(self, Fault.ORPHAN, name)
        for name in sorted(rows.keys() & files.keys()) if hashed else ():
            if fingerprint(self.storage, name) != rows[name][1] and self._holds(name):
                yield Finding(self, Fault.ALTERED, name, rows[name][0])

    def leftovers(self) -> Iterator[Finding]:
        for left in self.storage.leftovers(timezone.now() - STALE):
            yield Finding(self, Fault.LEFTOVER, left.name, clear=left.clear)

    def _rows(self, folder: str) -> Any:
        named = self.images().values_list(self.field, "pk", self.digest)
        there = named.filter(**{f"{self.field}__startswith": f"{folder}/"} if folder else {})
        return (row for row in there.iterator() if folder_of(row[0]) == folder)

    def _holds(self, name: str) -> bool:
        return Image.objects.filter(**{self.field: name}).exists()


def rooms() -> tuple[Room, Room]:
    return Room(files.originals(), "original", "sha256"), Room(files.research_copies(), "research", "research_sha256")


def folder_of(name: str) -> str:
    return name.split("/")[0] if "/" in name else ""


def is_old(file: Stored) -> bool:
    return file.modified < timezone.now() - YOUNG


def fingerprint(storage: Storage, name: str) -> str:
    """The SHA-256 of a stored file; nothing where the disk does not give it back."""
    digest = hashlib.sha256()
    try:
        with closing(storage.stream(name)) as file:
            for chunk in iter(partial(file.read, CHUNK), b""):
                digest.update(chunk)
    except OSError:
        return ""
    return digest.hexdigest()
