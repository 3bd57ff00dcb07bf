"""Where rows rest, and how long somebody who is answered waits for them."""

import os
import subprocess
import sys
from unittest.mock import MagicMock

import pytest
from django.core.exceptions import ImproperlyConfigured

from harrison.databases import STATEMENT_TIMEOUT_SECONDS, parse_url, read_database, set_statement_timeout
from tests.kit.commands import start
from tests.kit.serving import ROOT


def test_what_the_address_of_the_database_says_of_tls_is_heeded(tmp_path):
    shown = start(tmp_path, "diffsettings", DATABASE_URL="postgres://harrison@db.example/harrison?sslmode=verify-full")
    assert "'pool': True, 'sslmode': 'verify-full'" in shown.stdout


@pytest.mark.parametrize("address", ["bogus", "mysql://user:swordfish@host/name", "postgres://u:swordfish@h:port/n"])
def test_what_is_no_address_of_a_database_is_an_error_that_tells_no_password(address):
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL is not the address") as refusal:
        parse_url(address)
    assert "swordfish" not in str(refusal.value)


# --- Patience -------------------------------------------------------------------------------------------------------

ASKED = """
import sys, importlib
import django
django.setup()
if sys.argv[1] == "serve":
    importlib.import_module("harrison.server").Server({}).load()
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SHOW statement_timeout")
    print(cursor.fetchone()[0])
connection.close()
connection.close_pool()
"""


@pytest.fixture
def patience(own_postgresql):
    """`patience(entry, query)` is how long a statement may take, in a process that has imported `entry`."""

    def of(entry, query=""):
        told = {**os.environ, "DATABASE_URL": own_postgresql + query, "DJANGO_SETTINGS_MODULE": "harrison.settings"}
        done = subprocess.run([sys.executable, "-c", ASKED, entry], cwd=ROOT, env=told, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return of


@pytest.mark.parametrize(("entry", "expected"), [("serve", f"{STATEMENT_TIMEOUT_SECONDS // 60}min"), ("shell", "0")])
def test_a_statement_of_a_request_ends_in_time_and_one_of_a_command_takes_its_own(entry, expected, patience):
    assert patience(entry) == expected


def test_a_patience_that_the_address_tells_is_kept(patience):
    assert patience("serve", "?options=-c%20statement_timeout%3D7000") == "7s"


def connected(wrapped):
    """A connection of Django, as it tells of itself."""
    return MagicMock(vendor="postgresql", connection=wrapped)


def statements(connection):
    return connection.cursor().__enter__().execute.call_count


def test_a_connection_that_comes_from_the_pool_again_is_told_nothing_more():
    wrapped = MagicMock()
    first, again = connected(wrapped), connected(wrapped)
    set_statement_timeout(first)
    set_statement_timeout(again)
    assert (statements(first), statements(again)) == (1, 0)


def test_sqlite_is_told_nothing_of_it():
    connection = MagicMock(vendor="sqlite")
    set_statement_timeout(connection)
    assert statements(connection) == 0


def test_connecting_asks_for_nothing_that_pgbouncer_refuses(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://harrison@db.example/harrison")
    assert read_database("sqlite:///unused")["OPTIONS"] == {"pool": True}
