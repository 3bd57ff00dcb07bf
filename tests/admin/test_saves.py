"""What is saved in the admin is done by an action, and what an action refuses is an error of the form."""

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from reversion.models import Version

from accounts.models import Team
from disease.models import Code, Disease
from events.models import Event
from imagery import actions as imagery_actions
from imagery.models import Image, Patient
from label.models import Annotation, Label
from tests.kit import factories as make
from tests.kit.pages import fill, page_of, send, sentences

pytestmark = pytest.mark.on_both


def recorded(row) -> list[tuple[str, str]]:
    """Who changed a row, and the verb, newest first."""
    versions = Version.objects.get_for_object(row).order_by("-pk")
    return [(version.revision.user.username, version.revision.comment) for version in versions]


def test_a_change_is_recorded_with_who_and_what(cast, client_of, label):
    assert fill(client_of(cast["researcher"]), label, name="Nodule").status_code == 302
    (version,) = Version.objects.get_for_object(label)
    assert (version.revision.user, version.revision.comment) == (cast["researcher"], "changed")
    label.refresh_from_db()
    assert (label.name, label.version) == ("Nodule", 2)


def test_the_event_of_a_change_names_its_revision(cast, client_of, label):
    fill(client_of(cast["researcher"]), label, name="Nodule")
    event = Event.objects.filter(method="POST").latest("pk")
    assert event.revision == Version.objects.get_for_object(label).get().revision and event.object_id == label.pk


def test_a_form_that_changes_nothing_leaves_no_history(cast, client_of, label):
    assert fill(client_of(cast["researcher"]), label).status_code == 302
    assert not Version.objects.get_for_object(label).exists()


def test_there_is_one_record_and_it_is_not_djangos(cast, client_of, label):
    fill(client_of(cast["researcher"]), label, name="Nodule")
    assert not LogEntry.objects.exists()


def test_nobody_overwrites_what_they_have_not_seen(cast, client_of, label):
    answer = fill(client_of(cast["researcher"]), label, name="Nodule", seen="0")
    assert "changed since you opened it" in sentences(answer)
    label.refresh_from_db()
    assert label.name == "Consolidation"


def test_a_form_without_the_state_it_saw_is_not_taken(cast, client_of, label):
    assert "changed since you opened it" in sentences(send(client_of(cast["researcher"]), label, name="Nodule"))


def test_what_an_action_refuses_is_an_error_of_the_form(cast, client_of, study):
    imagery_actions.archive_study(by=cast["doctor"], study=study)
    answer = fill(client_of(cast["doctor"]), study, description="Again")
    assert answer.status_code == 200 and "restore it first" in sentences(answer)


def test_a_rule_of_the_table_is_an_error_of_the_form(cast, client_of, label):
    make.LabelFactory(name="Nodule")
    assert "already a label of this name" in sentences(fill(client_of(cast["researcher"]), label, name="nodule"))


def test_a_label_is_made(cast, client_of, label):
    disease = make.DiseaseFactory()
    send(client_of(cast["researcher"]), label, "add", name="Mass", definition="", diseases=[disease])
    made = Label.objects.get(name="Mass")
    assert list(made.diseases.all()) == [disease] and Version.objects.get_for_object(made).count() == 1


def test_a_disease_is_made_with_synonyms_one_a_line(cast, client_of, world):
    send(
        client_of(cast["researcher"]),
        world[Disease],
        "add",
        name="Flu",
        synonyms="influenza\ngrippe",
        codes=[world[Code]],
    )
    made = Disease.objects.get(name="Flu")
    assert made.synonyms == ["influenza", "grippe"] and made.codes.get() == world[Code]


def test_a_disease_takes_no_heading(cast, client_of, world):
    heading = make.CodeFactory(assignable=False)
    answer = send(client_of(cast["researcher"]), world[Disease], "add", name="Flu", codes=[heading])
    assert "not one of the available choices" in sentences(answer)


def test_a_label_keeps_a_disease_that_is_archived_since(cast, client_of, label):
    label.diseases.set([make.DiseaseFactory(archived_at="2026-01-01T00:00Z")])
    assert fill(client_of(cast["researcher"]), label, name="Nodule").status_code == 302
    assert label.diseases.count() == 1


def test_an_annotation_is_made_and_revised(cast, client_of, image, label):
    client = client_of(cast["colleague"])
    point = '{"type": "point", "frame": 0, "points": [[1, 2]]}'
    row = Annotation(image=image)
    answer = send(client, row, "add", image=image.pk, label=label.pk, state="present", geometry=point)
    assert answer.status_code == 302, sentences(answer)
    made = Annotation.objects.get(annotator=cast["colleague"])
    assert made.geometry["points"] == [[1, 2]]
    fill(client, made, state="absent", geometry="")
    made.refresh_from_db()
    assert (made.state, made.geometry) == ("absent", None)
    assert recorded(made) == [("colleague", "revised"), ("colleague", "annotated")]


