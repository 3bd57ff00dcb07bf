"""Serializer fields that more than one app needs."""

from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.dates import parse_date
from core.models import Record

ValidatedData = dict[str, Any]  # of a serializer, by field name


@extend_schema_field(OpenApiTypes.UUID)
class Ref(serializers.PrimaryKeyRelatedField):
    """A relation named by id, looked up among the rows that the user may see (`scope`).

    An invisible row and an unknown id get the same sentence. Archived rows are refused.
    `along` names a relation of the row to read in the same query.
    The browsable API shows a text box, because a select box would list every row.
    """

    default_error_messages = {
        "does_not_exist": "There is no such object.",
        "archived": "This is archived: restore it first.",
    }

    def __init__(self, model: type[Record], scope: str = "visible_to", *, along: str = "", **kwargs: Any) -> None:
        self.model, self.scope, self.along = model, scope, along
        kwargs.setdefault("pk_field", serializers.UUIDField())
        kwargs.setdefault("style", {"base_template": "input.html"})
        super().__init__(queryset=model._default_manager.none(), **kwargs)  # `to_internal_value` looks rows up

    def to_internal_value(self, data: Any) -> Record:
        pk = serializers.UUIDField().to_internal_value(data)
        rows = getattr(self.model._default_manager, self.scope)(self.context["request"].user)
        record = (rows.select_related(self.along) if self.along else rows).filter(pk=pk).first()
        if record is None:
            self.fail("does_not_exist")
        if record.archived:
            self.fail("archived")
        return record

    def get_choices(self, cutoff: int | None = None) -> dict:
        return {}


class TrueOrFalse(serializers.BooleanField):
    """A boolean: true or false, in JSON or as words. Clients disagree about yes, on and 1."""

    default_error_messages = {"invalid": "Use true or false."}

    def to_internal_value(self, data: Any) -> bool:
        if isinstance(data, bool):
            return data
        if data not in ("true", "false"):
            self.fail("invalid")
        return bool(data == "true")


class IsoDateField(serializers.DateField):
    """A date as ISO 8601 writes it: 2026-01-31."""

    def to_internal_value(self, value: Any) -> date:
        if type(value) is date:
            return value
        try:
            return parse_date(str(value))
        except ValueError as exc:
            raise serializers.ValidationError(str(exc)) from None


def describe_user(user: AbstractBaseUser | None) -> dict[str, str] | None:
    """Name a user in an answer."""
    return {"id": str(user.pk), "username": user.get_username()} if user else None


@extend_schema_field(
    {
        "type": ["object", "null"],
        "properties": {"id": {"type": "string", "format": "uuid"}, "username": {"type": "string"}},
        "required": ["id", "username"],
    }
)
class PersonField(serializers.Field):
    """A user, read-only: id and username."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, user: AbstractBaseUser | None) -> dict[str, str] | None:
        return describe_user(user)


NIL = UUID(int=0)


@extend_schema_field(OpenApiTypes.URI)
class Link(serializers.Field):
    """The address of a route for the id in a column, for people and programs to follow; null without an id.

    `filter` names the filter of a list that takes the id; otherwise it is part of the path.
    """

    def __init__(self, route: str, column: str = "id", *, filter: str = "", **kwargs: Any) -> None:
        self.route, self.column, self.filter = route, column, filter
        super().__init__(read_only=True, source=column, **kwargs)

    def pattern(self, origin: str) -> str:
        """Return the address with `{}` for the id."""
        return origin + path_pattern(self.route, self.filter)

    def to_representation(self, id: UUID) -> str:
        return self.pattern(origin_of(self.context)).format(id)


@cache
def path_pattern(route: str, filter: str) -> str:
    return f"{reverse(route)}?{filter}={{}}" if filter else reverse(route, args=[NIL]).replace(str(NIL), "{}")


def origin_of(context: Any) -> str:
    """Return scheme and host of the request, once for each answer; nothing without a request."""
    if "origin" not in context and "request" in context:
        context["origin"] = context["request"].build_absolute_uri("/").removesuffix("/")
    return str(context.get("origin", ""))
