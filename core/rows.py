"""Serializers of lists and details: each field reads its column with one getter that is made once."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property, partial
from operator import attrgetter
from typing import Any

from rest_framework import serializers
from rest_framework.relations import PKOnlyObject

# What the renderer writes as these fields would (RFC 9562 for UUIDs).
PLAIN = (
    serializers.BooleanField, serializers.CharField, serializers.ChoiceField, serializers.FloatField,
    serializers.IntegerField, serializers.UUIDField,
)  # fmt: skip
Reader = Callable[[Any], Any]


class RowSerializer(serializers.Serializer):
    """Says what `Serializer` says, without asking every field of every row how."""

    def to_representation(self, row: Any) -> dict[str, Any]:
        return {name: read(row) for name, read in self.readers.items()}

    @cached_property
    def readers(self) -> dict[str, Reader]:
        return {str(field.field_name): reader(field) for field in self._readable_fields}


def reader(field: serializers.Field) -> Reader:
    get: Reader = attrgetter(".".join(field.source_attrs))
    if type(field) in PLAIN:
        return get
    if type(field) is serializers.DateTimeField:
        return lambda row: instant(get(row))
    return partial(asked, field)


def asked(field: serializers.Field, row: Any) -> Any:
    """What a field says that finds its value, or shows it, in a way of its own."""
    value = field.get_attribute(row)
    known = value.pk if isinstance(value, PKOnlyObject) else value
    return None if known is None else field.to_representation(value)


def instant(at: datetime | None) -> str | None:
    """RFC 3339, in UTC."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")
