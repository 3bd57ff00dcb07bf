"""What happens to diseases."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts.models import User
from core.actions import Refused, recorded
from core.models import new_id
from disease.catalogue import Entry, Faults, Link
from disease.models import Code, CodeMapping, CodeSystem, Disease, searchable


@recorded("created")
def create_disease(*, by: User | None, codes: Iterable[Code] = (), **fields: Any) -> Disease:
    disease = Disease.objects.create(**fields)
    disease.codes.set(codes)
    return disease


@recorded("changed")
def change_disease(*, by: User, disease: Disease, **fields: Any) -> Disease:
    return disease.change(**fields)


@recorded("archived")
def archive_disease(*, by: User, disease: Disease) -> Disease:
    if disease.labels.live().exists():
        raise Refused("Labels mean this disease: change them or merge it first.")
    return disease.change(archived_at=disease.archived_at or timezone.now())


@recorded("restored")
def restore_disease(*, by: User, disease: Disease) -> Disease:
    return disease.change(archived_at=None)


@recorded("merged")
def merge_disease(*, by: User, disease: Disease, into: Disease) -> Disease:
    """What was said with one disease is said with the other; the one is archived, and both keep their past."""
    if disease == into:
        raise Refused("A disease cannot be merged into itself.")
    into.change(codes=[*into.codes.all(), *disease.codes.all()])
    for label in disease.labels.all():
        label.change(diseases=[*label.diseases.exclude(pk=disease.pk), into])
    disease.change(archived_at=disease.archived_at or timezone.now())
    return into


@dataclass
class Loaded:
    """What an import did, in rows."""

    added: int = 0
    changed: int = 0
    same: int = 0


@recorded("imported")
def import_codes(*, by: User | None, key: str, release: str, title: str, uri: str, entries: list[Entry]) -> Loaded:
    """Make one release of a classification what `entries` say; rows that are there keep their id. Bulk writes."""
    system = CodeSystem.objects.filter(key=key, release=release).first()
    system = system or CodeSystem.objects.create(key=key, release=release, title=title, uri=uri)
    there = {code.code: code for code in Code.objects.filter(system=system)}
    gone = there.keys() - {entry.code for entry in entries}
    if gone:
        raise Faults(
            f"{code}: is in this release and not in the file; another edition needs another --release"
            for code in sorted(gone)
        )
    new = [entry for entry in entries if entry.code not in there]
    ids = {entry.code: there[entry.code].pk if entry.code in there else new_id() for entry in entries}
    Code.objects.bulk_create([_row(entry, system, ids) for entry in new], batch_size=BATCH)
    moved = [there[entry.code] for entry in entries if entry.code in there and _update(there[entry.code], entry, ids)]
    Code.objects.bulk_update(moved, [*COLUMNS, "parent", "words", "updated_at"], batch_size=BATCH // 10)
    if new or moved:
        system.change(title=title, uri=uri, codes_changed_at=timezone.now())
    return Loaded(len(new), len(moved), len(entries) - len(new) - len(moved))


BATCH = 5000
COLUMNS = ("title", "kind", "assignable", "valid_to", "notes", "position", "last")


def _row(entry: Entry, system: CodeSystem, ids: dict[str, UUID]) -> Code:
    columns = {name: getattr(entry, name) for name in COLUMNS}
    words = searchable(entry.code, entry.title)
    return Code(
        id=ids[entry.code], system=system, code=entry.code, parent_id=ids.get(entry.parent), words=words, **columns
    )


def _update(code: Code, entry: Entry, ids: dict[str, UUID]) -> bool:
    """Make a row what its entry says; tells whether it was something else."""
    wanted = {name: getattr(entry, name) for name in COLUMNS} | {"parent_id": ids.get(entry.parent)}
    moved = {name: value for name, value in wanted.items() if getattr(code, name) != value}
    if not moved:
        return False
    for name, value in moved.items():
        setattr(code, name, value)
    code.words, code.updated_at = searchable(code.code, code.title), timezone.now()
    return True


@recorded("imported")
def import_links(*, by: User | None, source: CodeSystem, target: CodeSystem, links: list[Link]) -> Loaded:
    """Add the rows of a crosswalk that are not there. Raises `Faults` if it names a code that neither system has."""
    sources, targets = (dict(system.codes.values_list("code", "pk")) for system in (source, target))
    strangers = {link.source for link in links} - sources.keys() | {
        link.target for link in links if link.target
    } - targets.keys()
    if strangers:
        raise Faults(f"{code}: is in neither system" for code in sorted(strangers))
    there = set(
        CodeMapping.objects.filter(source__system=source).values_list(
            "source_id", "target_id", "scenario", "choice_list"
        )
    )
    rows = [_mapping(link, sources, targets) for link in links]
    new = [row for row in rows if (row.source_id, row.target_id, row.scenario, row.choice_list) not in there]
    CodeMapping.objects.bulk_create(new, batch_size=BATCH)
    if new:
        source.change(codes_changed_at=timezone.now())
    return Loaded(len(new), 0, len(rows) - len(new))


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
