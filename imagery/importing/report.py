"""The report of an import: a line for each file, on the disk before the next one is told of."""

import csv
import os
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from types import TracebackType
from typing import Self

from imagery.storage.disk import sync

COLUMNS = ("path", "outcome", "code", "detail", "image")
END = b"\r\n"  # RFC 4180
ANY_BYTES = "surrogateescape"  # a path is bytes, and need not be text
Row = Sequence[str]


class Report:
    """A CSV file that grows, for this user of the machine alone: paths may name patients.

    What was told before (`kept`) is written first. The file appears with that, whole, and never shrinks.
    """

    def __init__(self, path: Path, kept: Sequence[Row] = ()) -> None:
        fresh = path.with_name(f"{path.name}.part")
        fresh.unlink(missing_ok=True)
        self.file = os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")
        self._write(COLUMNS, *kept)
        os.rename(fresh, path)
        sync(path.absolute().parent)

    def add(self, row: Row) -> None:
        self._write(row)

    def _write(self, *rows: Row) -> None:
        text = StringIO(newline="")
        csv.writer(text).writerows(rows)
        self.file.write(text.getvalue().encode("utf-8", ANY_BYTES))
        self.file.flush()
        os.fsync(self.file.fileno())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.file.close()


def rows_of(path: Path) -> list[list[str]]:
    """The lines of an earlier report; one that was cut off while it was written is left out. Raises `ValueError`."""
    with path.open(newline="", encoding="utf-8", errors=ANY_BYTES) as file:
        columns, *rows = list(csv.reader(file)) or [[]]
    if tuple(columns) != COLUMNS:
        raise ValueError("no report")
    whole = path.read_bytes().endswith(END)
    return [row for row in (rows if whole else rows[:-1]) if len(row) == len(COLUMNS)]
