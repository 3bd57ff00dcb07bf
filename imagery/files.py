"""The two storages of image bytes, and how their files are named."""

from typing import cast
from uuid import UUID

from django.core.files.storage import storages

from imagery.storage import Storage


def originals() -> Storage:
    """Return the storage of uploads as they came; no researcher's route reads from it."""
    return cast(Storage, storages["originals"])


def research_copies() -> Storage:
    """Return the storage of de-identified copies, the only bytes that research reads."""
    return cast(Storage, storages["research"])


def place(id: UUID) -> str:
    """A name made by the server, spread over 256 folders by the random end of the id."""
    return f"{id.hex[-2:]}/{id.hex}"
