"""An index stands behind every filter and every order: what a page costs does not grow with its table.

Counted is the work, not the time: rows that PostgreSQL's plan touched, instructions that SQLite's machine ran.
"""

import json
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Role, Team
from disease.models import Code, CodeMapping, CodeSystem, Disease
from events.models import Event
from harrison.urls import router
from imagery.models import Image, Patient, Series, Study
from label.models import Annotation, Label
from tests.factories import UserFactory

pytestmark = pytest.mark.slow

MANY, FEW = 100_000, 60
# A page of 50 rows of the dearest list takes less than half of this; reading a table of 100,000 takes far more.
MOST = {"sqlite": 400_000, "postgresql": 12_000}  # instructions, rows


@pytest.fixture(scope="module")
def crowd(django_db_setup, django_db_blocker):
    """A hundred thousand rows of everything that grows; the rare value of every filter is on sixty of them."""
    with django_db_blocker.unblock(), transaction.atomic():
        people = {
            "doctor": UserFactory(username="few", roles=[Role.DOCTOR]),
            "busy": UserFactory(username="many", roles=[Role.DOCTOR]),
            "researcher": UserFactory(username="research", roles=[Role.RESEARCHER]),
            "auditor": UserFactory(username="audit", roles=[Role.AUDITOR]),
        }
        found = fill(people["doctor"], people["busy"])
        with connection.cursor() as cursor:
            for table in connection.introspection.table_names(cursor):  # what all databases share stays unlocked
                cursor.execute(f"ANALYZE {table}")
        connection.check_constraints()  # once here: at the end of each test PostgreSQL would look at every row again
        yield people | found
        transaction.set_rollback(True)


