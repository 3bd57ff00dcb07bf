"""Moves an installation from one database to another, and proves that it is the same there.

Every table is copied, history and tokens included; both sides are then read in the order of their keys and hashed.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from django.apps import apps
from django.core.management.color import no_style
from django.db import connections
from django.db.models import Model

BATCH = 2000


def tables() -> list[type[Model]]:
    """Everything that is kept in a table of its own, links between tables included."""
    found = apps.get_models(include_auto_created=True)
    return [model for model in found if model._meta.managed and not model._meta.proxy]


def count(model: type[Model], database: str) -> int:
    return model._base_manager.using(database).count()


def empty(database: str) -> None:
    """Forget what migrating has put there: content types and permissions come with the copy, under their own keys."""
    connection = connections[database]
    with connection.cursor() as cursor:
        for model in tables():
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")  # noqa: S608 - our names


def copy(model: type[Model], source: str, target: str, done: Callable[[int], None]) -> None:
    """Copy a table row by row, as it is: no field is worked out anew, no signal sent."""
    fields, connection = model._meta.concrete_fields, connections[target]
    quoted = connection.ops.quote_name
    columns = ", ".join(quoted(f"{field.column}") for field in fields)
    places = ", ".join(["%s"] * len(fields))
    insert = f"INSERT INTO {quoted(model._meta.db_table)} ({columns}) VALUES ({places})"  # noqa: S608 - our names
    with connection.cursor() as cursor:
        for batch in batches(rows(model, source)):
            prepared = [
                [field.get_db_prep_save(value, connection) for field, value in zip(fields, row, strict=True)]
                for row in batch
            ]
            cursor.executemany(insert, prepared)
            done(len(batch))


def rows(model: type[Model], database: str) -> Iterator[tuple[Any, ...]]:
    """All rows by their key, the values in the order of the columns."""
    names = [field.attname for field in model._meta.concrete_fields]
    return model._base_manager.using(database).order_by("pk").values_list(*names).iterator(BATCH)


def batches(rows: Iterator[Any]) -> Iterator[list[Any]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


def reset_sequences(database: str) -> None:
    """The next key that the database gives out comes after those that were copied."""
    connection = connections[database]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), tables()):
            cursor.execute(statement)


def digest(model: type[Model], database: str, done: Callable[[int], None]) -> str:
    """SHA-256 of all rows of a table, the same on every database."""
    found = hashlib.sha256()
    for batch in batches(rows(model, database)):
        for row in batch:
            found.update(json.dumps(row, default=plain, sort_keys=True).encode())
        done(len(batch))
    return found.hexdigest()


def plain(value: Any) -> str:
    """A value that JSON has no word for, as text that is the same on every database."""
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value)
