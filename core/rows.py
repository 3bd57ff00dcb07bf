"""Serializers of lists and details: each field reads its column with one getter that is made once.

A row is an object of the model or, in a list, a dictionary of its columns: a list whose fields are columns asks the
database for these alone, and makes no objects only to take them apart again.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, cached_property, partial
from itertools import chain
from operator import attrgetter, itemgetter
from typing import Any

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast
from rest_framework import serializers
from rest_framework.relations import PKOnlyObject

from core.fields import PersonField, Ref

# What the renderer writes as these fields would (RFC 9562 for UUIDs).
PLAIN = (
    serializers.BooleanField, serializers.CharField, serializers.ChoiceField, serializers.DateField,
    serializers.FloatField, serializers.IntegerField, serializers.ListField, serializers.UUIDField,
)  # fmt: skip
WRITTEN = "_written"  # after the name of a time: its text
Reader = Callable[[Any], Any]


class RowSerializer(serializers.Serializer):
    """Says what `Serializer` says, without asking every field of every row how."""

    def to_representation(self, row: Any) -> dict[str, Any]:
        return {name: read(row) for name, read in self.readers_of(row).items()}

    def readers_of(self, row: Any) -> dict[str, Reader]:
        if isinstance(row, dict):
            return kept(type(self), column_reader)
        return self.own if nests(type(self)) else kept(type(self), reader)

    @cached_property
    def own(self) -> dict[str, Reader]:
        """What is nested here asks who asks."""
        return readers(self, reader)


def readers(shown: RowSerializer, made: Callable[[serializers.Field], Reader]) -> dict[str, Reader]:
    return {str(field.field_name): made(field) for field in shown._readable_fields}


@cache
def kept(shown: type[RowSerializer], made: Callable[[serializers.Field], Reader]) -> dict[str, Reader]:
    """Getters for every request, of an instance that knows none."""
    return readers(shown(), made)


@cache
def nests(shown: type[RowSerializer]) -> bool:
    return any(isinstance(field, serializers.BaseSerializer) for field in shown()._readable_fields)


def reader(field: serializers.Field) -> Reader:
    get: Reader = attrgetter(".".join(field.source_attrs))
    if type(field) in PLAIN:
        return get
    return instants(get) if type(field) is serializers.DateTimeField else partial(asked, field)


def asked(field: serializers.Field, row: Any) -> Any:
    """What a field says that finds its value, or shows it, in a way of its own."""
    value = field.get_attribute(row)
    known = value.pk if isinstance(value, PKOnlyObject) else value
    return None if known is None else field.to_representation(value)


def instants(get: Reader) -> Reader:
    return lambda row: instant(get(row))


def instant(at: datetime | None) -> str | None:
    """RFC 3339, in UTC."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def written_instant(text: str | None) -> str | None:
    """The same, of how a database writes it: SQLite without an offset, PostgreSQL without zeros at the end."""
    if text is None:
        return None
    seconds, _, fraction = text.removesuffix("+00").replace(" ", "T").partition(".")
    return f"{seconds}.{fraction:0<6}Z" if fraction else f"{seconds}Z"


def as_columns(rows: QuerySet, shown: Any) -> QuerySet:
    """The rows as dictionaries of what is shown of them; as they are where that is more than columns.

    Times come as the database writes them (UTC): on PostgreSQL to read and write them anew took a tenth of a list.
    """
    names = columns_shown(shown)
    if not names:
        return rows
    texts = {name: Cast(name.removesuffix(WRITTEN), TextField()) for name in names if name.endswith(WRITTEN)}
    return rows.values(*names.difference(texts).union(rows.query.annotation_select), **texts)


@cache
def columns_shown(shown: Any) -> frozenset[str]:
    """The columns that a serializer reads; none if it reads anything else."""
    fields = list(shown()._readable_fields) if issubclass(shown, RowSerializer) else []
    found = [columns_of(field) for field in fields]
    return frozenset(chain(*found)) if all(found) else frozenset()


def columns_of(field: serializers.Field) -> tuple[str, ...]:
    """As `values` names them; none for a field that reads more than its own row."""
    name = "__".join(field.source_attrs)
    if type(field) is PersonField:
        return f"{name}_id", f"{name}__username"
    if type(field) is Ref:
        return (f"{name}_id",)
    if type(field) is serializers.DateTimeField:
        return (f"{name}{WRITTEN}",)
    return (name,) if type(field) in PLAIN else ()


def column_reader(field: serializers.Field) -> Reader:
    names = columns_of(field)
    if type(field) is PersonField:
        return lambda row: person(row, *names)
    get: Reader = itemgetter(*names)
    return (lambda row: written_instant(get(row))) if type(field) is serializers.DateTimeField else get


def person(row: dict[str, Any], id: str, username: str) -> dict[str, Any] | None:
    return {"id": row[id], "username": row[username]} if row[id] else None
