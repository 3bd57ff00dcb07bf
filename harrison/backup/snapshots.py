"""The folders and files of a backup."""

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

from harrison.backup.files import BackupFile
from harrison.backup.postgresql import PostgreSQLRows
from harrison.backup.sqlite import SQLiteRows
from imagery.storage.disk import sync

INCOMPLETE = ".incomplete"
Rows = SQLiteRows | PostgreSQLRows


@dataclass(frozen=True)
class Snapshot:
    """An installation at one moment, in a folder of its own."""

    folder: Path

    @property
    def media_folder(self) -> Path:
        return self.folder.parents[1] / "media"

    @property
    def file_list(self) -> Path:
        return self.folder / "files.jsonl"

    @property
    def manifest(self) -> Path:
        return self.folder / "manifest.json"

    def rows(self, vendor: str) -> Rows:
        if vendor == "sqlite":
            return SQLiteRows(self.folder / "rows.sqlite3")
        return PostgreSQLRows(self.folder / "rows.dump")

    def files(self) -> Iterator[BackupFile]:
        with self.file_list.open() as lines:
            for line in lines:
                yield BackupFile(*json.loads(line))

    def write_files(self, files: Iterable[BackupFile]) -> None:
        with self.file_list.open("w") as lines:
            for file in files:
                lines.write(json.dumps(astuple(file)) + "\n")
            lines.flush()
            os.fsync(lines.fileno())

    def faults(self) -> Iterator[str]:
        """Give a sentence for each file that was missing or altered in the installation."""
        return (file.fault for file in self.files() if file.fault)


def create_snapshot(backup: Path) -> Snapshot:
    """Make the folder of a new snapshot, marked as incomplete."""
    folder = backup / "snapshots" / f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%S.%fZ}{INCOMPLETE}"
    folder.mkdir(parents=True)
    return Snapshot(folder)


def complete_snapshot(snapshot: Snapshot) -> Snapshot:
    """Rename a snapshot to its final name, once everything in it is on the disk."""
    sync(snapshot.folder)
    complete = snapshot.folder.with_name(snapshot.folder.name.removesuffix(INCOMPLETE))
    os.rename(snapshot.folder, complete)
    sync(complete.parent)
    return Snapshot(complete)


@contextmanager
def lock_backup(backup: Path) -> Iterator[None]:
    """Refuse a second backup into the same folder, and remove what an interrupted one left. Raises `CommandError`."""
    backup.mkdir(parents=True, exist_ok=True)
    with (backup / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            raise CommandError(f"Another backup to {backup} is running: wait until it has finished.") from exc
        for folder in [*backup.glob(f"snapshots/*{INCOMPLETE}"), *backup.glob("media/.incoming")]:
            shutil.rmtree(folder)
        yield
