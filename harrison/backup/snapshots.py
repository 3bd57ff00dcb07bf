"""Where the parts of a backup lie."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.core.management.base import CommandError

from imagery.storage.disk import sync_folder

UNFINISHED = ".incomplete"


@dataclass(frozen=True)
class Entry:
    """One file of an image: what its row says of it, and which media it is."""

    field: str  # of the image: original or research
    image: str
    name: str  # in its storage
    sha256: str  # as the row says
    found: str  # SHA-256 of its media; empty when there were no bytes
    size: int  # bytes

    @property
    def fault(self) -> str:
        """What was wrong with the file when it was backed up, as a sentence."""
        if self.found == self.sha256:
            return ""
        what = "its bytes are not those that were stored" if self.found else "it is not there"
        return f"{self.field} {self.name} of image {self.image}: {what}."


@dataclass(frozen=True)
class Snapshot:
    """One moment of an installation, in a folder of its own."""

    folder: Path

    @property
    def media(self) -> Path:
        return self.folder.parents[1] / "media"

    @property
    def files(self) -> Path:
        return self.folder / "files.jsonl"

    @property
    def manifest(self) -> Path:
        return self.folder / "manifest.json"

    def rows(self, vendor: str) -> Path:
        return self.folder / {"sqlite": "rows.sqlite3", "postgresql": "rows.dump"}[vendor]

    def entries(self) -> Iterator[Entry]:
        with self.files.open() as lines:
            for line in lines:
                yield Entry(*json.loads(line))

    def write(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Write the list of files while it is gone through; it is on the disk at the end."""
        with self.files.open("w") as lines:
            for entry in entries:
                lines.write(json.dumps(astuple(entry)) + "\n")
                yield entry
            lines.flush()
            os.fsync(lines.fileno())


def begun(backup: Path) -> Snapshot:
    """A new snapshot, plainly unfinished."""
    folder = backup / "snapshots" / f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%S.%fZ}{UNFINISHED}"
    folder.mkdir(parents=True)
    return Snapshot(folder)


def finished(snapshot: Snapshot) -> Snapshot:
    """Give a snapshot its name, now that everything in it is on the disk."""
    sync_folder(snapshot.folder)
    whole = snapshot.folder.with_name(snapshot.folder.name.removesuffix(UNFINISHED))
    os.rename(snapshot.folder, whole)
    sync_folder(whole.parent)
    return Snapshot(whole)


@contextmanager
def held(backup: Path) -> Iterator[None]:
    """Keep a backup to oneself, and take away what earlier ones left unfinished. Raises `CommandError`."""
    backup.mkdir(parents=True, exist_ok=True)
    with (backup / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            raise CommandError(f"Another backup to {backup} is running.") from exc
        for left in [*backup.glob(f"snapshots/*{UNFINISHED}"), *backup.glob("media/.incoming")]:
            shutil.rmtree(left)
        yield
