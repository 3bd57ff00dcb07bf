"""The admin: who may do what there, and that everything done there is done by an action."""

import re

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from reversion.models import Version

from accounts.models import Role, Team, User
from core.models import new_id
from disease.models import Code, CodeMapping, CodeSystem, Disease
from events.models import Event
from imagery import actions as imagery_actions
from imagery.models import Deidentification, Image, Patient, Release, Series, Study
from label import actions as label_actions
from label.models import Annotation, Label
from tests import factories as make

PEOPLE = ("nobody", "unstaffed", "doctor", "colleague", "stranger", "researcher", "auditor", "root")
MODELS = (
    User, Team, CodeSystem, Code, CodeMapping, Disease, Patient, Study, Series, Image, Deidentification, Label,
    Annotation, Event,
)  # fmt: skip

# What each person gets: "-" logged in elsewhere or not at all, "x" refused, "0" it does not exist for them,
# "r" it is shown, "w" it is shown with a form.
# fmt: off
#                            nobody unst. doctor coll. stran. resea. audit. root
RIGHTS = {
    ("list", User):             "-      -     x      x     x      x      x      r",
    ("one",  User):             "-      -     x      x     x      x      x      w",
    ("add",  User):             "-      -     x      x     x      x      x      w",
    ("list", Team):             "-      -     r      r     r      x      x      r",
    ("one",  Team):             "-      -     w      r     0      x      x      w",
    ("add",  Team):             "-      -     w      w     w      x      x      w",
    ("list", CodeSystem):       "-      -     r      r     r      r      r      r",
    ("one",  CodeSystem):       "-      -     r      r     r      r      r      r",
    ("add",  CodeSystem):       "-      -     x      x     x      x      x      x",
    ("list", Code):             "-      -     r      r     r      r      r      r",
    ("one",  Code):             "-      -     r      r     r      r      r      r",
    ("add",  Code):             "-      -     x      x     x      x      x      x",
    ("list", CodeMapping):      "-      -     r      r     r      r      r      r",
    ("one",  CodeMapping):      "-      -     r      r     r      r      r      r",
    ("add",  CodeMapping):      "-      -     x      x     x      x      x      x",
    ("list", Disease):          "-      -     r      r     r      r      x      r",
    ("one",  Disease):          "-      -     r      r     r      w      x      w",
    ("add",  Disease):          "-      -     x      x     x      w      x      w",
    ("list", Patient):          "-      -     r      r     r      r      x      r",
    ("one",  Patient):          "-      -     w      0     0      r      x      w",
    ("add",  Patient):          "-      -     w      w     w      x      x      w",
    ("list", Study):            "-      -     r      r     r      r      x      r",
    ("one",  Study):            "-      -     w      r     0      r      x      w",
    ("add",  Study):            "-      -     w      w     w      x      x      w",
    ("list", Series):           "-      -     r      r     r      r      x      r",
    ("one",  Series):           "-      -     r      r     0      r      x      r",
    ("add",  Series):           "-      -     x      x     x      x      x      x",
    ("list", Image):            "-      -     r      r     r      r      x      r",
    ("one",  Image):            "-      -     r      r     0      r      x      r",
    ("add",  Image):            "-      -     w      w     w      x      x      w",
    ("list", Deidentification): "-      -     r      r     r      r      x      r",
    ("one",  Deidentification): "-      -     r      r     0      r      x      r",
    ("add",  Deidentification): "-      -     x      x     x      x      x      x",
    ("list", Label):            "-      -     r      r     r      r      x      r",
    ("one",  Label):            "-      -     r      r     r      w      x      w",
    ("add",  Label):            "-      -     x      x     x      w      x      w",
    ("list", Annotation):       "-      -     r      r     r      r      x      r",
    ("one",  Annotation):       "-      -     w      r     0      r      x      w",
    ("add",  Annotation):       "-      -     w      w     w      x      x      w",
    ("list", Event):            "-      -     x      x     x      x      r      r",
    ("one",  Event):            "-      -     x      x     x      x      r      r",
    ("add",  Event):            "-      -     x      x     x      x      x      x",
}
# fmt: on


