"""Where rows rest, and how long somebody who is answered waits for them."""

import os
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from harrison.databases import LIMIT, addressed, limited
from tests.test_settings import ROOT, start


def test_what_the_address_of_the_database_says_of_tls_is_heeded(tmp_path):
    shown = start(tmp_path, "diffsettings", DATABASE_URL="postgres://harrison@db.example/harrison?sslmode=verify-full")
    assert "'pool': True, 'sslmode': 'verify-full'" in shown.stdout


@pytest.mark.parametrize("address", ["bogus", "mysql://user:swordfish@host/name", "postgres://u:swordfish@h:port/n"])
def test_what_is_no_address_of_a_database_is_an_error_that_tells_no_password(address):
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL is no address") as refusal:
        addressed(address)
    assert "swordfish" not in str(refusal.value)


# --- Patience -------------------------------------------------------------------------------------------------------

ASKED = """
import sys, importlib
importlib.import_module(sys.argv[1])
import django
django.setup()
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SHOW statement_timeout")
    print(cursor.fetchone()[0])
connection.close()
connection.close_pool()
"""


@pytest.mark.parametrize(("entry", "patience"), [("harrison.wsgi", f"{LIMIT // 60}min"), ("harrison", "0")])
def test_a_statement_of_a_request_ends_in_time_and_one_of_a_command_takes_its_own(entry, patience, own_postgresql):
    told = {**os.environ, "DATABASE_URL": own_postgresql, "DJANGO_SETTINGS_MODULE": "harrison.settings"}
    done = subprocess.run([sys.executable, "-c", ASKED, entry], cwd=ROOT, env=told, capture_output=True, text=True)
    assert done.stdout.strip() == patience, done.stderr


def test_what_an_address_tells_postgresql_is_kept():
    database = addressed("postgres://harrison@db.example/harrison?options=-c%20search_path%3Dours")
    assert limited(database)["OPTIONS"]["options"] == f"-c search_path=ours -c statement_timeout={LIMIT * 1000}"


def test_sqlite_is_told_nothing_of_it():
    assert limited({"ENGINE": "django.db.backends.sqlite3", "OPTIONS": {}})["OPTIONS"] == {}
