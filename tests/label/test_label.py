"""Labels, annotations, and where in an image a finding is."""

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from imagery.actions import archive_study
from label import actions
from label.geometry import check_geometry
from label.models import Annotation
from tests.kit import factories as make
from tests.kit.api import where

pytestmark = pytest.mark.on_both


def say(client, image, label, **more):
    return client.post(reverse("annotation-list"), {"image": image.pk, "label": label.pk, "state": "present"} | more)


def test_a_doctor_annotates_their_image(api, image, label):
    said = say(api, image, label, confidence=0.8, comment="left base").json()
    assert (said["state"], said["confidence"], said["comment"], said["label_name"]) == (
        "present",
        0.8,
        "left base",
        "Consolidation",
    )


def test_a_colleague_annotates_a_shared_image(colleague, image, label, client_of):
    assert say(client_of(colleague), image, label).status_code == 201


def test_an_image_of_somebody_else_answers_like_an_unknown_one(stranger, image, label, client_of):
    client = client_of(stranger)
    assert say(client, image, label).content == say(client, label, label).content


def test_a_label_in_the_place_of_an_image_is_no_image(api, label):
    assert "image" in say(api, label, label).json()["fields"]


def test_an_annotation_takes_each_state(api, image):
    for state in ("present", "absent", "uncertain", "not_assessable"):
        assert say(api, image, make.LabelFactory(), state=state).json()["state"] == state


def test_an_annotation_refuses_other_states(api, image, label):
    values = ("", "maybe", None, 1, [], {})
    assert [value for value in values if "state" not in say(api, image, label, state=value).json()["fields"]] == []


def test_confidence_is_a_fraction(api, image, label):
    for value in (-0.01, 1.01, "NaN", "inf", "high", [], 1e300):
        assert "confidence" in say(api, image, label, confidence=value).json()["fields"], value


def test_confidence_may_be_0_or_1_or_empty(api, image):
    for value in (0, 1, None):
        assert say(api, image, make.LabelFactory(), confidence=value).json()["confidence"] == value


def test_a_reader_says_one_thing_of_a_whole_image_and_label(api, image, label):
    assert say(api, image, label).status_code == 201
    again = say(api, image, label, state="absent")
    assert (again.status_code, again.json()["code"]) == (409, "already_annotated")
    assert again.json()["detail"] == (
        "You already annotated the whole image with this label (present). "
        f"Change annotation {Annotation.objects.get().pk}."
    )


def test_a_reader_may_point_at_several_places(api, image, label):
    spots = [{"type": "point", "frame": 0, "points": [[x, 1]]} for x in (1, 2)]
    assert [say(api, image, label, geometry=spot).status_code for spot in spots] == [201, 201]


def test_two_readers_may_differ(api, colleague, image, label, client_of):
    say(api, image, label)
    assert say(client_of(colleague), image, label, state="absent").status_code == 201


def test_what_was_archived_may_be_said_anew(api, image, label):
    first = say(api, image, label).json()["id"]
    api.delete(reverse("annotation-detail", kwargs={"pk": first}))
    assert say(api, image, label).status_code == 201


def test_what_was_said_anew_keeps_the_old_one_archived(api, image, label):
    where = reverse("annotation-detail", kwargs={"pk": say(api, image, label).json()["id"]})
    api.delete(where)
    say(api, image, label)
    assert api.post(f"{where}restore/").status_code == 409


def test_revising_changes_what_was_said(api, annotation):
    revised = api.patch(reverse("annotation-detail", kwargs={"pk": annotation.pk}), {"state": "uncertain"}).json()
    assert revised["state"] == "uncertain"


def test_revising_never_moves_an_annotation_to_another_image(api, annotation):
    where = reverse("annotation-detail", kwargs={"pk": annotation.pk})
    assert api.patch(where, {"image": str(make.ImageFactory().pk)}).status_code == 400
    assert Annotation.objects.get().image == annotation.image


def test_an_archived_annotation_is_not_revised(api, annotation):
    where = reverse("annotation-detail", kwargs={"pk": annotation.pk})
    api.delete(where)
    assert api.patch(where, {"state": "absent"}).status_code == 409


