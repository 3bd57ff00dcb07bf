"""ICD-9-CM, ICD-10-CM and their crosswalk, whole, on the database of the tests."""

import sqlite3

import pytest
from django.core.management import call_command
from django.db import connection
from reversion.models import Revision, Version

from disease.models import Code, CodeMapping, CodeSystem
from tests.kit.installation import prepared_file


@pytest.fixture(scope="module")
def catalogue(django_db_setup, django_db_blocker):
    """All codes, committed, and cleared away after the last test of the file."""
    with django_db_blocker.unblock():
        yield from (copied_codes if connection.vendor == "sqlite" else imported_codes)()


def copied_codes():
    """Put a copy of an installation with all codes in the place of the database, and this back at the end."""
    connection.ensure_connection()
    before, prepared = sqlite3.connect(":memory:"), sqlite3.connect(prepared_file("vocabulary"))
    connection.connection.backup(before)
    prepared.backup(connection.connection)
    yield
    before.backup(connection.connection)


def imported_codes():
    call_command("import_codes")
    yield
    for table in (CodeMapping, Code, CodeSystem, Version, Revision):
        table.objects.all()._raw_delete(connection.alias)


@pytest.fixture
def client(researcher, client_of):
    return client_of(researcher)
