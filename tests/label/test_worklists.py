"""Lists for people who look for work: images by what was said of them, studies with their counts."""

from datetime import date

import pytest
from django.urls import reverse

from accounts.models import Role
from tests.kit import factories as make

pytestmark = pytest.mark.on_both


def ids(answer):
    return {row["id"] for row in answer.json()["results"]}


@pytest.fixture
def second(study):
    return make.ImageFactory(study=study)


@pytest.fixture
def both():
    return make.UserFactory(roles=[Role.DOCTOR, Role.RESEARCHER])


def test_what_is_asked_together_is_said_by_one_annotation(api, annotation):
    """The image is annotated with another label as absent: that label is not what was found absent."""
    make.AnnotationFactory(image=annotation.image, state="absent")
    asked = {"label": annotation.label.pk, "annotation_state": "absent"}
    assert ids(api.get(reverse("image-list"), asked)) == set()


def test_an_archived_annotation_finds_no_image(api, annotation):
    annotation.change(archived_at="2026-01-01T00:00Z")
    assert ids(api.get(reverse("image-list"), {"label": annotation.label.pk})) == set()


def test_a_doctor_finds_what_they_have_annotated(api, annotation, second):
    assert ids(api.get(reverse("image-list"), {"annotated_by_me": "true"})) == {str(annotation.image.pk)}


def test_a_doctor_finds_what_they_have_still_to_annotate(api, annotation, second):
    make.AnnotationFactory(image=second, annotator=make.DoctorFactory())
    assert ids(api.get(reverse("image-list"), {"annotated_by_me": "false"})) == {str(second.pk)}


def test_a_doctor_finds_what_they_have_still_to_ask_of_a_label(api, annotation, second):
    asked = {"annotated_by_me": "false", "label": make.LabelFactory().pk}
    assert ids(api.get(reverse("image-list"), asked)) == {str(annotation.image.pk), str(second.pk)}


@pytest.mark.parametrize("asked", ["study_date_from", "study_date_to", "size_min", "size_max"])
def test_research_cannot_ask_about_what_it_may_not_know(asked, image, researcher, client_of):
    answer = client_of(researcher).get(reverse("image-list"), {asked: "2026-01-01" if "date" in asked else 1})
    assert answer.status_code == 400 and asked in answer.json()["fields"]


@pytest.mark.parametrize(("route", "asked"), [("image-list", "study_date_from"), ("study-list", "date_from")])
def test_a_doctor_who_is_a_researcher_too_asks_of_their_own_alone(route, asked, image, both, client_of):
    """Whoever knows a study as research does must not find out its date by asking."""
    image.study.change(date=date(2026, 3, 1))
    assert len(ids(client_of(both).get(reverse(route)))) == 1
    assert ids(client_of(both).get(reverse(route), {asked: "1900-01-01"})) == set()


def counts(client):
    (row,) = client.get(reverse("study-list")).json()["results"]
    return row["series_count"], row["images_count"], row["annotations_count"]


def test_a_study_shows_how_much_there_is_of_it(api, annotation, second):
    assert counts(api) == (annotation.image.study.series.count(), 2, 1)


def test_a_study_without_anything_counts_nothing(api, study):
    assert counts(api) == (0, 0, 0)


def test_what_is_archived_does_not_count(api, annotation, second):
    annotation.image.change(archived_at="2026-01-01T00:00Z")
    assert counts(api)[1] == 1


def test_research_counts_what_it_knows_of(annotation, second, researcher, client_of):
    second.change(release_state="quarantined")
    make.AnnotationFactory(image=second)
    assert counts(client_of(researcher))[1:] == (1, 1)
