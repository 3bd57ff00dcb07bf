"""One reader does not contradict themselves: which annotations of one image and label stand side by side."""

from itertools import product

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from label.models import Annotation, State
from label.places import place_of
from tests.kit import factories as make
from tests.kit.cases import failures
from tests.kit.database import rolled_back

pytestmark = pytest.mark.on_both

POINT = {"type": "point", "frame": 0, "points": [[1, 1]]}
# The state of the whole image, and the states of places that contradict it: the table of docs/doctor.md.
CONTRADICTIONS = {
    "present": set(),
    "absent": {"present", "uncertain", "not_assessable"},
    "uncertain": {"present"},
    "not_assessable": {"present"},
}
PAIRS = list(product(State.values, State.values))


@pytest.fixture
def annotate(api, image, label):
    def post(state, geometry=None, **other):
        body = {"image": image.pk, "label": label.pk, "state": state, "geometry": geometry} | other
        return api.post(reverse("annotation-list"), body)

    return post


def test_a_place_and_the_whole_image_agree_whichever_comes_first(annotate):
    def check(case):
        (whole, placed), first = case
        statements = [(whole, None), (placed, POINT)][::first]
        with rolled_back():
            existing = annotate(*statements[0]).json()
            answer = annotate(*statements[1])
            if placed not in CONTRADICTIONS[whole]:
                assert answer.status_code == 201, answer.content
                return
            assert (answer.status_code, answer.json()["code"]) == (409, "contradiction")
            assert existing["id"] in answer.json()["detail"] and existing["state"] in answer.json()["detail"]

    assert failures(product(PAIRS, (1, -1)), check) == {}


def test_a_revision_may_not_contradict_either(api, annotate):
    def check(pair):
        whole, placed = pair
        with rolled_back():
            annotate(whole)
            id = annotate("present" if whole == "present" else "absent", POINT).json()["id"]
            answer = api.patch(reverse("annotation-detail", kwargs={"pk": id}), {"state": placed})
            assert answer.status_code == (409 if placed in CONTRADICTIONS[whole] else 200), answer.content

    assert failures(PAIRS, check) == {}


def test_a_place_is_not_moved_onto_another_or_onto_the_whole_image(api, annotate):
    annotate("present")
    annotate("present", POINT)
    id = annotate("present", POINT | {"points": [[2, 2]]}).json()["id"]
    for geometry in (POINT, None):
        answer = api.patch(reverse("annotation-detail", kwargs={"pk": id}), {"geometry": geometry})
        assert (answer.status_code, answer.json()["code"]) == (409, "already_annotated")


def test_a_contradiction_is_not_restored(api, annotate):
    id = annotate("present", POINT).json()["id"]
    api.delete(reverse("annotation-detail", kwargs={"pk": id}))
    assert annotate("absent").status_code == 201
    answer = api.post(reverse("annotation-restore", kwargs={"pk": id}))
    assert (answer.status_code, answer.json()["code"]) == (409, "contradiction")
    assert Annotation.objects.get(pk=id).archived


def test_other_labels_images_and_readers_do_not_contradict(annotate, api, study, colleague, client_of):
    annotate("absent")
    assert annotate("present", POINT, label=make.LabelFactory().pk).status_code == 201
    assert annotate("present", POINT, image=make.ImageFactory(study=study).pk).status_code == 201
    of_all = Annotation.objects.latest("created_at")
    body = {"image": of_all.image_id, "label": of_all.label_id, "state": "absent"}
    assert client_of(colleague).post(reverse("annotation-list"), body).status_code == 201


def test_a_refused_statement_changes_nothing(api, annotate):
    id = annotate("absent").json()["id"]
    where = reverse("annotation-detail", kwargs={"pk": id})
    before = api.get(where)
    annotate("present", POINT)
    annotate("present")
    assert Annotation.objects.count() == 1
    assert (api.get(where).json(), api.get(where)["ETag"]) == (before.json(), before["ETag"])


def shape(kind, *points, frame=0):
    return {"type": kind, "frame": frame, "points": [list(point) for point in points]}


A, B, C, D = (1, 1), (5, 1), (5, 5), (1, 5)
SAME = [
    (shape("point", A), shape("point", (1.0, 1.0))),
    (shape("point", (0, 0)), shape("point", (-0.0, 0))),
    (shape("point", A), shape("point", A) | {"frame": 0.0}),
    (shape("line", A, B), shape("line", B, A)),
    (shape("line", A, B), shape("polyline", A, B)),
    (shape("polyline", A, B, C), shape("polyline", C, B, A)),
    (shape("polyline", A, B, C), shape("polyline", A, B, B, C)),
    (shape("polygon", A, B, C), shape("polygon", A, B, C, A)),
    (shape("polygon", A, B, C, D), shape("polygon", C, D, A, B)),
    (shape("polygon", A, B, C, D), shape("polygon", B, A, D, C)),
    (shape("rectangle", A, C), shape("rectangle", (1.0, 1.0), (5.0, 5.0))),
    (shape("polygon", A, A, A), shape("polygon", A, A, A, A)),
]
OTHER = [
    (shape("point", A), shape("point", B)),
    (shape("point", A), shape("point", A, frame=1)),
    (shape("point", A), shape("point", (1, 1.0000001))),
    (shape("rectangle", A, C), shape("ellipse", A, C)),
    (shape("polyline", A, B, C), shape("polygon", A, B, C)),
    (shape("polyline", A, B, C, A), shape("polygon", A, B, C)),
    (shape("polygon", A, B, C, D), shape("polygon", A, C, B, D)),
    (shape("line", A, A), shape("line", B, B)),
    (shape("line", A, B), None),
]


def test_a_shape_is_the_same_however_it_was_drawn():
    assert [pair for pair in SAME if place_of(pair[0]) != place_of(pair[1])] == []
    assert [pair for pair in OTHER if place_of(pair[0]) == place_of(pair[1])] == []


def test_the_same_shape_is_annotated_once_whatever_the_state(annotate):
    existing = annotate("present", shape("polygon", A, B, C)).json()["id"]
    for state in State.values:
        answer = annotate(state, shape("polygon", C, B, A, C))
        assert (answer.status_code, answer.json()["code"]) == (409, "already_annotated")
        assert existing in answer.json()["detail"] and "(present)" in answer.json()["detail"]


def test_the_database_itself_refuses_a_second_annotation_of_a_place(annotation):
    second = Annotation.objects.get(pk=annotation.pk)
    second.pk = None
    second.id = make.AnnotationFactory.build(image=annotation.image, label=annotation.label).id
    with pytest.raises(IntegrityError), transaction.atomic():
        second.save(force_insert=True)


def test_state_has_no_default(api, image, label):
    assert not Annotation._meta.get_field("state").has_default()
    answer = api.post(reverse("annotation-list"), {"image": image.pk, "label": label.pk})
    assert answer.json()["fields"].keys() == {"state"}
