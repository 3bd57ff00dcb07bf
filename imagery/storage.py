"""Where bytes rest: a file is whole and on the disk before anything points at it."""

import os
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from django.core.files.storage import FileSystemStorage, storages
from django.utils.deconstruct import deconstructible


@deconstructible
class DurableStorage(FileSystemStorage):
    """Files on a local disk that survive a power cut once `adopt` has returned."""

    def __init__(self, **options: Any) -> None:
        super().__init__(file_permissions_mode=0o600, directory_permissions_mode=0o700, **options)

    def incoming(self) -> Path:
        """The folder for files that are still arriving, in the same file system, so that a rename is enough."""
        folder = Path(self.location) / ".incoming"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    def adopt(self, arrived: Path, name: str) -> str:
        """Make an arrived file, synced by its writer, the content of `name`: rename it, then sync the folder."""
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.rename(arrived, target)
        sync_folder(target.parent)
        return name


def sync_folder(folder: Path) -> None:
    """Put a folder's entries on the disk (fsync(2): syncing a file does not sync its name)."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def originals() -> DurableStorage:
    """Where uploads are kept as they came; no researcher's route reads from here."""
    return cast(DurableStorage, storages["originals"])


def research_copies() -> DurableStorage:
    """Where the de-identified copies are kept: all that research ever reads."""
    return cast(DurableStorage, storages["research"])


def thumbnails() -> DurableStorage:
    """Where small pictures of research copies are kept; whatever is missing is made again."""
    return cast(DurableStorage, storages["thumbnails"])


def place(id: UUID) -> str:
    """A name made by the server, spread over 256 folders by the random end of the id."""
    return f"{id.hex[-2:]}/{id.hex}"
