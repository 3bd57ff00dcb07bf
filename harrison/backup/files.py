"""The files that the rows of images name."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from imagery import files
from imagery.models import Image
from imagery.storage import Storage

IMAGE_TABLE = Image._meta.db_table
LOGIN_TABLES = ("django_session", "knox_authtoken")  # empty in a backup: people log in again after a restore
COLUMNS = ("id", "original", "sha256", "research", "research_sha256")


@dataclass(frozen=True)
class BackupFile:
    """A file that a row names, and the media in the backup that holds its bytes."""

    field: str  # of the image: original or research
    image: str  # id, as hexadecimal digits
    name: str  # in its storage
    sha256: str  # as the row says
    media: str = ""  # SHA-256 of the bytes in the backup; empty if there were none

    @property
    def storage(self) -> Storage:
        return files.originals() if self.field == "original" else files.research_copies()

    @property
    def fault(self) -> str:
        """A sentence about what was wrong with this file when it was backed up, or nothing."""
        if self.media == self.sha256:
            return ""
        problem = "its bytes are not those that were stored" if self.media else "the file is missing"
        return f"{self.field} {self.name} of image {self.image}: {problem}."


def files_of_rows(rows: Iterable[Sequence[str]]) -> Iterator[BackupFile]:
    """Give the files that rows with these `COLUMNS` name."""
    for id, original, sha256, research, research_sha256 in rows:
        image = id.replace("-", "")
        yield BackupFile("original", image, original, sha256)
        if research:
            yield BackupFile("research", image, research, research_sha256)


def sync_file(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
