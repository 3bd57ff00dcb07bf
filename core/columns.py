"""List serializers that read columns: the database gives dictionaries, and no model objects are built."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any

from django.db.models import Model, QuerySet
from rest_framework import serializers

from core.bodies import BodySerializer
from core.fields import IsoDateField, Link, PersonField, Ref, origin_of

# The renderer writes the values of these fields as the fields themselves would (RFC 9562 for UUIDs).
PLAIN_FIELDS = (
    serializers.BooleanField, serializers.CharField, serializers.ChoiceField, serializers.DateField,
    serializers.FloatField, serializers.IntegerField, serializers.ListField, serializers.UUIDField, IsoDateField,
)  # fmt: skip
Row = Mapping[str, Any]
Getter = Callable[[Row], object]


class ColumnSerializer(BodySerializer):
    """Serializes model objects as DRF does, and dictionaries of columns without asking each field for each row."""

    def to_representation(self, row: Any) -> dict[str, Any]:
        if isinstance(row, Model):
            return super().to_representation(row)
        return {name: get(row) for name, get in self.getters.items()}

    @property
    def getters(self) -> dict[str, Getter]:
        return getters_of(type(self), origin_of(self.context))


@lru_cache(1000)
def getters_of(serializer_class: type[ColumnSerializer], origin: str) -> dict[str, Getter]:
    """Return how each field is read from a dictionary of columns, for answers to requests to this origin."""
    return {str(field.field_name): column_getter(field, origin) for field in serializer_class()._readable_fields}


def select_columns(queryset: QuerySet, serializer_class: Any, *others: str) -> QuerySet:
    """Return dictionaries of the columns that the serializer shows, and others; objects where it shows more."""
    names = columns_shown(serializer_class)
    return queryset.values(*names.union(others), *queryset.query.annotation_select) if names else queryset


@cache
def columns_shown(serializer_class: Any) -> frozenset[str]:
    """Return the columns that a serializer reads, or none if one of its fields reads anything else."""
    if not issubclass(serializer_class, ColumnSerializer):
        return frozenset()
    columns = [columns_of(field) for field in serializer_class()._readable_fields]
    return frozenset(chain(*columns)) if all(columns) else frozenset()


def columns_of(field: serializers.Field) -> tuple[str, ...]:
    """Return the columns of one field as `values` names them, or none if it reads more than its own row."""
    name = "__".join(field.source_attrs)
    if type(field) is PersonField:
        return f"{name}_id", f"{name}__username"
    if type(field) is Ref:
        return (f"{name}_id",)
    if type(field) is Link:
        return (field.column,)
    return (name,) if type(field) in (*PLAIN_FIELDS, serializers.DateTimeField) else ()


def column_getter(field: serializers.Field, origin: str) -> Getter:
    names = columns_of(field)
    if type(field) is Link:
        return link_getter(field.column, field.pattern(origin))
    if type(field) is PersonField:
        return lambda row: format_person(row, *names)
    if type(field) is serializers.DateTimeField:
        return lambda row: format_time(row[names[0]])
    return itemgetter(*names)


def link_getter(column: str, pattern: str) -> Getter:
    return lambda row: None if row[column] is None else pattern.format(row[column])


def format_time(at: datetime | None) -> str | None:
    """Format a time by RFC 3339, in UTC."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def format_person(row: Row, id: str, username: str) -> dict[str, object] | None:
    return {"id": row[id], "username": row[username]} if row[id] else None
