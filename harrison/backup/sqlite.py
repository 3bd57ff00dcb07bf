"""Rows in SQLite, by its backup API: a copy made with `cp` while people write is torn."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.db import connection

from harrison.backup.bars import Bars
from harrison.backup.naming import SELECT, Named, of_rows

PAGES = 1024  # copied between two looks at the bar


@contextmanager
def taken(target: Path, bars: Bars) -> Iterator[Iterator[Named]]:
    """Give the files that the rows of this moment name, and at the end of the block copy those rows.

    The reading transaction keeps the moment: without it the copy would begin anew whenever somebody writes.
    """
    target.unlink(missing_ok=True)
    with closing(connect(Path(connection.settings_dict["NAME"]))) as source:
        source.execute("BEGIN")
        yield of_rows(source.execute(SELECT))
        with bars.bar("rows") as done:
            copy(source, target, done)
    with closing(sqlite3.connect(target)) as whole:
        whole.execute("PRAGMA journal_mode=DELETE")
    with target.open("rb") as file:
        os.fsync(file.fileno())


def copy(source: sqlite3.Connection, target: Path, done: Callable[[int, int], None]) -> None:
    with closing(sqlite3.connect(target, timeout=20)) as there:
        source.backup(there, pages=PAGES, progress=lambda _, left, total: done(total - left, total), sleep=0)


def connect(path: Path, *options: str) -> sqlite3.Connection:
    """For reading alone. `immutable=1` is for files that nobody writes: no file is made beside them."""
    return sqlite3.connect(
        f"{path.resolve().as_uri()}?{'&'.join(['mode=ro', *options])}", uri=True, isolation_level=None
    )


def named(rows: Path) -> Iterator[Named]:
    """The files that a copy names."""
    with closing(connect(rows, "immutable=1")) as there:
        yield from of_rows(there.execute(SELECT))


def faults(rows: Path) -> list[str]:
    """What is wrong with a copy, as sentences."""
    try:
        with closing(connect(rows, "immutable=1")) as there:
            told: list[Any] = [each for (each,) in there.execute("PRAGMA integrity_check") if each != "ok"]
            lost = there.execute("PRAGMA foreign_key_check").fetchall()
    except sqlite3.DatabaseError as exc:
        return [f"The rows cannot be read: {exc}."]
    return [f"The rows are damaged: {each}." for each in told] + ["Rows point at rows that are not there."] * bool(lost)


def load(rows: Path, done: Callable[[int, int], None]) -> None:
    """Put a copy in the place of this installation's database, in one transaction."""
    connection.close()
    with closing(connect(rows, "immutable=1")) as source:
        copy(source, Path(connection.settings_dict["NAME"]), done)
