"""Reads classifications and crosswalks from CSV files, whole or not at all."""

import csv
import gzip
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from disease.models import CodeKind

LONGEST_CODE, LONGEST_TITLE = 40, 400  # as the columns of the table


class Faults(Exception):
    """What is wrong with a file, a sentence for each row."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = list(faults)
        super().__init__("\n".join(self.faults))


@dataclass(slots=True)
class Entry:
    """One row of a classification; `position` and `last` are its place in the hierarchy read from the top."""

    code: str
    title: str
    kind: str = CodeKind.CODE
    parent: str = ""
    assignable: bool = True
    valid_to: date | None = None
    notes: dict[str, Any] = field(default_factory=dict)
    position: int = 0
    last: int = 0


def read_codes(path: Path) -> list[Entry]:
    """The entries of a CSV file (also gzipped), each after the one it stands under. Raises `Faults`."""
    rows = list(read(path, {"code", "title"}))
    entries, faults = [], []
    for line, row in enumerate(rows, 2):
        try:
            entries.append(entry(row))
        except (ValueError, RecursionError) as exc:
            faults.append(f"line {line}: {exc}")
    faults += [
        f"{code}: stands in the file more than once" for code in twice((row["code"] or "").strip() for row in rows)
    ]
    if faults:
        raise Faults(faults)
    return arranged(entries)


def read(path: Path, wanted: set[str]) -> Iterator[dict[str, str]]:
    """The rows of a UTF-8 CSV file that has at least the `wanted` columns. Raises `Faults`."""
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8-sig", newline="")
            if path.suffix == ".gz"
            else path.open(encoding="utf-8-sig", newline="") as file
        ):
            table = csv.DictReader(file)
            missing = wanted - set(table.fieldnames or ())
            if missing:
                raise Faults([f"the file has no column {', '.join(sorted(missing))}"])
            yield from table
    except (UnicodeDecodeError, csv.Error, EOFError, gzip.BadGzipFile) as exc:
        raise Faults([f"the file is not CSV in UTF-8: {exc}"]) from exc
    except OSError as exc:
        raise Faults([f"the file cannot be read: {exc.strerror}"]) from exc


def entry(row: dict[str, str]) -> Entry:
    """Raises `ValueError` with what is wrong with the row."""
    code, title = (row["code"] or "").strip(), (row["title"] or "").strip()
    kind = row.get("kind") or CodeKind.CODE
    if not code or len(code) > LONGEST_CODE or "\0" in code:
        raise ValueError(f"a code has 1 to {LONGEST_CODE} characters")
    if not title or len(title) > LONGEST_TITLE or "\0" in title:
        raise ValueError(f"{code}: a title has 1 to {LONGEST_TITLE} characters")
    if kind not in CodeKind.values:
        raise ValueError(f"{code}: the kind is one of {', '.join(CodeKind.values)}, not {kind}")
    return Entry(
        code, title, kind, (row.get("parent") or "").strip(), yes_or_no(code, row.get("assignable")),
        day(code, row.get("valid_to")), notes(code, row.get("notes")),
    )  # fmt: skip


def yes_or_no(code: str, text: str | None) -> bool:
    answers = {"": True, "1": True, "true": True, "0": False, "false": False}
    if (text or "").lower() not in answers:
        raise ValueError(f"{code}: assignable is true or false, not {text}")
    return answers[(text or "").lower()]


def day(code: str, text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ValueError(f"{code}: valid_to is a date like 2026-09-30, not {text}") from None


def notes(code: str, text: str | None) -> dict[str, Any]:
    found = json.loads(text) if text else {}
    if not isinstance(found, dict):
        raise ValueError(f"{code}: notes are a JSON object")
    return found


def twice(codes: Iterable[str]) -> list[str]:
    return [code for code, times in Counter(codes).items() if times > 1]


def arranged(entries: list[Entry]) -> list[Entry]:
    """Entries from the top down, with their places. Raises `Faults` for an unknown parent or a cycle."""
    children: dict[str, list[Entry]] = {}
    for one in entries:
        children.setdefault(one.parent, []).append(one)
    known = {one.code for one in entries} | {""}
    strangers = [
        f"{one.code}: its parent {one.parent} is not in the file" for one in entries if one.parent not in known
    ]
    if strangers:
        raise Faults(strangers)
    placed = place(children)
    lost = {one.code for one in entries} - {one.code for one in placed}
    if lost:
        raise Faults(f"{code}: stands under itself" for code in sorted(lost))
    return placed


def place(children: dict[str, list[Entry]]) -> list[Entry]:
    """Number the entries in the order of a walk from the top; without recursion, for a file may be deep."""
    placed: list[Entry] = []
    walk: list[tuple[Entry, bool]] = [(one, False) for one in reversed(children.get("", ()))]
    while walk:
        one, left = walk.pop()
        if left:
            one.last = len(placed)
            continue
        placed.append(one)
        one.position = len(placed)
        walk.append((one, True))
        walk += [(child, False) for child in reversed(children.get(one.code, ()))]
    return placed


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
    """The rows of a General Equivalence Mapping. Raises `Faults`."""
    columns = ("approximate", "no_map", "combination", "scenario", "choice_list")
    rows = read(path, {"source", "target", *columns})
    return [Link(row["source"], row["target"], *flags([int(row[name]) for name in columns])) for row in rows]


def flags(values: list[int]) -> tuple[bool, bool, bool, int, int]:
    approximate, no_map, combination, scenario, choice_list = values
    return bool(approximate), bool(no_map), bool(combination), scenario, choice_list
