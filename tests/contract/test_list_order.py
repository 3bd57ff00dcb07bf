"""Lists: in which order doctors and researchers read evidence, and what research learns of its time."""

from datetime import UTC, datetime
from itertools import chain
from uuid import UUID

import pytest
from django.urls import reverse

from harrison.urls import router
from imagery.models import Image, Study
from label import actions
from tests.kit import factories as make

pytestmark = pytest.mark.on_both

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
