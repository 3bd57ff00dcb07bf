"""Rows that several tests or several requests of one test share."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction


@contextmanager
def rolled_back() -> Iterator[None]:
    """Undo at the end of the block what it has written."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def shared_database(django_db_setup, django_db_blocker):
    """Fixtures of a whole file may write rows: they are undone after its last test."""
    with django_db_blocker.unblock(), rolled_back():
        yield
