"""Lists: what they cost, how they are paged and filtered."""

from datetime import UTC, date, datetime
from itertools import chain
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role
from disease.models import Code
from harrison.urls import router
from imagery.models import Image, Series, Study
from label import actions
from label.models import Annotation, Label
from tests.kit import factories as make
from tests.kit.api import routes_of_the_api

pytestmark = pytest.mark.on_both


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
    """Those who read of a row all, all because it is shared, what research may, and either of several."""
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
        name: said for name, said in listed.items() if name not in counts
    }


@pytest.mark.parametrize(
    ("microsecond", "told"), [(0, ""), (120_000, ".120000"), (7, ".000007")], ids=["none", "round", "few"]
)
def test_a_time_is_told_alike_in_a_list_and_a_detail(microsecond, told, image, api):
    """The list has it as the database wrote it."""
    at = datetime(2026, 2, 3, 4, 5, 6, microsecond, tzinfo=UTC)
    Image.objects.filter(pk=image.pk).update(created_at=at)
    (listed,) = api.get(reverse("image-list")).json()["results"]
    detail = api.get(reverse("image-detail", kwargs={"pk": image.pk})).json()
    assert listed["created_at"] == detail["created_at"] == f"2026-02-03T04:05:06{told}Z"


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


@pytest.mark.parametrize("size", ["0", "201", "-1", "ten", "", "1e2", "9" * 30])
def test_a_page_size_out_of_bounds_is_refused(size, api):
    answer = api.get(reverse("label-list"), {"page_size": size})
    assert answer.status_code == 400 and "page_size" in answer.json()["fields"]


@pytest.mark.parametrize("cursor", ["zzz", "cD1ub3RhdXVpZA==", "%00", "cj0xJnA9", "💥"])
def test_a_cursor_that_no_page_gave_is_refused(cursor, api):
    make.LabelFactory()
    answer = api.get(reverse("label-list"), {"cursor": cursor})
    assert answer.status_code == 400 and "cursor" in answer.json()["fields"]


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
def world(annotation, doctor):
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


#   of which list      what is asked; {…} is the id of that row            what is found
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


@pytest.mark.parametrize(("route", "asked", "row"), FILTERS, ids=lambda part: str(part))
def test_a_filter_finds_its_row_alone(route, asked, row, world, api):
    ids = {name: one.pk for name, one in world.items()} | {"pseudonym": world["patient"].pseudonym}
    query = {name: str(value).format(**ids) for name, value in asked.items()}
    found = api.get(reverse(route), query).json()["results"]
    assert [one["id"] for one in found] == [str(world[row].pk)]


EVIDENCE = ("patient-list", "study-list", "series-list", "image-list", "annotation-list")


@pytest.mark.parametrize("route", EVIDENCE)
def test_doctors_see_the_newest_evidence_first_and_research_sees_it_by_id(route, more, api, researcher, client_of):
    more["image-list"]()  # research knows of series by their images
    for _ in range(4):
        more[route]()
    model = {f"{view.queryset.model._meta.model_name}-list": view.queryset.model for _, view, _ in router.registry}[
        route
    ]
    newest_first = [str(pk) for pk in model.objects.order_by("-created_at").values_list("pk", flat=True)]
    assert [row["id"] for row in api.get(reverse(route)).json()["results"]] == newest_first
    listed = [row["id"] for row in client_of(researcher).get(reverse(route)).json()["results"]]
    assert len(listed) >= 4 - (route == "series-list") * 3 and listed == sorted(listed)


@pytest.mark.parametrize("route", EVIDENCE)
def test_research_learns_no_time_of_evidence(route, more, researcher, doctor, client_of):
    """An upload's time would undo the shift of dates in its research copy."""
    more["image-list"]()
    more[route]()
    client = client_of(researcher)
    (row, *_) = client.get(reverse(route)).json()["results"]
    detail = client.get(reverse(route.replace("-list", "-detail"), kwargs={"pk": row["id"]})).json()
    assert UUID(row["id"]).version == 4
    assert not {"created_at", "updated_at", "archived_at", "date"} & {*row, *detail}
    history = client.get(reverse(route.replace("-list", "-history"), kwargs={"pk": row["id"]}))
    assert history.status_code == (200 if route == "annotation-list" else 404)


def test_research_reads_the_history_of_an_annotation_without_times(annotation, doctor, researcher, client_of):
    for confidence in (0.1, 0.2):
        actions.revise(by=doctor, annotation=annotation, confidence=confidence)
    where = reverse("annotation-history", kwargs={"pk": annotation.pk})
    history = client_of(researcher).get(where, {"page_size": 1}).json()
    assert [entry["at"] for entry in history["results"]] == [None, None]
    assert not history["next"]  # a cursor would number the change
    assert client_of(doctor).get(where).json()["results"][0]["at"]


@pytest.fixture
def pages_of_three(monkeypatch):
    monkeypatch.setattr("core.paging.CursorPages.page_size", 3)


def walked(client, where, way):
    """The pages from here on, and where the last of them is."""
    pages = []
    while where:
        last, answer = where, client.get(where).json()
        pages.append([row["id"] for row in answer["results"]])
        where = answer[way]
    return pages, last


@pytest.mark.usefixtures("pages_of_three")
def test_own_and_shared_rows_come_in_one_order_forth_and_back(study, colleague, client_of):
    """More of each than a page holds, so that both are cut; of each kind one is archived and must not count."""
    own = make.StudyFactory(owner=colleague)
    made = [make.ImageFactory(study=each) for each in [own, own, study, own, study, study, study, own] * 2]
    Image.objects.filter(pk__in=[made[7].pk, made[-2].pk]).update(archived_at=datetime.now(UTC))
    wanted = [str(each.pk) for each in reversed(made) if each not in (made[7], made[-2])]

    forth, last = walked(client_of(colleague), reverse("image-list"), "next")
    back, _ = walked(client_of(colleague), last, "previous")
    assert [*chain(*forth)] == wanted
    assert [*chain(*reversed(back))] == wanted


@pytest.mark.usefixtures("pages_of_three")
@pytest.mark.parametrize("archived", [Image, Study])
def test_annotations_of_what_is_shared_and_archived_take_no_place_on_a_page(archived, study, colleague, client_of):
    other = make.StudyFactory(owner=study.owner)
    other.shared_with.set(study.shared_with.all())
    there, gone = make.ImageFactory(study=study), make.ImageFactory(study=other)
    wanted = [str(make.AnnotationFactory(image=there).pk) for _ in range(4)]
    for _ in range(4):
        make.AnnotationFactory(image=gone)
    archived.objects.filter(pk__in=[gone.pk, other.pk]).update(archived_at=datetime.now(UTC))

    pages, _ = walked(client_of(colleague), reverse("annotation-list"), "next")
    assert pages == [wanted[:0:-1], wanted[:1]]
