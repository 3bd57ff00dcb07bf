"""Compare files and rows: files that no row names, images whose bytes are missing or altered, unfinished files."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import partial
from itertools import islice
from typing import Any
from uuid import UUID

from django.utils import timezone

from imagery.files import FileColumns, file_columns, research_copies
from imagery.models import Image, ReplacedCopy
from imagery.storage import CHUNK_BYTES, Leftover, Storage

ORPHAN_AGE = timedelta(hours=1)  # a file may wait this long for its row: its upload is still running
LEFTOVER_AGE = timedelta(days=1)
REPLACED_COPY_AGE = timedelta(days=7)  # backups read rows first and files afterwards, so replaced files stay a while
FILES_PER_QUERY = 500


class Fault(StrEnum):
    ORPHAN = "no image names this file"
    MISSING = "its file is missing"
    ALTERED = "its bytes are not those that were stored"
    LEFTOVER = "this file was never completed"


@dataclass(frozen=True)
class Finding:
    columns: FileColumns
    fault: Fault
    name: str
    image: UUID | None = None
    leftover: Leftover | None = None

    def __str__(self) -> str:
        of_image = f" of image {self.image}" if self.image else ""
        return f"{self.columns.name} {self.name}{of_image}: {self.fault}"


def recent_folders(days: int) -> list[str]:
    """Name the folders that got files in the last `days` days, today included."""
    return [f"{timezone.now() - timedelta(days=number):%Y-%m-%d}" for number in range(days)]


def find_orphans(columns: FileColumns, folder: str) -> Iterator[Finding]:
    """Find the files of a folder that are old enough and that no row names."""
    before = timezone.now() - ORPHAN_AGE
    old_files = (file.name for file in columns.storage.stored(folder) if file.modified_at < before)
    while names := list(islice(old_files, FILES_PER_QUERY)):
        unnamed = set(names) - names_in_rows(columns, names)
        yield from (Finding(columns, Fault.ORPHAN, name) for name in sorted(unnamed))


def names_in_rows(columns: FileColumns, names: Iterable[str]) -> set[str]:
    rows = Image.objects.filter(**{f"{columns.name}__in": names}).order_by().values_list(columns.name, flat=True)
    return {*rows, *ReplacedCopy.objects.filter(name__in=names).order_by().values_list("name", flat=True)}


def find_leftovers(columns: FileColumns) -> Iterator[Finding]:
    for leftover in columns.storage.leftovers(timezone.now() - LEFTOVER_AGE):
        yield Finding(columns, Fault.LEFTOVER, leftover.name, leftover=leftover)


def find_faults(image: Mapping[str, Any], *, hashed: bool) -> Iterator[Finding]:
    """Find the missing and, if `hashed`, the altered files of one image (`id` and the columns of its files)."""
    for columns in file_columns():
        name = image[columns.name]
        fault = name and fault_of(columns.storage, name, image[columns.sha256] if hashed else None)
        if fault and Image.objects.filter(pk=image["id"], **{columns.name: name}).exists():  # it may change meanwhile
            yield Finding(columns, fault, name, image["id"])


def fault_of(storage: Storage, name: str, sha256: str | None) -> Fault | None:
    try:
        if sha256 is None:
            return None if storage.exists(name) else Fault.MISSING
        return None if hash_file(storage, name) == sha256 else Fault.ALTERED
    except FileNotFoundError:
        return Fault.MISSING
    except OSError:  # the disk cannot read it
        return Fault.ALTERED


def hash_file(storage: Storage, name: str) -> str:
    """Return the SHA-256 of a stored file. Raises `OSError`."""
    digest = hashlib.sha256()
    with closing(storage.stream(name)) as file:
        for chunk in iter(partial(file.read, CHUNK_BYTES), b""):
            digest.update(chunk)
    return digest.hexdigest()


def delete_replaced_copies() -> int:
    """Delete the bytes of research copies that were replaced more than a week ago; return how many."""
    replaced = list(ReplacedCopy.objects.filter(created_at__lt=timezone.now() - REPLACED_COPY_AGE))
    for copy in replaced:
        research_copies().delete(copy.name)
        copy.delete()
    return len(replaced)
