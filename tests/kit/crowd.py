"""A hundred thousand rows of everything that grows; the rare value of every filter is on sixty of them."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group
from django.db import connection
from django.utils import timezone

from accounts.models import Role, Team, User
from core.models import new_id
from disease.models import Code, CodeMapping, CodeSystem, Disease
from events.models import Event
from imagery.models import Deidentification, Image, Patient, Series, Study
from label.models import Annotation, Label
from tests.kit.factories import UserFactory

MANY, FEW = 100_000, 60
STEP = MANY // FEW
RARE = STEP // 2  # the first of the few
GONE = 11  # the first of as many that are archived


def settle() -> dict[str, Any]:
    """Who asks, and one row of each table that they ask about."""
    people = {
        "doctor": UserFactory(username="few", roles=[Role.DOCTOR]),
        "busy": UserFactory(username="many", roles=[Role.DOCTOR]),
        "researcher": UserFactory(username="research", roles=[Role.RESEARCHER]),
        "auditor": UserFactory(username="audit", roles=[Role.AUDITOR]),
        "root": UserFactory(username="root", is_superuser=True),
    }
    User.objects.update(is_staff=True)
    found = fill(people["doctor"], people["busy"])
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):  # what all databases share stays unlocked
            cursor.execute(f"ANALYZE {table}")
    connection.check_constraints()  # once here: at the end of each test PostgreSQL would look at every row again
    return people | found


def rows(model: Any, make: Callable[[int, bool], dict[str, Any]], ids: list[UUID] | None = None) -> list[UUID]:
    """The ids of a hundred thousand rows; `make` is told of each whether it is one of the few, and gives its columns.

    Written as plain values: to make an object of each takes six times as long.
    """
    fields = {field.attname: field for field in model._meta.concrete_fields}
    usual = {name: field.get_default() for name, field in fields.items()} | {"updated_at": timezone.now()}
    usual = {name: kept(fields[name], value) for name, value in usual.items() if name in fields}
    ids = ids or new_ids()
    told = (out_of_use(number) | make(number, number % STEP == RARE) | {"id": ids[number]} for number in range(MANY))
    write(
        model._meta.db_table,
        {field.column: name for name, field in fields.items()},
        (usual | {name: kept(fields[name], value) for name, value in row.items() if name in fields} for row in told),
    )
    return ids


def out_of_use(number: int) -> dict[str, Any]:
    return {"archived_at": timezone.now()} if number % STEP == GONE else {}


def new_ids() -> list[UUID]:
    return [new_id() for _ in range(MANY)]


def kept(field: Any, value: Any) -> Any:
    return field.get_db_prep_save(value, connection)


def write(table: str, columns: dict[str, str], told: Iterable[dict[str, Any]]) -> None:
    """`columns` says under which name each row tells of each column."""
    names = ", ".join(f'"{column}"' for column in columns)
    lines = ([row[name] for name in columns.values()] for row in told)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            places = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", lines)
            return
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for line in lines:
                copy.write_row(line)


def link(through: Any, **ends: list[UUID]) -> None:
    """Rows of a table between two: the first of one with the first of the other, and so on."""
    name, other = ends
    fields = {field.name: field for field in through._meta.concrete_fields}
    pairs = zip(*ends.values(), strict=False)
    told = ({name: kept(fields[name], one), other: kept(fields[other], two)} for one, two in pairs)
    write(through._meta.db_table, {fields[end].column: end for end in ends}, told)


def fill(doctor: User, busy: User) -> dict[str, Any]:
    others = [UserFactory(roles=[Role.DOCTOR]).pk for _ in range(20)]

    def owner(n: int, rare: bool) -> dict[str, Any]:
        return {"owner_id": doctor.pk if rare else busy.pk if n % 2 else others[n % 20]}

    codes, diseases, labels = vocabulary()
    patients, studies, series, images = evidence(owner)
    annotations = judgement(owner, images, labels)
    team = Team.objects.create(name="Shared", lead=busy)
    team.members.add(doctor)
    link(Study.shared_with.through, study=studies[:FEW], team=[team.pk] * FEW)
    ids = {
        "code": codes[RARE], "label": labels[0], "disease": diseases[7], "patient": patients[RARE],
        "study": studies[RARE], "series": series[RARE], "image": images[RARE], "annotation": annotations[RARE],
    }  # fmt: skip
    return ids | {"system": CodeSystem.objects.get(key="few").pk, "group": Group.objects.get(name=Role.DOCTOR).pk}


def vocabulary() -> tuple[list[UUID], list[UUID], list[UUID]]:
    """Codes that grow with every release, C1 the chapter of half of them; a disease of each code, a label of each."""
    system, other = (CodeSystem.objects.create(key=key, release=key, title=key).pk for key in ("many", "few"))
    codes = new_ids()
    rows(
        Code,
        lambda n, rare: {
            "system_id": other if rare else system, "code": f"C{n}", "title": f"Condition {n}", "position": n,
            "last": MANY // 2 if n == 1 else n, "kind": "chapter" if rare else "code", "assignable": not rare,
            "words": f"c{n} condition {n}", "parent_id": codes[n // 10] if n else None,
        },
        codes,
    )  # fmt: skip
    rows(
        CodeMapping,
        lambda n, rare: {
            "source_id": codes[n], "target_id": codes[-n], "approximate": not rare,
            "combination": rare, "no_map": False,
        },
    )  # fmt: skip
    diseases = rows(
        Disease, lambda n, rare: {"name": f"Disease {n}", "names": f"disease {n}", "updated_at": timezone.now()}
    )
    link(Disease.codes.through, disease=diseases, code=[codes[n * 7919 % MANY] for n in range(MANY)])  # in any order
    labels = rows(Label, lambda n, rare: {"name": f"Label {n}", "updated_at": timezone.now()})
    link(Label.diseases.through, label=labels, disease=diseases)
    return codes, diseases, labels


def evidence(owner: Callable[[int, bool], dict[str, Any]]) -> tuple[list[UUID], ...]:
    """A patient, a study and a series for each image."""
    then = timezone.now()
    patients = rows(Patient, lambda n, rare: {**owner(n, rare), "pseudonym": f"P-{n}"})
    studies = rows(
        Study,
        lambda n, rare: {
            **owner(n, rare), "patient_id": patients[n], "date": "2026-01-01" if rare else "2020-01-01",
            "archived_at": then if rare and n % 2 else None,
        },
    )  # fmt: skip

    def kind(n: int, rare: bool) -> dict[str, Any]:
        """What series and images are of; they go out of use with their study alone."""
        known = {"modality": "NM" if rare else f"M{n % 10}", "body_part": "SKULL" if rare else f"PART {n % 10}"}
        return known | {"archived_at": None}

    series = rows(Series, lambda n, rare: {**owner(n, rare), "study_id": studies[n], **kind(n, rare)})
    images = rows(
        Image,
        lambda n, rare: {
            **owner(n, rare), "study_id": studies[n], "series_id": series[n], "rows": 8, "columns": 8,
            "media_type": "image/png" if rare else ("image/jpeg" if n % 100 == 0 else "application/dicom"),
            "size": 10**9 if rare else 10**6 + n, "sha256": f"{n}", "original": f"{n}", "research": f"{n}",
            "research_patient_id": patients[n], "release_state": "quarantined" if rare else "released",
            **kind(n, rare),
        },
    )  # fmt: skip
    rows(Deidentification, lambda n, rare: {"image_id": images[n], "manifest": {}})
    return patients, studies, series, images


def judgement(owner: Callable[[int, bool], dict[str, Any]], images: list[UUID], labels: list[UUID]) -> list[UUID]:
    """An annotation of each image, and the event of the request that asked for it."""

    def who(n: int, rare: bool) -> UUID:
        return owner(n, rare)["owner_id"]

    rows(
        Event,
        lambda n, rare: {
            "duration": 0.1, "user_id": who(n, rare), "method": "PATCH" if rare else "GET", "path": "/",
            "status": 412 if rare else 200, "object_id": images[n],
        },
    )  # fmt: skip
    return rows(
        Annotation,
        lambda n, rare: {
            **owner(n, rare), "image_id": images[n], "label_id": labels[0 if rare else 1 + n % 999],
            "annotator_id": who(n, rare), "state": "uncertain" if rare else "absent",
        },
    )  # fmt: skip
