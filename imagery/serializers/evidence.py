"""What all evidence has in common on the wire: whole to those it is open to, less to research."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension

from core.rows import RowSerializer


class EvidenceSerializer(RowSerializer):
    """Shows every field of a row that is open to the person who asks, and `research_fields` of any other row."""

    research_fields: tuple[str, ...] = ()

    def to_representation(self, row: Any) -> dict[str, Any]:
        if self.is_open(row):
            return super().to_representation(row)
        readers = self.readers_of(row)
        return {name: readers[name](row) for name in self.research_fields}

    def is_open(self, row: Any) -> bool:
        """As the queryset found; for a row that an action has just made, by its owner."""
        if isinstance(row, dict):
            return row["is_open"]
        if hasattr(row, "is_open"):
            return row.is_open
        user = self.context["request"].user
        return row.owner_id == user.pk or user.is_superuser


class EvidenceSchema(OpenApiSerializerExtension):
    """Tells OpenAPI that an answer surely has only what research may see."""

    target_class = EvidenceSerializer
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        if direction == "response":
            schema["required"] = sorted(self.target.research_fields)
        return schema