@pytest.fixture
def cast(doctor, colleague, stranger, researcher, auditor):
    """Everybody is staff but one."""
    people = {
        "doctor": doctor, "colleague": colleague, "stranger": stranger, "researcher": researcher, "auditor": auditor,
        "root": make.UserFactory(username="root", is_superuser=True),
    }  # fmt: skip
    for person in people.values():
        person.is_staff = True
        person.save()
    return {**people, "nobody": None, "unstaffed": make.DoctorFactory(username="unstaffed")}


@pytest.fixture
def world(annotation, doctor, team, label, study):
    """One row of every table; the doctor's, where it can be somebody's."""
    patient = imagery_actions.create_patient(
        by=doctor, sex="F", identity={"name": "Zzyzx^Quill", "record_number": "77"}
    )
    imagery_actions.change_study(by=doctor, study=Study.objects.get(pk=study.pk), patient=patient)
    return {
        User: make.UserFactory(username="somebody"),
        Team: team,
        CodeSystem: make.CodeSystemFactory(),
        Code: make.CodeFactory(),
        CodeMapping: make.CodeMappingFactory(),
        Disease: make.DiseaseFactory(),
        Patient: patient,
        Study: study,
        Series: annotation.image.series,
        Image: annotation.image,
        Deidentification: make.DeidentificationFactory(image=annotation.image),
        Label: label,
        Annotation: annotation,
        Event: make.EventFactory(),
    }


def page_of(page: str, row) -> str:
    opts = row._meta
    name = {"list": "changelist", "one": "change", "add": "add", "past": "history", "delete": "delete"}[page]
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_{name}", args=[row.pk] if name in NAMED else [])


NAMED = ("change", "history", "delete")


def outcome(answer) -> str:
    if answer.status_code == 302:
        return "-" if "/login/" in answer.headers["Location"] else "0"
    if answer.status_code == 403:
        return "x"
    assert answer.status_code == 200, answer.content
    return "w" if b'name="_save"' in answer.content else "r"


@pytest.mark.parametrize(("page", "model"), RIGHTS, ids=lambda each: getattr(each, "__name__", each))
def test_the_matrix(page, model, world, cast, client_of):
    where = page_of(page, world[model])
    assert {who: outcome(client_of(cast[who]).get(where)) for who in PEOPLE} == wanted(page, model)


@pytest.mark.parametrize(
    ("page", "model"), [case for case in RIGHTS if case[0] != "list"], ids=lambda each: getattr(each, "__name__", each)
)
def test_a_form_that_is_not_shown_is_not_taken(page, model, world, cast, client_of):
    where = page_of(page, world[model])
    for who, right in wanted(page, model).items():
        answer = client_of(cast[who]).post(where, {}, format="multipart")
        assert outcome(answer) in {"r": "x", "0": "0x", "w": "w0"}.get(right, right), who  # an empty form may be whole


def wanted(page: str, model) -> dict[str, str]:
    return dict(zip(PEOPLE, RIGHTS[page, model].split(), strict=True))


def test_every_table_of_ours_stands_in_the_matrix():
    rooms = ("accounts", "disease", "imagery", "label", "events")
    assert {model for model in admin.site._registry if model._meta.app_label in rooms} == set(MODELS)
    assert set(admin.site._registry) == set(MODELS), "a table of somebody else's can be changed past our actions"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_nothing_is_deleted(model, world, cast, client_of):
    client = client_of(cast["root"])
    assert client.post(page_of("delete", world[model]), {"post": "yes"}, format="multipart").status_code == 403
    assert model.objects.filter(pk=world[model].pk).exists()
    page = client.get(page_of("list", world[model])).content.decode()
    assert "delete_selected" not in page and "deletelink" not in page


# --- identity -------------------------------------------------------------------------------------------------------

