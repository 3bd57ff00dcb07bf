"""Who comes in, and what teams do."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone
from knox.models import AuthToken

from accounts import actions
from accounts.models import EVERYONE, Role
from tests.kit import factories as make

pytestmark = pytest.mark.on_both


def log_in(client, username="doctor", password=make.PASSWORD):
    return client.post(reverse("login"), {"username": username, "password": password})


@pytest.fixture
def token(doctor, client_of):
    return log_in(client_of(None)).json()["token"]


def with_token(client_of, token):
    client = client_of(None)
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return client


def test_a_login_answers_token_expiry_and_user(doctor, client_of):
    answer = log_in(client_of(None)).json()
    assert answer.keys() == {"token", "expiry", "user"}
    assert answer["user"] == {"id": str(doctor.pk), "username": "doctor", "roles": ["doctor"]}


def test_a_token_opens_the_api(token, client_of):
    assert with_token(client_of, token).get(reverse("me")).json()["username"] == "doctor"


def test_a_token_lives_ten_hours(token):
    left = AuthToken.objects.get().expiry - timezone.now()
    assert timedelta(hours=9, minutes=59) < left <= timedelta(hours=10)


def test_a_token_is_kept_as_a_digest(token):
    kept = AuthToken.objects.get()
    assert token not in (kept.digest, kept.token_key) and len(kept.digest) == 128


def test_a_login_forgets_what_has_expired(token, client_of):
    AuthToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    ended = AuthToken.objects.get()
    assert log_in(client_of(None)).status_code == 200
    assert AuthToken.objects.get() != ended


def test_an_expired_token_opens_nothing(token, client_of):
    AuthToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    assert with_token(client_of, token).get(reverse("me")).status_code == 401


@pytest.mark.parametrize("token", ["", "nonsense", "a" * 5000, "ü", "a b", "\x7f", "%00"])
def test_what_is_no_token_is_a_401(token, client_of):
    assert with_token(client_of, token).get(reverse("me")).status_code == 401


def test_a_401_says_how_to_authenticate(client_of):
    assert client_of(None).get(reverse("me")).headers["WWW-Authenticate"] == "Token"


def test_logging_out_ends_this_token(token, client_of):
    other = log_in(client_of(None)).json()["token"]
    assert with_token(client_of, token).post(reverse("logout")).status_code == 204
    assert with_token(client_of, token).get(reverse("me")).status_code == 401
    assert with_token(client_of, other).get(reverse("me")).status_code == 200


def test_logging_out_everywhere_ends_every_token(token, client_of):
    log_in(client_of(None))
    with_token(client_of, token).post(reverse("logout-all"))
    assert not AuthToken.objects.exists()


@pytest.mark.parametrize("username", ["doctor", "no-such-person"])
def test_a_wrong_password_and_a_wrong_name_answer_alike(username, doctor, client_of):
    answer = log_in(client_of(None), username, "wrong")
    assert (answer.status_code, answer.json()["detail"]) == (400, "The username and the password do not match.")


def test_somebody_inactive_does_not_log_in(doctor, client_of):
    doctor.is_active = False
    doctor.save()
    assert log_in(client_of(None)).status_code == 400


def test_the_token_of_somebody_made_inactive_opens_nothing(doctor, client_of):
    token = log_in(client_of(None)).json()["token"]
    doctor.is_active = False
    doctor.save()
    assert with_token(client_of, token).get(reverse("me")).status_code == 401


def test_the_session_of_somebody_made_inactive_opens_nothing(doctor, client_of):
    client = client_of(doctor)
    doctor.is_active = False
    doctor.save()
    assert client.get(reverse("me")).status_code == 401


def test_the_eleventh_wrong_password_is_a_429(doctor, client_of):
    client = client_of(None)
    answers = [log_in(client, password="wrong") for _ in range(11)]
    assert answers[0].status_code == 400 and answers[-1].status_code == 429


def test_a_lockout_says_when_to_try_again(doctor, client_of):
    client = client_of(None)
    for _ in range(10):
        log_in(client, password="wrong")
    answer, page = (
        log_in(client),
        client.post(
            reverse("rest_framework:login"), {"username": "doctor", "password": make.PASSWORD}, format="multipart"
        ),
    )
    assert answer.json()["code"] == "locked_out" and "15 minutes" in answer.json()["detail"]
    assert answer.headers["Retry-After"] == page.headers["Retry-After"] == "900"


def test_a_locked_name_does_not_log_in_with_the_right_password(doctor, client_of):
    client = client_of(None)
    for _ in range(10):
        log_in(client, password="wrong")
    assert log_in(client).status_code == 429


def test_roles_are_groups(doctor):
    assert doctor.roles == {Role.DOCTOR}


def test_a_group_that_is_no_role_gives_no_rights(doctor):
    doctor.groups.set([Group.objects.create(name="tennis club")])
    assert doctor.roles == frozenset()


def test_a_superuser_has_every_role():
    assert make.UserFactory(is_superuser=True).roles == EVERYONE


def test_the_migrations_make_a_group_for_each_role():
    assert set(Group.objects.values_list("name", flat=True)) >= set(Role.values)


def test_somebody_registered_has_their_roles():
    assert actions.register_user(by=None, username="new", password=make.PASSWORD, roles=[Role.AUDITOR]).roles == {
        "auditor"
    }


def step(client, route, team, username):
    return client.post(reverse(route, kwargs={"pk": team.pk}), {"username": username})


def test_whoever_makes_a_team_leads_it_and_is_in_it(api, doctor):
    made = api.post(reverse("team-list"), {"name": "Bones"}).json()
    assert made["lead"]["username"] == "doctor" and [m["username"] for m in made["members"]] == ["doctor"]


def test_a_doctor_let_into_a_team_sees_what_is_shared_with_it(api, team, stranger, image, client_of):
    where = reverse("image-detail", kwargs={"pk": image.pk})
    before = client_of(stranger).get(where).status_code
    step(api, "team-let-in", team, "stranger")
    assert (before, client_of(stranger).get(where).status_code) == (404, 200)


def test_a_doctor_who_stepped_out_no_longer_sees_it(team, colleague, image, client_of):
    client = client_of(colleague)
    step(client, "team-step-out", team, "colleague")
    assert client.get(reverse("image-detail", kwargs={"pk": image.pk})).status_code == 404


def test_an_archived_team_shares_nothing(api, team, colleague, image, client_of):
    api.delete(reverse("team-detail", kwargs={"pk": team.pk}))
    assert client_of(colleague).get(reverse("image-detail", kwargs={"pk": image.pk})).status_code == 404


def test_a_member_does_not_put_another_member_out(team, colleague, client_of):
    assert step(client_of(colleague), "team-step-out", team, "doctor").status_code == 403


def test_the_lead_puts_a_member_out(api, team):
    assert [m["username"] for m in step(api, "team-step-out", team, "colleague").json()["members"]] == ["doctor"]


def test_the_lead_stays(api, team):
    assert step(api, "team-step-out", team, "doctor").status_code == 409


def test_nobody_is_let_into_an_archived_team(api, team, stranger):
    api.delete(reverse("team-detail", kwargs={"pk": team.pk}))
    assert step(api, "team-let-in", team, "stranger").status_code == 409


@pytest.mark.parametrize("username", ["researcher", "no-such-person"])
def test_only_doctors_are_let_into_a_team(username, api, team, researcher):
    answer = step(api, "team-let-in", team, username)
    assert answer.status_code == 400 and "username" in answer.json()["fields"]


def test_nobody_leads_two_teams_of_one_name(api, team):
    answer = api.post(reverse("team-list"), {"name": "CHEST"})
    assert answer.status_code == 400 and "already" in answer.json()["detail"]


def test_the_name_of_a_team_that_one_cannot_see_tells_nothing(team, stranger, client_of):
    assert client_of(stranger).post(reverse("team-list"), {"name": "Chest"}).status_code == 201


def test_a_superuser_sees_every_team(team, client_of):
    admin = make.UserFactory(is_superuser=True)
    assert len(client_of(admin).get(reverse("team-list")).json()["results"]) == 1
