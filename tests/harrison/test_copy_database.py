"""An installation moves from SQLite to PostgreSQL, and both databases hold the same."""

import sqlite3

import psycopg
import pytest
from django.db import connection

from harrison import copying
from tests.kit.backups import refused, run_script
from tests.kit.installation import installed, managed

pytestmark = pytest.mark.slow

NOT_COPIED = {
    "sqlite_stat1",  # statistics of SQLite's planner
    "django_migrations",  # `migrate` fills it on the other side
    # The full-text index of code titles: triggers fill it with the codes.
    *(f"disease_code_search{part}" for part in ("", "_config", "_content", "_data", "_docsize", "_idx")),
}


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    """The environment of an installation on SQLite with dummy data."""
    with installed(tmp_path_factory.mktemp("old"), DATABASE_URL="") as environment:
        managed(environment, "create_dummy_data", "--images", "6")
        yield environment


@pytest.fixture(scope="module")
def output(old, own_postgresql):
    return managed(old, "copy_database", "--to", own_postgresql)


def test_every_table_is_copied_but_a_named_few():
    copied = {model._meta.db_table for model in copying.stored_models()}
    assert set(connection.introspection.table_names()) - copied <= NOT_COPIED


def test_every_table_is_the_same_in_both_and_the_old_one_keeps_its_rows(output, old):
    assert "are the same in both databases" in output and "DIFFERS" not in output
    rows = {line.split()[-1]: int(line.split()[1].replace(",", "")) for line in output.splitlines() if " rows " in line}
    for table in ("imagery_image", "label_annotation", "reversion_version", "accounts_user"):
        assert rows[table] > 0
    with sqlite3.connect(f"{old['HARRISON_DATA_DIR']}/db.sqlite3") as source:
        assert source.execute("SELECT count(*) FROM imagery_image").fetchone()[0] == rows["imagery_image"]


def test_the_copy_works_and_new_keys_follow_those_that_were_copied(output, old, own_postgresql):
    assert run_script(old | {"DATABASE_URL": own_postgresql}, CHANGE_A_LABEL) == "2"


CHANGE_A_LABEL = """
from accounts.models import User
from label.actions import change_label, create_label
from reversion.models import Version
label = create_label(by=User.objects.first(), name="After the move")
change_label(by=User.objects.first(), label=label, name="Long after the move")
print(Version.objects.get_for_object(label).count())
"""


def test_a_database_with_rows_is_left_alone(output, old, own_postgresql):
    assert "is not empty" in refused(old, "copy_database", "--to", own_postgresql)


def test_a_difference_in_one_value_is_found(output, old, own_postgresql):
    with psycopg.connect(own_postgresql) as target:
        target.execute(
            "UPDATE imagery_image SET columns = columns + 1 WHERE id = (SELECT id FROM imagery_image LIMIT 1)"
        )
    error = refused(old, "copy_database", "--to", own_postgresql, "--compare")
    assert "DIFFERS" in error and "These tables differ" in error and "imagery_image" in error


def test_an_address_without_a_database_is_refused_in_a_sentence(old):
    assert "needs an address such as" in refused(old, "copy_database", "--to", "nonsense")
    assert "does not answer" in refused(old, "copy_database", "--to", "postgres://harrison@127.0.0.1:1/none")
