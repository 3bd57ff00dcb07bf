"""Forms of the admin are saved by actions, and show what an action refuses."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from reversion.models import Version

from accounts.models import Role, Team, User
from disease.models import Code, Disease
from events.models import Event
from label.models import Label
from tests.kit import factories as make
from tests.kit.pages import errors_of, fill_in, send


def changes(row) -> list[tuple[str, str]]:
    """Return who changed a row, and the verb, newest first."""
    versions = Version.objects.get_for_object(row).order_by("-pk")
    return [(version.revision.user.username, version.revision.comment) for version in versions]


def test_a_change_is_one_revision_that_its_event_names(staff, client_as, label):
    assert fill_in(client_as("researcher"), label, name="Nodule").status_code == 302
    label.refresh_from_db()
    assert (label.name, label.version, changes(label)) == ("Nodule", 2, [("researcher", "changed")])
    event = Event.objects.filter(method="POST").latest("pk")
    assert event.revision == Version.objects.get_for_object(label).get().revision and event.object_id == label.pk
    assert not LogEntry.objects.exists()


def test_a_form_that_changes_nothing_leaves_no_history(client_as, label):
    assert fill_in(client_as("researcher"), label).status_code == 302
    assert changes(label) == []


def test_a_form_that_was_opened_before_another_change_is_refused(client_as, label):
    for seen in ({"seen": "0"}, {"seen": ""}):
        answer = fill_in(client_as("researcher"), label, name="Nodule", **seen)
        assert "changed since you opened it" in errors_of(answer)
    assert Label.objects.get().name == "Consolidation"


def test_a_refusal_of_the_action_is_an_error_of_the_form_which_keeps_its_text(client_as, label):
    """The database refuses two labels of one name; the form shows it beside what was typed."""
    other = make.LabelFactory(name="Nodule")
    answer = fill_in(client_as("researcher"), other, name="consolidation", definition="Typed at length")
    assert answer.status_code == 200 and "label of this name already exists" in errors_of(answer)
    assert "Typed at length" in answer.content.decode() and changes(other) == []


def test_a_label_is_created(client_as, label):
    disease = make.DiseaseFactory()
    answer = send(client_as("researcher"), label, "add", name="Mass", definition="", diseases=[disease])
    created = Label.objects.get(name="Mass")
    assert answer.status_code == 302 and list(created.diseases.all()) == [disease]
    assert changes(created) == [("researcher", "created")]


def test_a_label_keeps_a_disease_that_was_archived_since(client_as, label):
    label.diseases.set([make.DiseaseFactory(archived_at="2026-01-01T00:00Z")])
    assert fill_in(client_as("researcher"), label, name="Nodule").status_code == 302
    assert label.diseases.count() == 1


def test_a_disease_is_created_with_synonyms_and_codes(client_as, rows):
    facts = {"name": "Flu", "synonyms": "influenza\ngrippe", "codes": [rows[Code]]}
    send(client_as("researcher"), rows[Disease], "add", **facts)
    created = Disease.objects.get(name="Flu")
    assert created.synonyms == ["influenza", "grippe"] and created.codes.get() == rows[Code]


def test_a_disease_refuses_headings_unknown_codes_and_endless_synonyms(client_as, rows):
    heading = make.CodeFactory(assignable=False)
    wrong = [
        ({"codes": [heading]}, "not one of the available choices"),
        ({"codes": ["x"]}, "x"),
        ({"synonyms": "\n".join("ab" for _ in range(51))}, "at most 50 lines"),
        ({"synonyms": "a" * 201}, "at most 200 characters"),
    ]
    for facts, sentence in wrong:
        assert sentence in errors_of(send(client_as("researcher"), rows[Disease], "add", name="Flu", **facts))
    assert not Disease.objects.filter(name="Flu").exists()


def test_a_lead_creates_and_changes_a_team(staff, client_as, team):
    send(client_as("stranger"), team, "add", name="Bones")
    assert changes(Team.objects.get(lead=staff["stranger"])) == [("stranger", "created")]
    fill_in(client_as("doctor"), team, name="Thorax", members=[staff["doctor"].pk, staff["stranger"].pk])
    team.refresh_from_db()
    assert team.name == "Thorax" and set(team.members.all()) == {staff["doctor"], staff["stranger"]}
    assert changes(team) == [("doctor", "changed")]


def test_the_lead_stays_in_the_team(staff, client_as, team):
    answer = fill_in(client_as("doctor"), team, name="Thorax", members=[staff["stranger"].pk])
    assert "The lead cannot leave the team" in errors_of(answer)
    assert set(team.members.all()) == {staff["doctor"], staff["colleague"]} and changes(team) == []


def new_user(**more) -> dict[str, object]:
    password = {"usable_password": "true", "password1": make.PASSWORD, "password2": make.PASSWORD}
    return {"username": "fresh", **password, **more}


def test_a_superuser_registers_a_user_with_a_role(staff, client_as, rows):
    role = staff["researcher"].groups.get().pk
    answer = send(client_as("root"), rows[User], "add", **new_user(groups=[role], is_staff="on"))
    assert answer.status_code == 302, errors_of(answer)
    created = User.objects.get(username="fresh")
    assert created.roles == {Role.RESEARCHER} and created.is_staff and created.check_password(make.PASSWORD)
    assert changes(created) == [("root", "registered")]


def test_a_weak_password_is_refused(client_as, rows):
    answer = send(client_as("root"), rows[User], "add", **new_user(password1="1234", password2="1234"))
    assert "too short" in errors_of(answer) and not User.objects.filter(username="fresh").exists()


def test_a_change_of_roles_is_recorded(staff, client_as, rows):
    client = client_as("root")
    fill_in(client, rows[User], groups=[staff["doctor"].groups.get().pk], is_active="on")
    assert User.objects.get(pk=rows[User].pk).roles == {Role.DOCTOR}
    assert changes(rows[User]) == [("root", "changed")]
    assert "changed since you opened it" in errors_of(fill_in(client, rows[User], first_name="Eve", seen="0"))


def test_the_last_superuser_stays_one(staff, client_as):
    answer = fill_in(client_as("root"), staff["root"], is_active="on", is_staff="on", is_superuser="")
    assert "last active superuser" in errors_of(answer)


@pytest.mark.on_both
def test_a_new_password_is_recorded_and_ends_tokens(client_as, client_of, rows):
    credentials = {"username": "somebody", "password": make.PASSWORD}
    token = client_of(None).post(reverse("login"), credentials).json()["token"]
    new = {"password1": "another long password", "password2": "another long password", "usable_password": "true"}
    url = reverse("admin:auth_user_password_change", args=[rows[User].pk])
    assert client_as("root").post(url, new, format="multipart").status_code == 302
    rows[User].refresh_from_db()
    assert rows[User].check_password("another long password")
    assert changes(rows[User]) == [("root", "password set")]
    client = client_of(None)
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    assert client.get(reverse("me")).status_code == 401
