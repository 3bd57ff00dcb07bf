"""The two storages of image bytes, how their files are named, and which columns of an image name them."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from uuid import uuid4

from django.core.files.storage import storages
from django.utils import timezone

from imagery.storage import Storage


def originals() -> Storage:
    """Return the storage of uploads as they came; no researcher's route reads from it."""
    return cast(Storage, storages["originals"])


def research_copies() -> Storage:
    """Return the storage of de-identified copies, the only bytes that research reads."""
    return cast(Storage, storages["research"])


@dataclass(frozen=True)
class FileColumns:
    """A storage, and the columns of an image with the name and the SHA-256 of its file there."""

    storage: Storage
    name: str
    sha256: str


def file_columns() -> tuple[FileColumns, FileColumns]:
    return FileColumns(originals(), "original", "sha256"), FileColumns(research_copies(), "research", "research_sha256")


def new_name() -> str:
    """Name a file by its day, so that recent files are found in few folders, and by random digits."""
    return f"{timezone.now():%Y-%m-%d}/{uuid4().hex}"


def store(storage: Storage, path: Path, undo: ExitStack) -> str:
    """Keep an incoming file under a new name, which is returned; `undo` deletes it again."""
    name = new_name()
    undo.callback(storage.delete_quietly, name)
    storage.adopt(path, name)
    return name
