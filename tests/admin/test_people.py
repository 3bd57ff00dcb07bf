"""People and their passwords."""

import pytest
from django.urls import reverse
from reversion.models import Version

from accounts.models import Role, User
from tests.kit import factories as make
from tests.kit.pages import fill, past, send, sentences

pytestmark = pytest.mark.on_both


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
