"""The rows of an installation on SQLite, by its backup API: `cp` tears a database that people write to."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from django.db import connection

from harrison.backup.files import COLUMNS, IMAGE_TABLE, LOGIN_TABLES, BackupFile, files_of_rows, sync_file


class SQLiteRows:
    """A copy of the database, in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def dump(self) -> None:
        """Copy the database of this installation. All pages in one step are of one moment, whoever writes meanwhile."""
        with closing(open_read_only(database_path())) as source, closing(sqlite3.connect(self.path)) as target:
            source.backup(target, pages=-1)
            target.execute("PRAGMA journal_mode=DELETE")
            target.execute("PRAGMA secure_delete=ON")  # zeros in place of the rows
            for table in LOGIN_TABLES:
                target.execute(f"DELETE FROM {table}")  # noqa: S608 - our names
            target.commit()
        sync_file(self.path)

    def load(self) -> None:
        """Replace the database of this installation, in one transaction."""
        connection.close()
        with closing(self.open()) as source, closing(sqlite3.connect(database_path(), timeout=20)) as target:
            source.backup(target, pages=-1)

    def named_files(self) -> Iterator[BackupFile]:
        with closing(self.open()) as rows:
            yield from files_of_rows(rows.execute(f"SELECT {', '.join(COLUMNS)} FROM {IMAGE_TABLE}"))  # noqa: S608 - our names

    def damage(self) -> Iterator[str]:
        """Give a sentence for everything that SQLite finds wrong."""
        try:
            with closing(self.open()) as rows:
                for (problem,) in rows.execute("PRAGMA integrity_check"):
                    if problem != "ok":
                        yield f"The rows are damaged: {problem}."
                if rows.execute("PRAGMA foreign_key_check").fetchone():
                    yield "The rows are damaged: some refer to rows that do not exist."
        except sqlite3.DatabaseError as exc:
            yield f"The rows cannot be read: {exc}."

    def open(self) -> sqlite3.Connection:
        """Open without writing files next to it: no one else writes to a snapshot."""
        return open_read_only(self.path, "&immutable=1")


def database_path() -> Path:
    return Path(connection.settings_dict["NAME"])


def open_read_only(path: Path, options: str = "") -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro{options}", uri=True, isolation_level=None)
