"""How releases of classifications and their crosswalk come in: bulk writes, and rows that are there keep their id."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from core.actions import recorded
from core.models import new_id
from disease.catalogue import Entry, Faults, Link
from disease.models import Code, CodeMapping, CodeSystem
from disease.models.search import searchable

BATCH = 5000
COLUMNS = ("title", "kind", "assignable", "valid_to", "notes", "position", "last")
FLAGS = ("approximate", "no_map", "combination")


def unwatched(rows: int) -> None:
    """Nobody wants to see how far it is."""


@dataclass
class Loaded:
    """What an import did, in rows."""

    added: int = 0
    changed: int = 0
    same: int = 0


@recorded("imported")
def import_codes(
    *,
    by: User | None,
    key: str,
    release: str,
    title: str,
    uri: str,
    entries: list[Entry],
    done: Callable[[int], None] = unwatched,
) -> Loaded:
    """Make one release of a classification what `entries` say, and tell `done` of every row that is settled."""
    system = CodeSystem.objects.filter(key=key, release=release).first()
    system = system or CodeSystem.objects.create(key=key, release=release, title=title, uri=uri)
    system.change(title=title, uri=uri)
    there = {code.code: code for code in Code.objects.filter(system=system)}
    _refuse_gone(there.keys() - {entry.code for entry in entries})
    ids = {entry.code: there[entry.code].pk if entry.code in there else new_id() for entry in entries}
    new = [_row(entry, system, ids) for entry in entries if entry.code not in there]
    moved = [there[entry.code] for entry in entries if entry.code in there and _update(there[entry.code], entry, ids)]
    return _settle(Code, new, moved, [*COLUMNS, "parent", "words", "updated_at"], len(entries), system, done)


def _refuse_gone(codes: set[str]) -> None:
    if codes:
        raise Faults(
            f"{code}: is in this release and not in the file; another edition needs another --release"
            for code in sorted(codes)
        )


def _row(entry: Entry, system: CodeSystem, ids: dict[str, UUID]) -> Code:
    columns = {name: getattr(entry, name) for name in COLUMNS}
    words = searchable(entry.code, entry.title)
    return Code(
        id=ids[entry.code], system=system, code=entry.code, parent_id=ids.get(entry.parent), words=words, **columns
    )


def _update(code: Code, entry: Entry, ids: dict[str, UUID]) -> bool:
    """Make a row what its entry says; tells whether it was something else."""
    wanted = {name: getattr(entry, name) for name in COLUMNS} | {"parent_id": ids.get(entry.parent)}
    if not _differs(code, wanted):
        return False
    code.words, code.updated_at = searchable(code.code, code.title), timezone.now()
    return True


def _differs(row: Any, wanted: dict[str, Any]) -> bool:
    moved = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    for name, value in moved.items():
        setattr(row, name, value)
    return bool(moved)


@recorded("imported")
def import_links(
    *,
    by: User | None,
    source: CodeSystem,
    target: CodeSystem,
    links: list[Link],
    done: Callable[[int], None] = unwatched,
) -> Loaded:
    """Make the crosswalk from one release to another say what `links` say; a link is never taken away.

    Raises `Faults` if it names a code that its system has not.
    """
    sources, targets = (dict(system.codes.values_list("code", "pk")) for system in (source, target))
    _refuse_strangers(links, sources.keys(), targets.keys())
    there = {_key(row): row for row in CodeMapping.objects.filter(source__system=source, target__system=target)}
    there |= {_key(row): row for row in CodeMapping.objects.filter(source__system=source, no_map=True)}
    rows = [_mapping(link, sources, targets) for link in links]
    new = [row for row in rows if _key(row) not in there]
    moved = [there[_key(row)] for row in rows if _key(row) in there and _reflag(there[_key(row)], row)]
    return _settle(CodeMapping, new, moved, [*FLAGS, "updated_at"], len(rows), source, done)


def _refuse_strangers(links: list[Link], sources: Any, targets: Any) -> None:
    strangers = {link.source for link in links} - sources | {link.target for link in links if link.target} - targets
    if strangers:
        raise Faults(f"{code}: is in neither system" for code in sorted(strangers))


def _mapping(link: Link, sources: dict[str, UUID], targets: dict[str, UUID]) -> CodeMapping:
    return CodeMapping(
        source_id=sources[link.source],
        target_id=targets.get(link.target),
        approximate=link.approximate,
        no_map=link.no_map,
        combination=link.combination,
        scenario=link.scenario,
        choice_list=link.choice_list,
    )


def _key(row: CodeMapping) -> tuple[UUID, UUID | None, int, int]:
    """What tells one link of a crosswalk from another."""
    return row.source_id, row.target_id, row.scenario, row.choice_list


def _reflag(there: CodeMapping, row: CodeMapping) -> bool:
    there.updated_at = timezone.now()
    return _differs(there, {name: getattr(row, name) for name in FLAGS})


def _settle(
    model: Any, new: list[Any], moved: list[Any], columns: list[str], total: int, system: CodeSystem, done: Any
) -> Loaded:
    """Write what is new and what has moved, and let the system's own history say that it did."""
    done(total - len(new) - len(moved))
    for start in range(0, len(new), BATCH):
        done(len(model.objects.bulk_create(new[start : start + BATCH])))
    for start in range(0, len(moved), BATCH // 10):
        done(model.objects.bulk_update(moved[start : start + BATCH // 10], columns))
    if new or moved:
        system.change(codes_changed_at=timezone.now())
    return Loaded(len(new), len(moved), total - len(new) - len(moved))
