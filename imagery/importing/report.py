"""The report of an import: a CSV file with a line for each file, on the disk before the next file is reported."""

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from core.spreadsheets import restore_cell, write_rows
from imagery.storage.disk import sync

COLUMNS = ("path", "outcome", "code", "detail", "image")
LINE_END = b"\r\n"  # RFC 4180
ERRORS = "surrogateescape"  # a path is bytes, and need not be text
Row = Sequence[str]


class Report:
    """A growing CSV file, readable by this user alone: paths may name patients.

    The rows of an earlier report are written first; the file appears with them and never shrinks.
    """

    def __init__(self, path: Path, earlier: Sequence[Row] = ()) -> None:
        part = path.with_name(f"{path.name}.part")
        part.unlink(missing_ok=True)
        self.file = os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")
        self._write(COLUMNS, *earlier)
        os.rename(part, path)
        sync(path.absolute().parent)

    def add(self, row: Row) -> None:
        self._write(row)

    def _write(self, *rows: Row) -> None:
        self.file.write("".join(write_rows(rows)).encode("utf-8", ERRORS))
        self.file.flush()
        os.fsync(self.file.fileno())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.file.close()


def read_report(path: Path) -> list[list[str]]:
    """Return the rows of a report, without a last line that was cut off. Raises `ValueError`."""
    with path.open(newline="", encoding="utf-8", errors=ERRORS) as file:
        columns, *rows = list(csv.reader(file)) or [[]]
    if tuple(columns) != COLUMNS:
        raise ValueError("not a report")
    complete = path.read_bytes().endswith(LINE_END)
    whole_rows = [row for row in (rows if complete else rows[:-1]) if len(row) == len(COLUMNS)]
    return [[restore_cell(cell) for cell in row] for row in whole_rows]