SIGNS = ("Zzyzx", "Quill", "Jane Doe", "doctor")


@pytest.mark.parametrize("model", [Patient, Study, Series, Image, Deidentification, Annotation])
@pytest.mark.parametrize("page", ["list", "one", "past"])
def test_a_researcher_reads_nobodys_identity(page, model, world, cast, client_of, annotation):
    annotation.comment = "It is Zzyzx"
    annotation.save()
    content = client_of(cast["researcher"]).get(page_of(page, world[model])).content.decode()
    shown = content.replace("doctor", "") if model is Annotation else content  # who says it is told, as in the API
    assert not [sign for sign in SIGNS if sign in shown]


def test_the_doctor_who_keeps_a_patient_reads_their_name(world, cast, client_of):
    assert "Zzyzx^Quill" in client_of(cast["doctor"]).get(page_of("one", world[Patient])).content.decode()


@pytest.mark.parametrize("question", ["description__startswith=Jane", "owner__username=doctor", "original__contains=a",
                                      "patient__identity__record_index__startswith=a", "o=1.2.3"])  # fmt: skip
def test_a_list_answers_no_question_that_it_does_not_offer(question, world, cast, client_of):
    answer = client_of(cast["researcher"]).get(f"{page_of('list', world[Study])}?{question}")
    assert answer.status_code == (200 if question.startswith("o=") else 400)


def test_a_doctor_finds_a_patient_by_record_number(world, cast, client_of):
    mine = client_of(cast["doctor"]).get(page_of("list", world[Patient]), {"q": "77"}).content.decode()
    theirs = client_of(cast["researcher"]).get(page_of("list", world[Patient]), {"q": "77"}).content.decode()
    assert world[Patient].pseudonym in mine and world[Patient].pseudonym not in theirs


def look_up(client, model: str, field: str, term: str, app: str = "label") -> list:
    query = {"app_label": app, "model_name": model, "field_name": field, "term": term}
    answer = client.get(reverse("admin:autocomplete"), query)
    return [found["id"] for found in answer.json()["results"]] if answer.status_code == 200 else answer.status_code


@pytest.mark.parametrize(("who", "sees"), [("doctor", True), ("colleague", True), ("stranger", False)])
def test_a_look_up_finds_only_what_one_may_see(who, sees, world, cast, client_of):
    found = look_up(client_of(cast[who]), "annotation", "image", str(world[Image].pk))
    assert found == ([str(world[Image].pk)] if sees else [])


def test_a_look_up_of_patients_finds_ones_own(world, cast, client_of):
    pseudonym = world[Patient].pseudonym
    own = look_up(client_of(cast["doctor"]), "study", "patient", pseudonym, "imagery")
    other = look_up(client_of(cast["stranger"]), "study", "patient", pseudonym, "imagery")
    assert own == [str(world[Patient].pk)] and other == []


def test_who_lets_people_into_a_team_looks_up_doctors_alone(cast, client_of):
    client = client_of(cast["doctor"])
    assert look_up(client, "team", "members", "strang", "accounts") == [str(cast["stranger"].pk)]
    assert look_up(client, "team", "members", "resear", "accounts") == []
    assert look_up(client_of(cast["researcher"]), "team", "members", "strang", "accounts") == 403


def test_a_disease_is_offered_codes_that_a_diagnosis_may_be_coded_with(cast, client_of):
    code = make.CodeFactory(code="J18.9", title="Pneumonia, unspecified")
    make.CodeFactory(code="J18", title="Pneumonia", assignable=False)
    assert look_up(client_of(cast["researcher"]), "disease", "codes", "pneum", "disease") == [str(code.pk)]


# --- what is done is done by an action ------------------------------------------------------------------------------


def fill(client, row, **facts):
    """Open a form, change some of it, send it."""
    page = client.get(page_of("one", row)).context["adminform"].form
    whole = {name: value for name, value in page.initial.items() if value is not None and name in page.fields}
    return send(client, row, **{**whole, **facts})


