"""Sessions and tokens open only with what the client holds, never with what the database holds."""

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse
from knox.models import AuthToken

from accounts.sessions import SessionStore
from tests.kit import factories as make

pytestmark = pytest.mark.on_both


@pytest.fixture
def browser(doctor):
    """A browser that has logged in at the session page."""
    client = Client()
    client.post(reverse("rest_framework:login"), {"username": "doctor", "password": make.PASSWORD}, secure=True)
    return client


def test_a_session_is_opened_by_its_cookie(browser):
    assert browser.get(reverse("me"), secure=True).json()["username"] == "doctor"


def test_logging_out_deletes_the_session(browser):
    browser.post(reverse("rest_framework:logout"), secure=True)
    assert not Session.objects.exists()


def test_a_session_key_that_a_client_made_up_is_not_taken_over(doctor):
    store = SessionStore("a" * 32)
    assert dict(store.items()) == {} and store.session_key is None


def test_no_column_of_a_stolen_database_opens_a_session(browser, client_of):
    client_of(None).post(reverse("login"), {"username": "doctor", "password": make.PASSWORD})
    assert AuthToken.objects.exists() and Session.objects.exists()
    opened = [value for value in sorted(every_value()) if opens_a_session(value)]
    assert opened == []


def every_value() -> set[str]:
    """Return every short text in the database."""
    values: set[str] = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)} LIMIT 500")
            values |= {str(value) for row in cursor for value in row if value and len(str(value)) >= 8}
    return {value for value in values if value.isascii() and value.isprintable() and len(value) < 200}


def opens_a_session(value: str) -> bool:
    client = Client()
    client.cookies["sessionid"] = value
    as_session = client.get(reverse("me"), secure=True)
    as_token = Client().get(reverse("me"), secure=True, headers={"Authorization": f"Token {value}"})
    return 200 in (as_session.status_code, as_token.status_code)
