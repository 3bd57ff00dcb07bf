"""Lists: what they cost, how they are paged and filtered."""

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role
from disease.models import Code
from imagery.models import Image, Series, Study
from label.models import Annotation, Label
from tests.kit import factories as make
from tests.kit.api import routes_of_the_api

pytestmark = pytest.mark.on_both


LISTS = (
    "code-system-list", "code-list", "mapping-list", "disease-list", "label-list", "patient-list", "study-list",
    "series-list", "image-list", "annotation-list", "team-list", "event-list",
)  # fmt: skip


@pytest.mark.parametrize("route", LISTS)
def test_a_list_costs_the_same_for_one_row_or_six(route, more, doctor, auditor, client_of):
    client = client_of(auditor if route == "event-list" else doctor)

    def cost():
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(reverse(route))
        assert answer.status_code == 200
        return len(queries), len(answer.json()["results"])

    more[route]()
    one, rows = cost()
    for _ in range(5):
        more[route]()
    six, more_rows = cost()
    assert more_rows >= rows + 5
    assert six == one, [q["sql"] for q in connection.queries_log][-six:]


@pytest.mark.parametrize(
    ("route", "model"),
    [("image-list", Image), ("annotation-list", Annotation), ("label-list", Label), ("code-list", Code),
     ("study-list", Study), ("series-list", Series)],
)  # fmt: skip
def test_a_list_whose_fields_are_columns_makes_no_objects(route, model, more, api, monkeypatch):
    more[route]()
    monkeypatch.setattr(model, "from_db", lambda *row: pytest.fail(f"an object was made of {row}"))
    assert api.get(reverse(route)).json()["results"]


@pytest.fixture
def readers(doctor, colleague, researcher, auditor):
    """People who read a whole row as its owner or as a teammate, the research view, or both."""
    return {
        "doctor": doctor, "colleague": colleague, "researcher": researcher, "auditor": auditor,
        "both": make.UserFactory(roles=[Role.DOCTOR, Role.RESEARCHER]),
    }  # fmt: skip


READ = [
    (route, who)
    for route in LISTS
    for who in (["auditor"] if route == "event-list" else ["doctor", "colleague", "researcher", "both"])
    if not (route == "team-list" and who in ("researcher", "both"))
    and not (route == "patient-list" and who == "colleague")
]


@pytest.mark.parametrize(("route", "who"), READ)
def test_a_list_says_of_a_row_what_its_detail_says(route, who, more, readers, colleague, client_of):
    client = client_of(readers[who])
    more[route]()
    make.TeamFactory(lead=colleague)
    more["image-list"]()  # research knows of a series by its images
    listed = client.get(reverse(route)).json()["results"][-1]
    whole = client.get(reverse(route.replace("-list", "-detail"), kwargs={"pk": listed["id"]})).json()
    counts = {"series_count", "images_count", "annotations_count"}  # of studies, which lists alone tell
    assert {name: whole[name] for name in listed.keys() - counts} == {
        name: value for name, value in listed.items() if name not in counts
    }


def test_a_time_is_alike_in_a_list_and_a_detail(image, api):
    """The list has it as the database wrote it."""
    for microsecond, fraction in ((0, ""), (120_000, ".120000"), (7, ".000007")):
        Image.objects.update(created_at=datetime(2026, 2, 3, 4, 5, 6, microsecond, tzinfo=UTC))
        (listed,) = api.get(reverse("image-list")).json()["results"]
        detail = api.get(reverse("image-detail", kwargs={"pk": image.pk})).json()
        assert listed["created_at"] == detail["created_at"] == f"2026-02-03T04:05:06{fraction}Z"


def test_every_list_is_in_this_table():
    assert {route for route in routes_of_the_api() if route.endswith("-list")} == set(LISTS)


def test_pages_hold_fifty_rows_unless_asked(researcher, client_of):
    for _ in range(51):
        make.LabelFactory()
    assert len(client_of(researcher).get(reverse("label-list")).json()["results"]) == 50


def test_the_cursor_leads_through_every_row_once(researcher, client_of):
    made = {str(make.LabelFactory().pk) for _ in range(5)}
    client, seen, where = client_of(researcher), [], reverse("label-list") + "?page_size=2"
    while where:
        page = client.get(where).json()
        seen += [row["id"] for row in page["results"]]
        where = page["next"]
    assert len(seen) == 5 and set(seen) == made


def test_a_page_size_out_of_bounds_and_a_cursor_that_no_page_gave_are_refused(api):
    make.LabelFactory()
    wrong = [("page_size", size) for size in ("0", "201", "-1", "ten", "", "1e2", "9" * 30)]
    wrong += [("cursor", cursor) for cursor in ("zzz", "cD1ub3RhdXVpZA==", "%00", "cj0xJnA9", "💥")]
    for name, value in wrong:
        answer = api.get(reverse("label-list"), {name: value})
        assert answer.status_code == 400 and name in answer.json()["fields"], value


def test_an_unknown_query_parameter_is_named(doctor, auditor, client_of):
    for route in LISTS:
        client = client_of(auditor if route == "event-list" else doctor)
        answer = client.get(reverse(route), {"colour": "red"})
        assert answer.status_code == 400 and "colour" in answer.json()["fields"], route


