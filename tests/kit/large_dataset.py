"""Thirty thousand rows of everything that grows; the rare value of every filter is on sixty of them."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

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

ROWS, RARE_ROWS = 30_000, 60
LABELS = 1000  # and as many diseases: an institution's vocabulary does not grow with use
STEP = ROWS // RARE_ROWS
FIRST_RARE = STEP // 2
FIRST_ARCHIVED = 11
CHAPTER_CODES = 1000  # in the chapter C1
FIRST_TIME = datetime(2026, 1, 1, tzinfo=UTC)
Columns = dict[str, Any]


def create_dataset() -> dict[str, Any]:
    """Create the rows. Return the people who query them, and one rare row of each table."""
    people = {
        "doctor": UserFactory(username="few", roles=[Role.DOCTOR]),
        "busy": UserFactory(username="many", roles=[Role.DOCTOR]),
        "researcher": UserFactory(username="research", roles=[Role.RESEARCHER]),
        "auditor": UserFactory(username="audit", roles=[Role.AUDITOR]),
        "root": UserFactory(username="root", is_superuser=True),
    }
    User.objects.update(is_staff=True)
    rows = fill(people["doctor"], people["busy"])
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):  # catalogues shared by databases stay unlocked
            cursor.execute(f"ANALYZE {table}")
    connection.check_constraints()  # once here: at the end of each test PostgreSQL would look at every row again
    return people | rows


def insert(model: Any, columns_of: Callable[[int, bool], Columns], ids: list[UUID]) -> list[UUID]:
    """Insert a row for each id; `columns_of` gives the columns of a row by its number and whether it is rare.

    Inserts plain values: model objects take six times as long.
    """
    fields = {field.attname: field for field in model._meta.concrete_fields}
    defaults = {name: field.get_default() for name, field in fields.items()}

    def prepare(values: Columns) -> Columns:
        return {name: to_database(fields[name], value) for name, value in values.items() if name in fields}

    usual = prepare(defaults | {"updated_at": timezone.now()})
    rows = (
        times(number) | columns_of(number, number % STEP == FIRST_RARE) | {"id": id} for number, id in enumerate(ids)
    )
    columns = {field.column: name for name, field in fields.items()}
    write(model._meta.db_table, columns, (usual | prepare(row) for row in rows))
    return ids


def times(number: int) -> Columns:
    return {
        "created_at": FIRST_TIME + timedelta(seconds=number),
        "archived_at": timezone.now() if number % STEP == FIRST_ARCHIVED else None,
    }


def names(name: str) -> Columns:
    folded = name.lower()
    return {"name": name, "folded_name": folded, "names": folded, "search_text": f"{folded}\n"}


def ordered_ids(count: int = ROWS) -> list[UUID]:
    return [new_id() for _ in range(count)]


def random_ids() -> list[UUID]:
    return [uuid4() for _ in range(ROWS)]


def to_database(field: Any, value: Any) -> Any:
    return field.get_db_prep_save(value, connection)


def write(table: str, columns: dict[str, str], rows: Iterable[Columns]) -> None:
    """Write rows to a table; `columns` says which value of a row each column takes."""
    names = ", ".join(f'"{column}"' for column in columns)
    lines = ([row[name] for name in columns.values()] for row in rows)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            places = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", lines)
            return
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for line in lines:
                copy.write_row(line)


def link(through: Any, **ends: list[UUID]) -> None:
    """Link two tables: the first row of one with the first of the other, and so on."""
    name, other = ends
    fields = {field.name: field for field in through._meta.concrete_fields}
    pairs = zip(*ends.values(), strict=False)
    rows = ({name: to_database(fields[name], one), other: to_database(fields[other], two)} for one, two in pairs)
    write(through._meta.db_table, {fields[end].column: end for end in ends}, rows)


def fill(doctor: User, busy: User) -> dict[str, Any]:
    others = [UserFactory(roles=[Role.DOCTOR]).pk for _ in range(20)]

    def owner(number: int, is_rare: bool) -> Columns:
        """The doctor owns the rare rows, the busy one half of all others."""
        return {"owner_id": doctor.pk if is_rare else busy.pk if number % 2 else others[number % 20]}

    codes, diseases, labels = insert_vocabulary()
    patients, studies, series, images = insert_evidence(owner)
    annotations = insert_annotations(owner, images, labels)
    team = Team.objects.create(name="Shared", lead=busy)
    team.members.add(doctor, busy)
    link(Study.shared_with.through, study=studies[:RARE_ROWS], team=[team.pk] * RARE_ROWS)
    ids = {
        "code": codes[FIRST_RARE], "label": labels[0], "disease": diseases[7], "patient": patients[FIRST_RARE],
        "study": studies[FIRST_RARE], "series": series[FIRST_RARE], "image": images[FIRST_RARE],
        "annotation": annotations[FIRST_RARE],
    }  # fmt: skip
    return ids | {"system": CodeSystem.objects.get(key="few").pk, "group": Group.objects.get(name=Role.DOCTOR).pk}


def insert_vocabulary() -> tuple[list[UUID], list[UUID], list[UUID]]:
    """Insert codes, some of them in the chapter C1, and diseases, each with a label and every thirtieth code."""
    system, other = (CodeSystem.objects.create(key=key, release=key, title=key).pk for key in ("many", "few"))
    codes = ordered_ids()
    insert(
        Code,
        lambda number, is_rare: {
            "system_id": other if is_rare else system, "code": f"C{number}", "title": f"Condition {number}",
            "position": number, "last": CHAPTER_CODES if number == 1 else number,
            "kind": "chapter" if is_rare else "code", "assignable": not is_rare,
            "words": f"c{number} condition {number}", "parent_id": codes[number // 10] if number else None,
        },
        codes,
    )  # fmt: skip
    insert(
        CodeMapping,
        lambda number, is_rare: {
            "source_id": codes[number], "target_id": codes[-number], "approximate": not is_rare,
            "combination": is_rare, "no_map": False,
        },
        ordered_ids(),
    )  # fmt: skip
    diseases = insert(Disease, lambda number, _: names(f"Disease {number}"), ordered_ids(LABELS))
    labels = insert(Label, lambda number, _: names(f"Label {number}"), ordered_ids(LABELS))
    link(Disease.codes.through, disease=diseases, code=[codes[77], *codes[: 30 * (LABELS - 1) : 30]])
    link(Label.diseases.through, label=labels, disease=diseases)
    return codes, diseases, labels


def insert_evidence(owner: Callable[[int, bool], Columns]) -> tuple[list[UUID], ...]:
    """Insert a patient, a study and a series for each image."""
    now = timezone.now()
    patients = insert(Patient, lambda number, rare: {**owner(number, rare), "pseudonym": f"P-{number}"}, random_ids())
    studies = insert(
        Study,
        lambda number, is_rare: {
            **owner(number, is_rare), "patient_id": patients[number], "date": "2026-01-01" if is_rare else "2020-01-01",
            "archived_at": now if is_rare and number % 2 else None,
        },
        random_ids(),
    )  # fmt: skip

    def kind(number: int, is_rare: bool) -> Columns:
        """What series and images are of; they go out of use with their study alone."""
        modality, body_part = ("NM", "SKULL") if is_rare else (f"M{number % 10}", f"PART {number % 10}")
        return {"modality": modality, "body_part": body_part, "archived_at": None}

    series = insert(
        Series,
        lambda number, is_rare: {**owner(number, is_rare), "study_id": studies[number], **kind(number, is_rare)},
        random_ids(),
    )
    images = insert(
        Image,
        lambda number, is_rare: {
            **owner(number, is_rare), "study_id": studies[number], "series_id": series[number], "rows": 8, "columns": 8,
            "media_type": "image/png" if is_rare else "application/dicom",
            "size": 10**9 if is_rare else 10**6 + number, "sha256": f"{number}", "original": f"{number}",
            "research": f"{number}", "research_patient_id": patients[number],
            "release_state": "quarantined" if is_rare else "released", **kind(number, is_rare),
        },
        random_ids(),
    )  # fmt: skip
    insert(Deidentification, lambda number, _: {"image_id": images[number], "manifest": {}}, random_ids())
    return patients, studies, series, images


def insert_annotations(owner: Callable[[int, bool], Columns], images: list[UUID], labels: list[UUID]) -> list[UUID]:
    """Insert an annotation of each image, and the event of a request for the image."""
    insert(
        Event,
        lambda number, is_rare: {
            "duration": 0.1, "user_id": owner(number, is_rare)["owner_id"], "path": "/", "object_id": images[number],
            "method": "PATCH" if is_rare else "GET", "status": 412 if is_rare else 200,
        },
        ordered_ids(),
    )  # fmt: skip
    return insert(
        Annotation,
        lambda number, is_rare: {
            **owner(number, is_rare), "image_id": images[number],
            "label_id": labels[0 if is_rare else 1 + number % (LABELS - 1)],
            "annotator_id": owner(number, is_rare)["owner_id"], "state": "uncertain" if is_rare else "absent",
        },
        random_ids(),
    )  # fmt: skip