def send(client, row, page="one", **facts):
    plain = {name: [getattr(one, "pk", one) for one in value] if isinstance(value, list) else value
             for name, value in facts.items()}  # fmt: skip
    return client.post(page_of(page, row), plain, format="multipart")


def sentences(answer) -> str:
    return str(answer.context["adminform"].form.errors)


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


def test_a_patient_is_made_by_who_keeps_them(cast, client_of, world):
    send(client_of(cast["stranger"]), world[Patient], "add", sex="M", name="Roe^Rick", record_number="78")
    made = Patient.objects.get(owner=cast["stranger"])
    assert made.facts == {"name": "Roe^Rick", "record_number": "78"}


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


def test_of_several_actions_all_happen_or_none(cast, client_of, team):
    answer = fill(client_of(cast["doctor"]), team, members=[cast["stranger"].pk])
    assert "lead stays in the team" in sentences(answer)
    assert set(team.members.all()) == {cast["doctor"], cast["colleague"]}


# --- archive and restore --------------------------------------------------------------------------------------------


def bulk(client, action: str, *rows, archived=""):
    data = {"action": action, "_selected_action": [row.pk for row in rows], "index": 0}
    where = page_of("list", rows[0]) + (f"?archived={archived}" if archived else "")
    answer = client.post(where, data, format="multipart", follow=True)
    return [str(message) for message in answer.context["messages"]]


def test_what_is_refused_is_told_and_the_rest_is_done(cast, client_of, annotation):
    unused = make.LabelFactory(name="Unused")
    told = bulk(client_of(cast["researcher"]), "archive", annotation.label, unused)
    assert told == ["1 archived.", "Consolidation: This label is in use: archive its annotations first."]
    assert Label.objects.get(pk=unused.pk).archived and not Label.objects.get(pk=annotation.label_id).archived
    assert Version.objects.get_for_object(unused).get().revision.comment == "archived"


def test_what_is_archived_is_restored(cast, client_of):
    label = make.LabelFactory(archived_at="2026-01-01T00:00Z")
    assert bulk(client_of(cast["researcher"]), "restore", label, archived="yes") == ["1 restored."]
    assert not Label.objects.get(pk=label.pk).archived


def test_a_list_shows_what_is_in_use_unless_asked(cast, client_of):
    make.LabelFactory(name="Old", archived_at="2026-01-01T00:00Z")
    client, where = client_of(cast["researcher"]), reverse("admin:label_label_changelist")
    shown = [b"Old" in client.get(where + asked).content for asked in ("", "?archived=yes", "?archived=all")]
    assert shown == [False, True, True]


def test_nobody_archives_what_is_only_shared_with_them(cast, client_of, study):
    assert bulk(client_of(cast["colleague"]), "archive", study) == [f"{study}: This is somebody else's."]
    assert not Study.objects.get(pk=study.pk).archived


@pytest.mark.parametrize(
    ("who", "model"), [("stranger", Study), ("researcher", Study), ("doctor", Label), ("auditor", Event)]
)
def test_nobody_archives_what_is_not_theirs(who, model, world, cast, client_of):
    row = world[model]
    bulk_of = client_of(cast[who]).post(
        page_of("list", row), {"action": "archive", "_selected_action": row.pk, "index": 0}, format="multipart"
    )
    assert bulk_of.status_code in (200, 302, 403)
    assert getattr(model.objects.get(pk=row.pk), "archived_at", None) is None


def test_an_owner_releases_an_image(cast, client_of, image):
    Image.objects.filter(pk=image.pk).update(release_state=Release.QUARANTINED)
    assert bulk(client_of(cast["doctor"]), "release", image) == ["1 released."]
    assert Image.objects.get(pk=image.pk).release_state == Release.RELEASED


def test_a_doctor_withdraws_a_patient(cast, client_of, world):
    assert bulk(client_of(cast["doctor"]), "withdraw", world[Patient]) == ["1 withdrawn from research."]
    assert Patient.objects.get(pk=world[Patient].pk).withdrawn_at


