"""Import releases of classifications and their crosswalks, in bulk; rows that exist keep their ids."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from core.actions import recorded
from core.models import new_id
from disease.catalogue import CatalogueError, Entry, Link
from disease.models import Code, CodeMapping, CodeSystem
from disease.models.search import search_words

BATCH_SIZE = 5000  # rows
ENTRY_COLUMNS = ("title", "kind", "assignable", "valid_to", "notes", "position", "last")
FLAGS = ("approximate", "no_map", "combination")

Row = TypeVar("Row", Code, CodeMapping)


def ignore_progress(rows: int) -> None:
    """Take the number of rows that are finished, and show it to no one."""


@dataclass
class Loaded:
    """Count the rows of an import."""

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
    on_progress: Callable[[int], None] = ignore_progress,
) -> Loaded:
    """Make one release of a classification equal to `entries`. Raises `CatalogueError` if they leave a code out."""
    system = CodeSystem.objects.filter(key=key, release=release).first()
    system = system or CodeSystem.objects.create(key=key, release=release, title=title, uri=uri)
    system.change(title=title, uri=uri)
    existing = {code.code: code for code in Code.objects.filter(system=system)}
    _refuse_missing(existing.keys() - {entry.code for entry in entries})
    ids = {entry.code: existing[entry.code].pk if entry.code in existing else new_id() for entry in entries}
    rows = [_make_code(entry, system, ids) for entry in entries]
    columns = (*ENTRY_COLUMNS, "parent_id", "words")
    return _save_rows(Code, rows, existing.values(), columns, system, on_progress)


def _refuse_missing(codes: set[str]) -> None:
    if codes:
        raise CatalogueError(
            f"{code}: is in this release and not in the file; another edition needs another --release"
            for code in sorted(codes)
        )


def _make_code(entry: Entry, system: CodeSystem, ids: Mapping[str, UUID]) -> Code:
    return Code(
        id=ids[entry.code],
        system=system,
        code=entry.code,
        parent_id=ids.get(entry.parent),
        words=search_words(entry.code, entry.title),
        **{name: getattr(entry, name) for name in ENTRY_COLUMNS},
    )


@recorded("imported")
def import_links(
    *,
    by: User | None,
    source: CodeSystem,
    target: CodeSystem,
    links: list[Link],
    on_progress: Callable[[int], None] = ignore_progress,
) -> Loaded:
    """Add the links of a crosswalk and correct their flags; a link is never removed.

    Raises `CatalogueError` if a link names a code that its system does not have.
    """
    sources, targets = (dict(system.codes.values_list("code", "pk")) for system in (source, target))
    _refuse_unknown(links, sources, targets)
    mappings = CodeMapping.objects.filter(source__system=source)
    existing = [*mappings.filter(target__system=target), *mappings.filter(no_map=True)]
    ids = {_natural_key(row): row.pk for row in existing}
    rows = [_make_mapping(link, sources, targets) for link in links]
    for row in rows:
        row.pk = ids.get(_natural_key(row), row.pk)
    return _save_rows(CodeMapping, rows, existing, FLAGS, source, on_progress)


def _refuse_unknown(links: list[Link], sources: Mapping[str, UUID], targets: Mapping[str, UUID]) -> None:
    unknown = {link.source for link in links} - sources.keys()
    unknown |= {link.target for link in links if link.target} - targets.keys()
    if unknown:
        raise CatalogueError(f"{code}: is in neither system" for code in sorted(unknown))


def _make_mapping(link: Link, sources: Mapping[str, UUID], targets: Mapping[str, UUID]) -> CodeMapping:
    return CodeMapping(
        source_id=sources[link.source],
        target_id=targets.get(link.target),
        approximate=link.approximate,
        no_map=link.no_map,
        combination=link.combination,
        scenario=link.scenario,
        choice_list=link.choice_list,
    )


def _natural_key(row: CodeMapping) -> tuple[UUID, UUID | None, int, int]:
    return row.source_id, row.target_id, row.scenario, row.choice_list


def _save_rows(
    model: type[Row],
    rows: Sequence[Row],
    existing: Iterable[Row],
    columns: Sequence[str],
    system: CodeSystem,
    on_progress: Callable[[int], None],
) -> Loaded:
    """Write the rows that are new or differ in `columns`, and let the system's history say so."""
    before = {row.pk: [getattr(row, name) for name in columns] for row in existing}
    added = [row for row in rows if row.pk not in before]
    changed = [row for row in rows if row.pk in before and before[row.pk] != [getattr(row, name) for name in columns]]
    for row in changed:
        row.updated_at = timezone.now()  # `bulk_update` does not
    on_progress(len(rows) - len(added) - len(changed))
    for start in range(0, len(added), BATCH_SIZE):
        on_progress(len(model._default_manager.bulk_create(added[start : start + BATCH_SIZE])))
    for start in range(0, len(changed), BATCH_SIZE // 10):
        batch = changed[start : start + BATCH_SIZE // 10]
        on_progress(model._default_manager.bulk_update(batch, [*columns, "updated_at"]))
    if added or changed:
        system.change(codes_changed_at=timezone.now())
    return Loaded(len(added), len(changed), len(rows) - len(added) - len(changed))
