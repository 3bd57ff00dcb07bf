"""Lists: what they cost, how they are paged and filtered."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import factories as make


@pytest.fixture
def more(doctor, study):
    """How to make one more row of each list, for the doctor to see."""
    disease = make.DiseaseFactory()

    def coded_disease():
        make.DiseaseFactory().codes.set([make.CodeFactory(), make.CodeFactory()])

    def meaningful_label():
        make.LabelFactory().diseases.set([disease])

    return {
        "code-system-list": make.CodeSystemFactory,
        "code-list": lambda: make.CodeFactory(parent=make.CodeFactory()),
        "mapping-list": make.CodeMappingFactory,
        "disease-list": coded_disease,
        "label-list": meaningful_label,
        "patient-list": lambda: make.PatientFactory(owner=doctor),
        "study-list": lambda: make.ImageFactory(
            study=make.StudyFactory(owner=doctor, patient=make.PatientFactory(owner=doctor))
        ),
        "series-list": lambda: make.SeriesFactory(study=study),
        "image-list": lambda: make.ImageFactory(study=study),
        "annotation-list": lambda: make.AnnotationFactory(image=make.ImageFactory(study=study)),
        "team-list": lambda: make.TeamFactory(lead=doctor, members=[make.DoctorFactory()]),
        "event-list": lambda: make.EventFactory(user=doctor),
    }


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


def test_every_list_is_in_this_table():
    from tests.test_rights import ROUTES

    assert {route for route in ROUTES if route.endswith("-list")} == set(LISTS)


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


@pytest.mark.parametrize("size", ["0", "201", "-1", "ten", "", "1e2", "9" * 30])
def test_a_page_size_out_of_bounds_is_refused(size, api):
    answer = api.get(reverse("label-list"), {"page_size": size})
    assert answer.status_code == 400 and "page_size" in answer.json()["fields"]


@pytest.mark.parametrize("cursor", ["zzz", "cD1ub3RhdXVpZA==", "%00", "bz05OTk5OTk5", "cj0xJnA9", "💥"])
def test_a_cursor_that_is_garbage_is_refused_or_harmless(cursor, api):
    make.LabelFactory()
    answer = api.get(reverse("label-list"), {"cursor": cursor})
    assert answer.status_code in (200, 400)
    assert answer.status_code == 200 or "cursor" in answer.json()["fields"]


@pytest.mark.parametrize("route", LISTS)
def test_an_unknown_query_parameter_is_named(route, doctor, auditor, client_of):
    client = client_of(auditor if route == "event-list" else doctor)
    answer = client.get(reverse(route), {"colour": "red"})
    assert answer.status_code == 400 and "colour" in answer.json()["fields"]


def test_archived_rows_are_left_out_of_lists(api):
    make.LabelFactory(archived_at="2026-01-01T00:00Z")
    assert api.get(reverse("label-list")).json()["results"] == []


def test_archived_rows_are_listed_when_asked_for(api, label):
    gone = make.LabelFactory(archived_at="2026-01-01T00:00Z")
    found = api.get(reverse("label-list"), {"archived": "true"}).json()["results"]
    assert [row["id"] for row in found] == [str(gone.pk)]


@pytest.fixture
def filtered(annotation, doctor):
    """For each list: filters that find one row of two, and that row."""
    study, image = annotation.image.study, annotation.image
    other = make.AnnotationFactory(
        image=make.ImageFactory(
            study=make.StudyFactory(owner=doctor), series__modality="CT", series__body_part="ABDOMEN"
        ),
        state="absent",
        annotator=doctor,
    )
    parent = make.CodeFactory(code="J18", kind="category", assignable=False)
    code = make.CodeFactory(system=make.CodeSystemFactory(key="icd-9-cm", release="v32"), code="486")
    mapping = make.CodeMappingFactory(source=code, target=parent)
    disease = make.DiseaseFactory(name="Pneumonia")
    disease.codes.set([code])
    annotation.label.diseases.set([disease])
    patient = make.PatientFactory(owner=doctor)
    make.PatientFactory(owner=doctor)
    make.DiseaseFactory()
    study.change(patient=patient, date=date(2026, 3, 1))
    other.image.study.change(date=date(2026, 1, 1))
    image.change(size=100_000)
    other.image.change(release_state="quarantined")
    return [
        ("annotation-list", {"state": "present"}, annotation),
        ("annotation-list", {"image": image.pk}, annotation),
        ("annotation-list", {"study": study.pk}, annotation),
        ("annotation-list", {"label": annotation.label.pk}, annotation),
        ("annotation-list", {"annotator": doctor.pk, "state": "absent"}, other),
        ("image-list", {"study": study.pk}, image),
        ("image-list", {"series": image.series.pk}, image),
        ("image-list", {"modality": "CR"}, image),
        ("image-list", {"body_part": "CHEST"}, image),
        ("image-list", {"label": annotation.label.pk}, image),
        ("image-list", {"annotation_state": "absent"}, other.image),
        ("image-list", {"study_date_from": "2026-02-01"}, image),
        ("image-list", {"study_date_to": "2026-02-01", "study_date_from": "2025-01-01"}, other.image),
        ("image-list", {"size_min": 100_000}, image),
        ("image-list", {"size_max": 99_999}, other.image),
        ("image-list", {"release_state": "quarantined"}, other.image),
        ("study-list", {"patient": patient.pk}, study),
        ("study-list", {"date_from": "2026-02-01"}, study),
        ("study-list", {"date_to": "2026-02-01"}, other.image.study),
        ("series-list", {"study": study.pk}, image.series),
        ("series-list", {"modality": "CR"}, image.series),
        ("series-list", {"body_part": "CHEST"}, image.series),
        ("study-list", {"modality": "CR"}, study),
        ("patient-list", {"pseudonym": patient.pseudonym}, patient),
        ("code-list", {"system": "icd-9-cm"}, code),
        ("code-list", {"release": "v32"}, code),
        ("code-list", {"code": "J18"}, parent),
        ("code-list", {"kind": "category"}, parent),
        ("code-list", {"assignable": "false"}, parent),
        ("code-system-list", {"key": "icd-9-cm"}, code.system),
        ("mapping-list", {"source": code.pk}, mapping),
        ("mapping-list", {"target": parent.pk}, mapping),
        ("disease-list", {"name": "pneu"}, disease),
        ("disease-list", {"code": "486"}, disease),
        ("label-list", {"name": "consol"}, annotation.label),
        ("label-list", {"disease": disease.pk}, annotation.label),
    ]  # fmt: skip


@pytest.mark.parametrize("number", range(36))
def test_a_filter_finds_its_row_alone(number, filtered, api):
    route, query, row = filtered[number]
    found = api.get(reverse(route), query).json()["results"]
    assert [one["id"] for one in found] == [str(row.pk)], query
