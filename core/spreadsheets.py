"""CSV that spreadsheets open without running anything in it."""

import csv
import io
from collections.abc import Iterable, Iterator

DISARMED_STARTS = ("=", "+", "-", "@", "\t", "\r", "'")


def write_rows(rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """Give each row as one line of CSV (RFC 4180)."""
    for row in rows:
        line = io.StringIO(newline="")
        csv.writer(line).writerow([disarm_cell(cell) for cell in row])
        yield line.getvalue()


def disarm_cell(cell: object) -> object:
    """Put an apostrophe in front of text that a spreadsheet would take for a formula (OWASP, CSV injection).

    Text that begins with an apostrophe gets another one, so that `restore_cell` knows which one to take off.
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(DISARMED_STARTS) else cell


def restore_cell(cell: str) -> str:
    """Undo `disarm_cell`."""
    return cell.removeprefix("'")