def test_archived_rows_are_left_out_of_lists(api):
    make.LabelFactory(archived_at="2026-01-01T00:00Z")
    assert api.get(reverse("label-list")).json()["results"] == []


def test_archived_rows_are_listed_when_asked_for(api, label):
    gone = make.LabelFactory(archived_at="2026-01-01T00:00Z")
    found = api.get(reverse("label-list"), {"archived": "true"}).json()["results"]
    assert [row["id"] for row in found] == [str(gone.pk)]


@pytest.fixture
def filtered_rows(annotation, doctor):
    """Two rows of each list, by their names; the second is `other`."""
    image, study = annotation.image, annotation.image.study
    elsewhere = make.ImageFactory(
        study=make.StudyFactory(owner=doctor), series__modality="CT", series__body_part="ABDOMEN"
    )
    other = make.AnnotationFactory(image=elsewhere, state="absent", annotator=doctor)
    block = make.CodeFactory(code="J18", kind="category", assignable=False)
    code = make.CodeFactory(system=make.CodeSystemFactory(key="icd-9-cm", release="v32"), code="486")
    disease, patient = make.DiseaseFactory(name="Pneumonia"), make.PatientFactory(owner=doctor)
    make.DiseaseFactory()
    make.PatientFactory(owner=doctor)
    disease.codes.set([code])
    annotation.label.diseases.set([disease])
    study.change(patient=patient, date=date(2026, 3, 1))
    elsewhere.study.change(date=date(2026, 1, 1))
    image.change(size=100_000)
    elsewhere.change(release_state="quarantined")
    return {
        "annotation": annotation, "other": other, "image": image, "elsewhere": elsewhere, "study": study,
        "other_study": elsewhere.study, "series": image.series, "patient": patient, "label": annotation.label,
        "disease": disease, "code": code, "block": block, "system": code.system, "doctor": doctor,
        "mapping": make.CodeMappingFactory(source=code, target=block),
    }  # fmt: skip


#   list               query; {…} is the id of that row                    the only row that it finds
FILTERS = [
    ("annotation-list", {"state": "present"}, "annotation"),
    ("annotation-list", {"image": "{image}"}, "annotation"),
    ("annotation-list", {"study": "{study}"}, "annotation"),
    ("annotation-list", {"label": "{label}"}, "annotation"),
    ("annotation-list", {"annotator": "{doctor}", "state": "absent"}, "other"),
    ("image-list", {"study": "{study}"}, "image"),
    ("image-list", {"series": "{series}"}, "image"),
    ("image-list", {"modality": "CR"}, "image"),
    ("image-list", {"body_part": "CHEST"}, "image"),
    ("image-list", {"label": "{label}"}, "image"),
    ("image-list", {"annotation_state": "absent"}, "elsewhere"),
    ("image-list", {"study_date_from": "2026-02-01"}, "image"),
    ("image-list", {"study_date_to": "2026-02-01", "study_date_from": "2025-01-01"}, "elsewhere"),
    ("image-list", {"size_min": 100_000}, "image"),
    ("image-list", {"size_max": 99_999}, "elsewhere"),
    ("image-list", {"release_state": "quarantined"}, "elsewhere"),
    ("study-list", {"patient": "{patient}"}, "study"),
    ("study-list", {"date_from": "2026-02-01"}, "study"),
    ("study-list", {"date_to": "2026-02-01"}, "other_study"),
    ("study-list", {"modality": "CR"}, "study"),
    ("series-list", {"study": "{study}"}, "series"),
    ("series-list", {"modality": "CR"}, "series"),
    ("series-list", {"body_part": "CHEST"}, "series"),
    ("patient-list", {"pseudonym": "{pseudonym}"}, "patient"),
    ("code-list", {"system": "icd-9-cm"}, "code"),
    ("code-list", {"release": "v32"}, "code"),
    ("code-list", {"code": "J18"}, "block"),
    ("code-list", {"kind": "category"}, "block"),
    ("code-list", {"assignable": "false"}, "block"),
    ("code-system-list", {"key": "icd-9-cm"}, "system"),
    ("mapping-list", {"source": "{code}"}, "mapping"),
    ("mapping-list", {"target": "{block}"}, "mapping"),
    ("disease-list", {"name": "pneu"}, "disease"),
    ("disease-list", {"code": "486"}, "disease"),
    ("label-list", {"name": "consol"}, "label"),
    ("label-list", {"disease": "{disease}"}, "label"),
]


def test_a_filter_finds_its_row_alone(filtered_rows, api):
    ids = {name: row.pk for name, row in filtered_rows.items()}
    ids["pseudonym"] = filtered_rows["patient"].pseudonym
    wrong = {}
    for route, parameters, name in FILTERS:
        query = {parameter: str(value).format(**ids) for parameter, value in parameters.items()}
        answer = api.get(reverse(route), query).json()
        if [row["id"] for row in answer.get("results", [])] != [str(filtered_rows[name].pk)]:
            wrong[route, str(parameters)] = answer
    assert not wrong