# --- the past -------------------------------------------------------------------------------------------------------


def past(client, row) -> str:
    return client.get(page_of("past", row)).content.decode()


def test_the_past_tells_who_when_what_and_from_what_to_what(cast, client_of, label):
    disease = make.DiseaseFactory(name="Pneumonia")
    label_actions.change_label(by=cast["researcher"], label=label, name="Nodule")
    label_actions.change_label(by=cast["researcher"], label=label, diseases=[disease], name="Mass")
    page = past(client_of(cast["doctor"]), label)
    for told in ("researcher", "changed", ">Nodule<", ">Mass<", ">Pneumonia<"):
        assert told in page


def test_long_texts_are_compared_word_by_word(cast, client_of, label):
    words = "An opacity that obscures the vessels but not the airways in the lung"
    for definition in (words, words.replace("obscures", "hides <b>")):
        label_actions.change_label(by=cast["researcher"], label=label, definition=definition)
    page = past(client_of(cast["doctor"]), label)
    assert "<del>obscures </del><ins>hides &lt;b&gt; </ins>" in page


def test_the_past_is_paged(cast, client_of, label):
    for number in range(52):
        label_actions.change_label(by=cast["researcher"], label=label, name=f"Name {number}")
    client = client_of(cast["doctor"])
    first = client.get(page_of("past", label))
    older = client.get(page_of("past", label), {"before": first.context["older"]})
    assert len(first.context["entries"]) == 50 and len(older.context["entries"]) == 2
    assert older.context["older"] is None


@pytest.mark.parametrize("before", ["x", "-1", "9" * 400, "²"])
def test_a_page_of_the_past_that_is_none_is_the_first_or_the_last(before, cast, client_of, label):
    assert client_of(cast["doctor"]).get(page_of("past", label), {"before": before}).status_code == 200


def test_the_past_of_an_annotation_tells_research_no_comment(cast, client_of, annotation):
    label_actions.revise(by=cast["doctor"], annotation=annotation, comment="It is Zzyzx", state="absent")
    assert "Zzyzx" in past(client_of(cast["doctor"]), annotation)
    assert "Zzyzx" not in past(client_of(cast["researcher"]), annotation)


def test_the_past_of_a_patient_says_nothing_sealed(cast, client_of, world):
    fill(client_of(cast["doctor"]), world[Patient], name="Doe^Jane")
    page = past(client_of(cast["doctor"]), world[Patient])
    assert "changed" in page and "gAAAA" not in page


@pytest.mark.parametrize("who", ["stranger", "researcher"])
def test_the_past_of_what_one_does_not_see_whole_does_not_exist(who, cast, client_of, study):
    assert outcome(client_of(cast[who]).get(page_of("past", study))) == "0"


# --- people ---------------------------------------------------------------------------------------------------------


def new_user(**more) -> dict:
    return {
        "username": "fresh",
        "usable_password": "true",
        "password1": make.PASSWORD,
        "password2": make.PASSWORD,
        **more,
    }


def test_a_superuser_registers_a_person_with_a_role(cast, client_of, world):
    role = cast["researcher"].groups.get().pk
    answer = send(client_of(cast["root"]), world[User], "add", **new_user(groups=[role], is_staff="on"))
    assert answer.status_code == 302, sentences(answer)
    made = User.objects.get(username="fresh")
    assert made.roles == {Role.RESEARCHER} and made.is_staff and made.check_password(make.PASSWORD)
    assert Version.objects.get_for_object(made).get().revision.comment == "registered"


def test_a_weak_password_is_an_error_of_the_form(cast, client_of, world):
    answer = send(client_of(cast["root"]), world[User], "add", **new_user(password1="1234", password2="1234"))
    assert "too short" in sentences(answer) and not User.objects.filter(username="fresh").exists()


