"""An installation moves from SQLite to PostgreSQL, and what arrives is what was there."""

import sqlite3
import subprocess

import psycopg
import pytest
from django.db import connection

from harrison import copying
from tests.kit.serving import MANAGE, ROOT, installed, managed

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    """An installation on SQLite with made-up data: its environment."""
    folder = tmp_path_factory.mktemp("old")
    with installed(folder, DATABASE_URL="") as environment:
        managed(environment, "create_dummy_data")
        yield environment


@pytest.fixture(scope="module")
def told(old, own_postgresql):
    return managed(old, "copy_database", "--to", own_postgresql)


def refused(environment, *command):
    done = subprocess.run([*MANAGE, *command], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    return done.stdout + done.stderr


NOT_COPIED = {
    "sqlite_stat1",  # what SQLite's planner knows of tables; there once somebody has imported codes
    "django_migrations",  # which tables there are: `migrate` writes it on the other side
    # What SQLite searches titles of codes by: triggers fill it with the codes.
    *(f"disease_code_search{part}" for part in ("", "_config", "_content", "_data", "_docsize", "_idx")),
}


def test_every_table_is_copied_but_a_named_few():
    copied = {model._meta.db_table for model in copying.stored_models()}
    assert set(connection.introspection.table_names()) - copied <= NOT_COPIED


def test_every_table_is_the_same_and_says_so(told):
    assert "are the same in both databases" in told and "DIFFERS" not in told


@pytest.mark.parametrize("table", ["imagery_image", "label_annotation", "reversion_version", "accounts_user"])
def test_there_was_something_to_copy(table, told):
    (line,) = [line for line in told.splitlines() if line.endswith(f"  {table}")]
    assert int(line.split()[1].replace(",", "")) > 0


def test_the_installation_goes_on_from_the_copy(told, old, own_postgresql):
    """New rows get keys after those that were copied."""
    moved = old | {"DATABASE_URL": own_postgresql}
    made = managed(moved, "shell", "--no-imports", "-c", GO_ON)
    assert made.split()[-1] == "2"


GO_ON = """
from accounts.models import User
from label.actions import change_label, create_label
from reversion.models import Version
label = create_label(by=User.objects.first(), name="After the move")
change_label(by=User.objects.first(), label=label, name="Long after the move")
print(Version.objects.get_for_object(label).count())
"""


def test_a_database_with_rows_of_its_own_is_left_alone(told, old, own_postgresql):
    assert "is not empty" in refused(old, "copy_database", "--to", own_postgresql)


def test_a_difference_in_one_value_is_found(told, old, own_postgresql):
    with psycopg.connect(own_postgresql) as there:
        there.execute(
            "UPDATE imagery_image SET columns = columns + 1 WHERE id = (SELECT id FROM imagery_image LIMIT 1)"
        )
    said = refused(old, "copy_database", "--to", own_postgresql, "--compare")
    assert "DIFFERS" in said and "These tables differ" in said and "imagery_image" in said


@pytest.mark.parametrize("url", ["nonsense", "postgres://harrison@127.0.0.1:1/none"])
def test_an_address_without_a_database_is_refused_in_a_sentence(url, old):
    assert "Traceback" not in refused(old, "copy_database", "--to", url)


def test_the_old_database_is_as_it_was(told, old):
    with sqlite3.connect(f"{old['HARRISON_DATA_DIR']}/db.sqlite3") as there:
        assert there.execute("SELECT count(*) FROM imagery_image").fetchone()[0] > 0
