"""Copy an installation from one database to another, and prove that both hold the same.

Every table is copied, history and tokens included. Then both sides are read in the order of their keys and hashed.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from django.apps import apps
from django.core.management.color import no_style
from django.db import connections
from django.db.models import Model

BATCH_ROWS = 2000
FILLED_BY_MIGRATIONS = ("contenttypes", "auth")  # and by create_user_groups
Item = TypeVar("Item")


def stored_models() -> list[type[Model]]:
    """Return every model with a table of its own, link tables included."""
    models = apps.get_models(include_auto_created=True)
    return [model for model in models if model._meta.managed and not model._meta.proxy]


def tables_with_rows(database: str) -> list[str]:
    """Return the tables that hold more than an empty installation does."""
    existing = connections[database].introspection.table_names()
    models = (model for model in stored_models() if model._meta.app_label not in FILLED_BY_MIGRATIONS)
    return [m._meta.db_table for m in models if m._meta.db_table in existing and count_rows(m, database)]


def count_rows(model: type[Model], database: str) -> int:
    return model._base_manager.using(database).count()


def delete_all_rows(database: str) -> None:
    """Delete what migrations have inserted: content types and permissions are copied with their own keys."""
    connection = connections[database]
    with connection.cursor() as cursor:
        for model in stored_models():
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")  # noqa: S608 - our names


def copy_table(model: type[Model], source: str, target: str, advance: Callable[[int], None]) -> None:
    """Copy the rows as they are: no `save()`, no signals, no automatic values."""
    fields, connection = model._meta.concrete_fields, connections[target]
    quote_name = connection.ops.quote_name
    columns = ", ".join(quote_name(f"{field.column}") for field in fields)
    placeholders = ", ".join(["%s"] * len(fields))
    insert = f"INSERT INTO {quote_name(model._meta.db_table)} ({columns}) VALUES ({placeholders})"  # noqa: S608 - our names
    with connection.cursor() as cursor:
        for batch in in_batches(read_rows(model, source)):
            prepared = [
                [field.get_db_prep_save(value, connection) for field, value in zip(fields, row, strict=True)]
                for row in batch
            ]
            cursor.executemany(insert, prepared)
            advance(len(batch))


def read_rows(model: type[Model], database: str) -> Iterator[tuple[object, ...]]:
    """Give all rows in the order of their key, with the values of all columns."""
    names = [field.attname for field in model._meta.concrete_fields]
    return model._base_manager.using(database).order_by("pk").values_list(*names).iterator(BATCH_ROWS)


def in_batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, BATCH_ROWS)):
        yield batch


def reset_sequences(database: str) -> None:
    """Let generated keys continue after those that were copied."""
    connection = connections[database]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), stored_models()):
            cursor.execute(statement)


def hash_table(model: type[Model], database: str, advance: Callable[[int], None]) -> str:
    """Return the SHA-256 of all rows of a table, which is the same on every database."""
    digest = hashlib.sha256()
    for batch in in_batches(read_rows(model, database)):
        for row in batch:
            digest.update(json.dumps(row, default=to_text, sort_keys=True).encode())
        advance(len(batch))
    return digest.hexdigest()


def to_text(value: Any) -> str:
    """Convert a value that JSON does not know to text that is the same on every database."""
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value)
