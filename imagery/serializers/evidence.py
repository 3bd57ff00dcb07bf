"""The base of serializers of evidence: all fields for its doctors, fewer for research."""

from collections.abc import Callable, Mapping
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from rest_framework.fields import Field
from rest_framework.relations import PKOnlyObject

from core.columns import ColumnSerializer
from imagery.models.visibility import Evidence


class EvidenceSerializer(ColumnSerializer):
    """Shows every field of a row that is open to the person who asks, and `research_fields` of any other row."""

    research_fields: tuple[str, ...] = ()
    research_terms: Mapping[str, Callable[[str], str]] = {}  # what research reads in place of a value

    def to_representation(self, row: Any) -> dict[str, Any]:
        if self.is_open(row):
            return super().to_representation(row)
        shown = self.research_values(row)
        return shown | {name: replace(shown[name]) for name, replace in self.research_terms.items()}

    def research_values(self, row: Any) -> dict[str, Any]:
        if isinstance(row, Mapping):
            getters = self.getters
            return {name: getters[name](row) for name in self.research_fields}
        return {name: represent(self.fields[name], row) for name in self.research_fields}

    def is_open(self, row: Any) -> bool:
        """Return whether the person of this request sees the row whole; a list has the column `is_open` for it."""
        return row["is_open"] if isinstance(row, Mapping) else row.is_open_to(self.context["request"].user)


def represent(field: Field, row: Evidence) -> object:
    """Return one field of a row as DRF shows it."""
    value = field.get_attribute(row)
    is_empty = value is None or (isinstance(value, PKOnlyObject) and value.pk is None)
    return None if is_empty else field.to_representation(value)


class EvidenceSchema(OpenApiSerializerExtension):
    """Tells OpenAPI that an answer surely has only what research may see."""

    target_class = EvidenceSerializer
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        if direction == "response":
            schema["required"] = sorted(self.target.research_fields)
        return schema