def test_a_researcher_reads_annotations_without_the_comment(annotation, researcher, client_of):
    Annotation.objects.update(comment="Jane Doe")
    shown = client_of(researcher).get(reverse("annotation-detail", kwargs={"pk": annotation.pk})).json()
    assert shown["state"] == "present" and "comment" not in shown


def test_annotations_of_an_archived_study_leave_research(annotation, doctor, researcher, client_of):
    archive_study(by=doctor, study=annotation.image.study)
    assert client_of(researcher).get(reverse("annotation-detail", kwargs={"pk": annotation.pk})).status_code == 404


def test_an_archived_label_takes_no_annotation(api, image):
    label = make.LabelFactory(archived_at="2026-01-01T00:00Z")
    assert say(api, image, label).json()["fields"] == {"label": ["This is archived: restore it first."]}


def test_an_image_of_an_archived_study_takes_no_annotation(api, image, label, doctor):
    archive_study(by=doctor, study=image.study)
    assert "archived" in say(api, image, label).json()["detail"]


def test_a_label_in_use_is_not_archived(annotation, researcher, client_of):
    answer = client_of(researcher).delete(reverse("label-detail", kwargs={"pk": annotation.label.pk}))
    assert answer.status_code == 409 and "in use" in answer.json()["detail"]


def test_archiving_a_label_keeps_its_archived_annotations(annotation, api, researcher, client_of):
    api.delete(reverse("annotation-detail", kwargs={"pk": annotation.pk}))
    client_of(researcher).delete(reverse("label-detail", kwargs={"pk": annotation.label.pk}))
    assert api.get(reverse("annotation-detail", kwargs={"pk": annotation.pk})).json()["label"] == str(
        annotation.label.pk
    )


def test_an_annotation_of_an_archived_label_waits_for_the_label(annotation, api, researcher, client_of):
    where = reverse("annotation-detail", kwargs={"pk": annotation.pk})
    api.delete(where)
    client_of(researcher).delete(reverse("label-detail", kwargs={"pk": annotation.label.pk}))
    assert api.post(f"{where}restore/").status_code == 409


def test_renaming_a_label_keeps_its_annotations(annotation, api, researcher, client_of):
    client_of(researcher).patch(reverse("label-detail", kwargs={"pk": annotation.label.pk}), {"name": "Opacity"})
    assert api.get(reverse("annotation-detail", kwargs={"pk": annotation.pk})).json()["label_name"] == "Opacity"


def test_a_label_means_diseases(researcher, client_of):
    disease = make.DiseaseFactory()
    made = client_of(researcher).post(reverse("label-list"), {"name": "Nodule", "diseases": [disease.pk]}).json()
    assert made["diseases"] == [str(disease.pk)]


def test_an_archived_disease_gives_no_meaning(researcher, client_of):
    gone = make.DiseaseFactory(archived_at="2026-01-01T00:00Z")
    answer = client_of(researcher).post(reverse("label-list"), {"name": "Nodule", "diseases": [gone.pk]})
    assert "diseases" in answer.json()["fields"]


SIZE = {"rows": 30, "columns": 40, "frames": 2}


SHAPES = [
    ("point", [[0, 0]]),
    ("point", [[40, 30]]),
    ("line", [[0, 0], [40, 30]]),
    ("polyline", [[1, 1], [2, 2], [3, 1]]),
    ("polygon", [[1, 1], [2, 2], [3, 1]]),
    ("rectangle", [[1.5, 1.5], [10, 10]]),
    ("ellipse", [[1, 1], [10, 10]]),
]


def test_shapes_in_the_image_are_accepted():
    for kind, points in SHAPES:
        check_geometry({"type": kind, "frame": 1, "points": points}, **SIZE)