@pytest.mark.parametrize(
    "geometry",
    [
        '{"type": "point", "frame": 0, "points": [[NaN, 2]]}',
        '{"type": "point", "frame": 9, "points": [[1, 2]]}',
        "[" * 5000,
        "[" * 50 + "]" * 50,
    ],
    ids=["NaN", "outside", "broken", "deep"],
)
def test_a_geometry_that_is_none_is_an_error_of_the_form(geometry, cast, client_of, annotation):
    answer = fill(client_of(cast["doctor"]), annotation, geometry=geometry)
    assert answer.status_code == 200 and "geometry" in answer.context["adminform"].form.errors


def test_a_geometry_of_no_image_is_an_error_of_the_form(cast, client_of, annotation, label):
    point = '{"type": "point", "frame": 0, "points": [[1, 2]]}'
    hidden = make.ImageFactory()
    answer = send(
        client_of(cast["doctor"]), annotation, "add", image=hidden.pk, label=label.pk, state="present", geometry=point
    )
    assert "image" in answer.context["adminform"].form.errors


def test_an_image_is_uploaded(cast, client_of, world):
    file = SimpleUploadedFile("a.png", make.png(60_001))
    answer = client_of(cast["doctor"]).post(page_of("add", world[Image]), {"file": file}, format="multipart")
    assert answer.status_code == 302, sentences(answer)
    made = Image.objects.latest("pk")
    assert made.owner == cast["doctor"] and Version.objects.get_for_object(made).count() == 1


def test_a_file_that_is_no_image_is_an_error_of_the_form(cast, client_of, world):
    file = SimpleUploadedFile("a.png", b"nothing")
    answer = client_of(cast["doctor"]).post(page_of("add", world[Image]), {"file": file}, format="multipart")
    assert answer.status_code == 200 and "file" in answer.context["adminform"].form.errors


def test_a_patients_name_is_changed_and_sealed(cast, client_of, world):
    fill(client_of(cast["doctor"]), world[Patient], name="Doe^Jane", birth_date="1970-01-02")
    patient = Patient.objects.get(pk=world[Patient].pk)
    assert (patient.facts["name"], patient.facts["birth_date"], patient.facts["record_number"]) == (
        "Doe^Jane",
        "1970-01-02",
        "77",
    )
    assert recorded(patient)[0] == ("doctor", "changed")


def test_a_patient_is_made_by_who_keeps_them(cast, client_of, world):
    send(client_of(cast["stranger"]), world[Patient], "add", sex="M", name="Roe^Rick", record_number="78")
    made = Patient.objects.get(owner=cast["stranger"])
    assert made.facts == {"name": "Roe^Rick", "record_number": "78"}
    assert recorded(made) == [("stranger", "created")]


def test_a_study_is_shared_and_unshared(cast, client_of, study, team):
    other = make.TeamFactory(name="Bones", lead=cast["doctor"])
    fill(client_of(cast["doctor"]), study, shared_with=[other.pk])
    assert list(study.shared_with.all()) == [other]
    verbs = {version.revision.comment for version in Version.objects.get_for_object(study)}
    assert verbs == {"shared", "unshared"}


def test_a_study_is_not_shared_with_a_team_one_is_not_in(cast, client_of, study):
    assert "shared_with" in fill(client_of(cast["doctor"]), study, shared_with=[make.TeamFactory().pk]).context[
        "adminform"].form.errors  # fmt: skip


def test_people_are_let_into_a_team_and_step_out(cast, client_of, team):
    fill(client_of(cast["doctor"]), team, members=[cast["doctor"].pk, cast["stranger"].pk])
    assert set(team.members.all()) == {cast["doctor"], cast["stranger"]}
    assert recorded(team) == [("doctor", "stepped out"), ("doctor", "let in")]


def test_a_team_is_made_by_who_leads_it(cast, client_of, team):
    send(client_of(cast["stranger"]), team, "add", name="Bones")
    made = Team.objects.get(lead=cast["stranger"])
    assert recorded(made) == [("stranger", "created")]


def test_a_teams_name_is_changed_and_recorded(cast, client_of, team):
    fill(client_of(cast["doctor"]), team, name="Thorax")
    assert recorded(team) == [("doctor", "changed")]


def test_of_several_actions_all_happen_or_none(cast, client_of, team):
    answer = fill(client_of(cast["doctor"]), team, members=[cast["stranger"].pk])
    assert "lead stays in the team" in sentences(answer)
    assert set(team.members.all()) == {cast["doctor"], cast["colleague"]}