def test_a_role_given_is_recorded(cast, client_of, world):
    fill(client_of(cast["root"]), world[User], groups=[cast["doctor"].groups.get().pk], is_active="on")
    assert User.objects.get(pk=world[User].pk).roles == {Role.DOCTOR}
    page = past(client_of(cast["root"]), world[User])
    assert "root" in page and ">doctor<" in page


def test_a_stale_form_of_a_person_is_not_taken(cast, client_of, world):
    client = client_of(cast["root"])
    fill(client, world[User], first_name="Ann", is_active="on")
    assert "changed since you opened it" in sentences(fill(client, world[User], first_name="Eve", seen="0"))


def test_the_last_superuser_stays_one(cast, client_of):
    answer = fill(client_of(cast["root"]), cast["root"], is_active="on", is_staff="on", is_superuser="")
    assert "last active superuser" in sentences(answer)


def test_a_password_that_is_set_is_recorded_and_ends_tokens(cast, client_of, world):
    somebody = world[User]
    token = client_of(None).post(reverse("login"), {"username": "somebody", "password": make.PASSWORD}).json()["token"]
    new = {"password1": "another long password", "password2": "another long password", "usable_password": "true"}
    answer = client_of(cast["root"]).post(
        reverse("admin:auth_user_password_change", args=[somebody.pk]), new, format="multipart"
    )
    assert answer.status_code == 302
    somebody.refresh_from_db()
    assert somebody.check_password("another long password")
    assert Version.objects.get_for_object(somebody).get().revision.comment == "password set"
    client = client_of(None)
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    assert client.get(reverse("me")).status_code == 401


# --- lists ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_list_is_searched_by_words_and_by_id(model, world, cast, client_of):
    client, where = client_of(cast["root"]), page_of("list", world[model])
    assert client.get(where, {"q": "nothing like it"}).context["cl"].result_count == 0
    assert client.get(where, {"q": str(world[model].pk)}).context["cl"].result_count == 1
    assert client.get(where, {"q": str(new_id())}).context["cl"].result_count == 0


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_filter_of_a_list_answers(model, world, cast, client_of):
    client, where = client_of(cast["root"]), page_of("list", world[model])
    page = client.get(where).context["cl"]
    offers = [choice["query_string"] for spec in page.filter_specs for choice in spec.choices(page)]
    assert {client.get(where + offer).status_code for offer in offers or ["?"]} == {200}


MANY = {
    User: make.UserFactory, Team: make.TeamFactory, Study: make.StudyFactory, Image: make.ImageFactory,
    Annotation: make.AnnotationFactory, Label: make.LabelFactory, Disease: make.DiseaseFactory,
    Event: make.EventFactory, Code: make.CodeFactory, CodeMapping: make.CodeMappingFactory,
    Patient: make.PatientFactory, Series: make.SeriesFactory, Deidentification: make.DeidentificationFactory,
}  # fmt: skip


@pytest.mark.parametrize("model", MANY, ids=lambda model: model.__name__)
def test_a_list_costs_the_same_for_one_row_or_many(model, world, cast, client_of):
    client, where = client_of(cast["root"]), page_of("list", world[model])

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(where)
        return len(queries)

    cost()  # what is read once
    one = cost()
    MANY[model].create_batch(5)
    assert cost() == one


def test_the_links_of_a_thing_lead_somewhere(world, cast, client_of):
    client = client_of(cast["root"])
    pages = [client.get(page_of("one", row)).content.decode() for row in world.values()]
    found = {link.replace("&amp;", "&") for page in pages for link in re.findall(r'href="(/admin/[^"]+)"', page)}
    assert len(found) > 40
    assert {link: client.get(link).status_code for link in found if client.get(link).status_code != 200} == {}


def test_an_image_is_shown_by_the_api(world, cast, client_of):
    client = client_of(cast["colleague"])
    address = reverse("image-preview", kwargs={"pk": world[Image].pk})
    assert f'src="{address}' in client.get(page_of("one", world[Image])).content.decode()
    assert client.get(address).headers["Content-Type"] == "image/png"