WRONG_SHAPES = [
    ({"type": "point", "frame": 0, "points": [[40.1, 0]]}, "ends at 40, 30"),
    ({"type": "point", "frame": 0, "points": [[0, 30.1]]}, "ends at 40, 30"),
    ({"type": "point", "frame": 0, "points": [[-1, 0]]}, "points.0.0"),
    ({"type": "point", "frame": 2, "points": [[0, 0]]}, "2 frames"),
    ({"type": "point", "frame": -1, "points": [[0, 0]]}, "frame"),
    ({"type": "point", "frame": 0.5, "points": [[0, 0]]}, "frame"),
    ({"type": "point", "frame": 0, "points": []}, "points"),
    ({"type": "point", "frame": 0, "points": [[0, 0], [1, 1]]}, "points"),
    ({"type": "point", "frame": 0, "points": [[0]]}, "points"),
    ({"type": "point", "frame": 0, "points": [["a", 0]]}, "points"),
    ({"type": "polygon", "frame": 0, "points": [[0, 0], [1, 1]]}, "points"),
    ({"type": "line", "frame": 0, "points": [[0, 0]]}, "points"),
    ({"type": "rectangle", "frame": 0, "points": [[5, 5], [1, 1]]}, "corner"),
    ({"type": "ellipse", "frame": 0, "points": [[1, 1], [1, 5]]}, "corner"),
    ({"type": "star", "frame": 0, "points": [[0, 0]]}, "star"),
    ({"type": "point", "points": [[0, 0]]}, "frame"),
    ({"type": "point", "frame": 0, "points": [[0, 0]], "name": "Jane"}, "name"),
    ([], "object"),
    ("point", "object"),
]


def test_other_shapes_are_refused_with_what_is_wrong():
    for shape, sentence in WRONG_SHAPES:
        with pytest.raises(ValueError, match=sentence):
            check_geometry(shape, **SIZE)


def test_a_geometry_outside_the_image_is_refused_by_name(api, image, label):
    outside = {"type": "point", "frame": 0, "points": [[image.columns + 1, 0]]}
    answer = say(api, image, label, geometry=outside)
    assert answer.status_code == 400 and "geometry" in answer.json()["fields"]
    assert not Annotation.objects.exists()


@pytest.mark.parametrize("row", [make.LabelFactory, make.AnnotationFactory])
def test_a_row_names_itself(row):
    assert str(row())


def test_a_label_keeps_its_disease_from_being_archived(label, researcher, client_of):
    disease = make.DiseaseFactory()
    label.diseases.set([disease])
    assert client_of(researcher).delete(reverse("disease-detail", kwargs={"pk": disease.pk})).status_code == 409


def test_what_one_knows_only_as_research_does_is_not_changed(image, label, client_of):
    both = make.UserFactory(roles=["doctor", "researcher"])
    said = make.AnnotationFactory(image=image, label=label, annotator=both)
    where = reverse("annotation-detail", kwargs={"pk": said.pk})
    assert client_of(both).patch(where, {"state": "absent"}).status_code == 404


def test_an_annotation_of_an_archived_image_is_not_revised(api, annotation, doctor):
    archive_study(by=doctor, study=annotation.image.study)
    assert api.patch(reverse("annotation-detail", kwargs={"pk": annotation.pk}), {"state": "absent"}).status_code == 409


def test_nobody_changes_what_another_reader_said(annotation, colleague, client_of):
    """Superusers included, and by actions of commands, too (DESIGN 4)."""
    root = make.UserFactory(is_superuser=True)
    for client in (client_of(root), client_of(colleague)):
        answers = [
            client.patch(where("annotation-detail", annotation), {"state": "absent"}, format="json"),
            client.delete(where("annotation-detail", annotation)),
            client.post(where("annotation-restore", annotation)),
        ]
        assert [answer.status_code for answer in answers] == [403] * 3
    for act in (actions.revise, actions.archive_annotation, actions.restore_annotation):
        with pytest.raises(PermissionDenied):
            act(by=root, annotation=annotation)
    assert Annotation.objects.get(pk=annotation.pk).version == annotation.version


def test_a_superuser_changes_a_statement_of_their_own(image, label, client_of):
    root = make.UserFactory(is_superuser=True)
    own = actions.annotate(by=root, image=image, label=label, state="present")
    assert client_of(root).patch(where("annotation-detail", own), {"state": "absent"}, format="json").status_code == 200