def rows(model, make):
    """A hundred thousand rows; `make` is told of each whether it is one of the few."""
    step = MANY // FEW
    made = [model(**make(number, number % step == step // 2)) for number in range(MANY)]
    return model.objects.bulk_create(made, batch_size=5000)


def fill(doctor, busy):
    others = [UserFactory(roles=[Role.DOCTOR]) for _ in range(20)]

    def owner(n, rare):
        return doctor if rare else busy if n % 2 else others[n % 20]

    codes, diseases, labels = vocabulary()
    patients, studies, series, images = evidence(owner)
    annotations = judgement(owner, images, labels)
    team = Team.objects.create(name="Shared", lead=busy)
    team.members.add(doctor)
    links = Study.shared_with.through
    links.objects.bulk_create(links(study=study, team=team) for study in studies[:FEW])
    rare = MANY // FEW // 2
    return {
        "code": codes[rare], "label": labels[0], "disease": diseases[7], "patient": patients[rare],
        "study": studies[rare], "series": series[rare], "image": images[rare], "annotation": annotations[rare],
    }  # fmt: skip


def vocabulary():
    """Codes that grow with every release; a thousand diseases and labels, which people make."""
    system, other = (CodeSystem.objects.create(key=key, release=key, title=key) for key in ("many", "few"))
    codes = rows(
        Code,
        lambda n, rare: {
            "system": other if rare else system, "code": f"C{n}", "title": f"Condition {n}", "position": n, "last": n,
            "kind": "chapter" if rare else "code", "assignable": not rare, "words": f"c{n} condition {n}",
        },
    )  # fmt: skip
    flags = {"approximate": True, "no_map": False, "combination": False}
    rows(CodeMapping, lambda n, rare: {"source": codes[n], "target": codes[-n], **flags})
    diseases = Disease.objects.bulk_create(Disease(name=f"Disease {n}", names=f"disease {n}") for n in range(1000))
    carry = Disease.codes.through
    carry.objects.bulk_create(carry(disease=disease, code=codes[n]) for n, disease in enumerate(diseases))
    labels = Label.objects.bulk_create(Label(name=f"Label {n}") for n in range(1000))
    mean = Label.diseases.through
    mean.objects.bulk_create(mean(label=label, disease=diseases[n]) for n, label in enumerate(labels))
    return codes, diseases, labels


def evidence(owner):
    """A patient, a study and a series for each image."""
    then = timezone.now()
    patients = rows(Patient, lambda n, rare: {"owner": owner(n, rare), "pseudonym": f"P-{n}"})
    studies = rows(
        Study,
        lambda n, rare: {
            "owner": owner(n, rare), "patient": patients[n], "date": "2026-01-01" if rare else "2020-01-01",
            "archived_at": then if rare and n % 2 else None,
        },
    )  # fmt: skip

    def kind(n, rare):
        return {"modality": "NM" if rare else f"M{n % 10}", "body_part": "SKULL" if rare else f"PART {n % 10}"}

    series = rows(Series, lambda n, rare: {"owner": owner(n, rare), "study": studies[n], **kind(n, rare)})
    images = rows(
        Image,
        lambda n, rare: {
            "owner": owner(n, rare), "study": studies[n], "series": series[n], "rows": 8, "columns": 8,
            "media_type": "image/png" if rare else ("image/jpeg" if n % 100 == 0 else "application/dicom"),
            "size": 10**9 if rare else 10**6 + n, "sha256": f"{n}", "original": f"{n}", "research": f"{n}",
            "research_patient": patients[n], "release_state": "quarantined" if rare else "released", **kind(n, rare),
        },
    )  # fmt: skip
    return patients, studies, series, images


def judgement(owner, images, labels):
    """An annotation of each image, and the event of the request that asked for it."""
    rows(
        Event,
        lambda n, rare: {
            "duration": 0.1, "user": owner(n, rare), "method": "PATCH" if rare else "GET", "path": "/",
            "status": 412 if rare else 200, "object_id": images[n].pk,
        },
    )  # fmt: skip
    return rows(
        Annotation,
        lambda n, rare: {
            "image": images[n], "owner": owner(n, rare), "label": labels[0 if rare else 1 + n % 999],
            "annotator": owner(n, rare), "state": "uncertain" if rare else "absent",
        },
    )  # fmt: skip


# SQLite keeps no histogram: it cannot know that a range is rare, and reads what a person owns. PostgreSQL knows.
POSTGRESQL = "postgresql" in settings.DATABASES["default"]["ENGINE"]
RANGES = [
    ("study-list", {"date_from": "2025-01-01"}),
    ("study-list", {"date_to": "2019-01-01"}),
    ("image-list", {"study_date_from": "2025-01-01"}),
    ("image-list", {"study_date_to": "2019-01-01"}),
    ("image-list", {"size_min": 10**9}),
    ("image-list", {"size_max": 10**5}),
]

#   route             who           what is asked; {…} is the id of that row
CASES = [
    ("code-system-list", "doctor", {}),
    ("code-system-list", "doctor", {"key": "few"}),
    ("code-list", "doctor", {}),
    ("code-list", "doctor", {"system": "few"}),
    ("code-list", "doctor", {"release": "few"}),
    ("code-list", "doctor", {"code": "C77"}),
    ("code-list", "doctor", {"kind": "chapter"}),
    ("code-list", "doctor", {"assignable": "false"}),
    ("code-list", "doctor", {"under": "C77"}),
    ("code-list", "doctor", {"under": "C77", "system": "many", "equivalent": "true"}),
    ("code-list", "doctor", {"search": "c77"}),
    ("code-list", "doctor", {"archived": "true"}),
    ("mapping-list", "doctor", {}),
    ("mapping-list", "doctor", {"source": "{code}"}),
    ("mapping-list", "doctor", {"target": "{code}"}),
    ("mapping-list", "doctor", {"archived": "true"}),
    ("disease-list", "doctor", {}),
    ("disease-list", "doctor", {"name": "disease 77"}),
    ("disease-list", "doctor", {"code": "C77"}),
    ("disease-list", "doctor", {"under": "C77"}),
    ("disease-list", "doctor", {"archived": "true"}),
    ("label-list", "doctor", {}),
    ("label-list", "doctor", {"name": "label 77"}),
    ("label-list", "doctor", {"disease": "{disease}"}),
    ("label-list", "doctor", {"under": "C77"}),
    ("label-list", "doctor", {"archived": "true"}),
    *(
        (route, who, asked)
        for who in ("doctor", "busy", "researcher")
        for route, asked in [
            ("patient-list", {}),
            ("patient-list", {"pseudonym": "P-77"}),
            ("patient-list", {"archived": "true"}),
            ("study-list", {}),
            ("study-list", {"modality": "NM"}),
            ("study-list", {"patient": "{patient}"}),
            ("study-list", {"archived": "true"}),
            ("series-list", {}),
            ("series-list", {"study": "{study}"}),
            ("series-list", {"modality": "NM"}),
            ("series-list", {"body_part": "SKULL"}),
            ("series-list", {"archived": "true"}),
            ("image-list", {}),
            ("image-list", {"study": "{study}"}),
            ("image-list", {"series": "{series}"}),
            ("image-list", {"modality": "NM"}),
            ("image-list", {"body_part": "SKULL"}),
            ("image-list", {"media_type": "image/png"}),
            ("image-list", {"release_state": "quarantined"}),
            ("image-list", {"label": "{label}"}),
            ("image-list", {"annotation_state": "uncertain"}),
            ("image-list", {"label": "{label}", "annotation_state": "uncertain", "annotated_by_me": "true"}),
            ("image-list", {"archived": "true"}),
            ("annotation-list", {}),
            ("annotation-list", {"image": "{image}"}),
            ("annotation-list", {"study": "{study}"}),
            ("annotation-list", {"label": "{label}"}),
            ("annotation-list", {"state": "uncertain"}),
            ("annotation-list", {"under": "C0", "state": "uncertain"}),
            ("annotation-list", {"archived": "true"}),
        ]
    ),
    *(
        (route, who, asked)
        for who in ("doctor", "busy")
        for route, asked in [
            ("patient-list", {"record_number": "none"}),
            *(RANGES if who == "doctor" or POSTGRESQL else []),
        ]
    ),
    ("annotation-list", "busy", {"annotator": "{doctor}"}),
    ("annotation-list", "researcher", {"annotator": "{doctor}"}),
    ("team-list", "doctor", {}),
    ("event-list", "auditor", {}),
    ("event-list", "auditor", {"user": "{doctor}"}),
    ("event-list", "auditor", {"username": "few"}),
    ("event-list", "auditor", {"status": 412}),
    ("event-list", "auditor", {"method": "PATCH"}),
    ("event-list", "auditor", {"object_id": "{image}"}),
    ("event-list", "auditor", {"after": "2100-01-01T00:00Z"}),
    ("event-list", "auditor", {"before": "2000-01-01T00:00Z"}),
]


@contextmanager
def work():
    """Counts what the database does in the block, into the list that it gives."""
    spent = [0]
    with (counting_rows if connection.vendor == "postgresql" else counting_instructions)(spent):
        yield spent


@contextmanager
def counting_instructions(spent):
    def tick():
        spent[0] += 1000

    connection.connection.set_progress_handler(tick, 1000)
    yield
    connection.connection.set_progress_handler(None, 0)


@contextmanager
def counting_rows(spent):
    def explained(execute, sql, params, many, context):
        if sql.startswith("SELECT"):
            with connection.connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", params)
                (told,) = cursor.fetchone()
                spent[0] += touched((told if isinstance(told, list) else json.loads(told))[0]["Plan"])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explained):
        yield


def touched(plan):
    """Rows that a plan's scans have read, kept or not."""
    read = sum(plan.get(name, 0) for name in ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck"))
    mine = read * plan["Actual Loops"] if "Scan" in plan["Node Type"] else 0
    return mine + sum(touched(below) for below in plan.get("Plans", []))


@pytest.mark.parametrize(("route", "who", "asked"), CASES, ids=lambda part: str(part))
def test_a_page_does_not_read_the_table(route, who, asked, crowd):
    client = APIClient()
    client.defaults |= {"wsgi.url_scheme": "https", "HTTP_HOST": "localhost"}
    client.force_login(crowd[who])
    named = {name: str(row.pk) for name, row in crowd.items()}
    query = {name: str(value).format(**named) for name, value in asked.items()}
    client.get(reverse(route), query)
    with work() as spent:
        answer = client.get(reverse(route), query)
    assert answer.status_code == 200, answer.content
    assert spent[0] <= MOST[connection.vendor]


CHANGES = [
    ("patient-detail", Patient, {"sex": "F"}),
    ("study-detail", Study, {"description": "Once more"}),
    ("series-detail", Series, None),
    ("image-detail", Image, None),
    ("annotation-detail", Annotation, {"confidence": 0.5}),
]


@pytest.mark.parametrize("who", ["busy", "doctor"])
@pytest.mark.parametrize(("route", "model", "said"), CHANGES, ids=lambda part: str(part))
def test_one_row_is_found_and_changed_without_reading_the_table(route, model, said, who, crowd):
    client = APIClient()
    client.defaults |= {"wsgi.url_scheme": "https", "HTTP_HOST": "localhost"}
    client.force_login(crowd[who])
    where = reverse(route, kwargs={"pk": model.objects.filter(owner=crowd[who])[0].pk})
    client.get(where)
    with work() as spent:
        answers = [client.get(where), *([client.patch(where, said, format="json")] if said else [])]
    assert {answer.status_code for answer in answers} <= {200, 409}, [answer.content for answer in answers]
    assert spent[0] <= MOST[connection.vendor]


def test_every_filter_is_asked_here():
    asked = {(route, name) for route, _, query in CASES for name in (query or [""])}
    there = set()
    for _, viewset, basename in router.registry:
        filters = getattr(viewset, "whole_filterset_class", None) or getattr(viewset, "filterset_class", None)
        there |= {(f"{basename}-list", name) for name in ["", *(filters.base_filters if filters else [])]}
    assert there - asked <= {("code-system-list", "archived")} | {
        (f"{app}-list", name) for app in ("disease", "label", "annotation") for name in ("system", "equivalent")
    } | {("patient-list", "archived")}
