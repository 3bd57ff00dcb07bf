"""Read classifications and crosswalks from CSV files, whole or not at all."""

import csv
import gzip
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from disease.models import CodeKind

MAX_CODE_LENGTH, MAX_TITLE_LENGTH = 40, 400  # characters, as the columns of the table
BOOLEANS = {"": True, "1": True, "true": True, "0": False, "false": False}

Row = dict[str, str | None]


class CatalogueError(Exception):
    """Report what is wrong with a file, one sentence for each row."""

    def __init__(self, sentences: Iterable[str]) -> None:
        self.sentences = list(sentences)
        super().__init__("\n".join(self.sentences))


@dataclass(slots=True)
class Entry:
    """One row of a classification; `position` and `last` are its place in the hierarchy read from the top."""

    code: str
    title: str
    kind: str = CodeKind.CODE
    parent: str = ""
    assignable: bool = True
    valid_to: date | None = None
    notes: dict[str, object] = field(default_factory=dict)
    position: int = 0
    last: int = 0


def read_codes(path: Path) -> list[Entry]:
    """Return the entries of a CSV file (also gzipped), parents before their children. Raises `CatalogueError`."""
    entries, errors, codes = [], [], []
    for line, row in enumerate(read_rows(path, {"code", "title"}), 2):
        codes.append((row["code"] or "").strip())
        try:
            entries.append(parse_entry(row))
        except (ValueError, RecursionError) as exc:
            errors.append(f"line {line}: {exc}")
    errors += [f"{code}: stands in the file more than once" for code, count in Counter(codes).items() if count > 1]
    if errors:
        raise CatalogueError(errors)
    return sort_by_hierarchy(entries)


def read_rows(path: Path, required: set[str]) -> Iterator[Row]:
    """Yield the rows of a UTF-8 CSV file that has at least the `required` columns. Raises `CatalogueError`."""
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8-sig", newline="")
            if path.suffix == ".gz"
            else path.open(encoding="utf-8-sig", newline="") as file
        ):
            table = csv.DictReader(file)
            missing = required - set(table.fieldnames or ())
            if missing:
                raise CatalogueError([f"the file has no column {', '.join(sorted(missing))}"])
            yield from table
    except (UnicodeDecodeError, csv.Error, EOFError, gzip.BadGzipFile) as exc:
        raise CatalogueError([f"the file is not CSV in UTF-8: {exc}"]) from exc
    except OSError as exc:
        raise CatalogueError([f"the file cannot be read: {exc.strerror}"]) from exc


def parse_entry(row: Row) -> Entry:
    """Raise `ValueError` with a sentence if the row is wrong."""
    code, title = (row["code"] or "").strip(), (row["title"] or "").strip()
    kind = row.get("kind") or CodeKind.CODE
    if not code or len(code) > MAX_CODE_LENGTH or "\0" in code:
        raise ValueError(f"a code has 1 to {MAX_CODE_LENGTH} characters")
    if not title or len(title) > MAX_TITLE_LENGTH or "\0" in title:
        raise ValueError(f"{code}: a title has 1 to {MAX_TITLE_LENGTH} characters")
    if kind not in CodeKind.values:
        raise ValueError(f"{code}: the kind is one of {', '.join(CodeKind.values)}, not {kind}")
    return Entry(
        code, title, kind, (row.get("parent") or "").strip(), parse_assignable(code, row.get("assignable") or ""),
        parse_valid_to(code, row.get("valid_to")), parse_notes(code, row.get("notes")),
    )  # fmt: skip


def parse_assignable(code: str, text: str) -> bool:
    if text.lower() not in BOOLEANS:
        raise ValueError(f"{code}: assignable is true or false, not {text}")
    return BOOLEANS[text.lower()]


def parse_valid_to(code: str, text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ValueError(f"{code}: valid_to is a date like 2026-09-30, not {text}") from None


def parse_notes(code: str, text: str | None) -> dict[str, object]:
    notes = json.loads(text) if text else {}
    if not isinstance(notes, dict):
        raise ValueError(f"{code}: notes are a JSON object")
    return notes


def sort_by_hierarchy(entries: list[Entry]) -> list[Entry]:
    """Order entries from the top down and number them. Raises `CatalogueError` for an unknown parent or a cycle."""
    children: dict[str, list[Entry]] = {}
    for entry in entries:
        children.setdefault(entry.parent, []).append(entry)
    codes = {entry.code for entry in entries}
    parents = codes | {""}
    if orphans := [entry for entry in entries if entry.parent not in parents]:
        raise CatalogueError(f"{orphan.code}: its parent {orphan.parent} is not in the file" for orphan in orphans)
    numbered = number_entries(children)
    if in_cycles := codes - {entry.code for entry in numbered}:
        raise CatalogueError(f"{code}: stands under itself" for code in sorted(in_cycles))
    return numbered


def number_entries(children: dict[str, list[Entry]]) -> list[Entry]:
    """Number the entries in the order of a walk from the top; without recursion, because a file may be deep."""
    numbered: list[Entry] = []
    stack: list[tuple[Entry, bool]] = [(entry, False) for entry in reversed(children.get("", ()))]
    while stack:
        entry, is_finished = stack.pop()
        if is_finished:
            entry.last = len(numbered)
            continue
        numbered.append(entry)
        entry.position = len(numbered)
        stack.append((entry, True))
        stack += [(child, False) for child in reversed(children.get(entry.code, ()))]
    return numbered


@dataclass(frozen=True, slots=True)
class Link:
    """One row of a crosswalk; the target is empty where there is no map."""

    source: str
    target: str
    approximate: bool
    no_map: bool
    combination: bool
    scenario: int
    choice_list: int


def read_links(path: Path) -> list[Link]:
    """Return the rows of a General Equivalence Mapping. Raises `CatalogueError`."""
    flags, numbers = ("approximate", "no_map", "combination"), ("scenario", "choice_list")
    return [
        Link(
            row["source"] or "",
            row["target"] or "",
            *(row[name] == "1" for name in flags),
            *(int(row[name] or 0) for name in numbers),
        )
        for row in read_rows(path, {"source", "target", *flags, *numbers})
    ]
