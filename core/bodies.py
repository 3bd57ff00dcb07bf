"""Request bodies: a field that is unknown, read-only or given twice is a 400 that names it."""

import re
from collections.abc import Mapping
from typing import Any

from django.utils.datastructures import MultiValueDict
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

READ_ONLY = "This field is read-only. Leave it out."
TWICE = "Give this field once."
FORM_ONLY = frozenset({"csrfmiddlewaretoken"})  # Django's forms send it beside the fields
LISTS = (serializers.ListField, serializers.ListSerializer, serializers.ManyRelatedField)


class BodySerializer(serializers.Serializer):
    """The base of every serializer that reads a body, nested ones included."""

    def to_internal_value(self, data: Any) -> Any:
        """Name the fields that are refused together with those whose value is wrong."""
        refused = self.refused_fields(data) if isinstance(data, Mapping) else {}
        try:
            value = super().to_internal_value(data)
        except ValidationError as exc:
            raise ValidationError({**exc.detail, **refused} if isinstance(exc.detail, dict) else exc.detail) from None
        if refused:
            raise ValidationError(refused)
        return value

    def refused_fields(self, data: Mapping[str, Any]) -> dict[str, list[str]]:
        refusals = {str(name): self.refusal_of(str(name), data) for name in data}
        return {name: [sentence] for name, sentence in refusals.items() if sentence}

    def refusal_of(self, name: str, data: Mapping[str, Any]) -> str:
        """Return why a field of the body is refused, or "". A form names nested fields `identity.name`, `boxes[0]`."""
        is_form = isinstance(data, MultiValueDict)
        if is_form and name in FORM_ONLY:
            return ""
        first, rest = split_name(name) if is_form else (name, "")
        field: Any = self.fields.get(first)
        if field is None or (rest and not takes_part(field, rest)):
            return self.explain_unknown()
        if field.read_only:
            return READ_ONLY
        is_repeated = is_form and not isinstance(field, LISTS) and len(data.getlist(name)) > 1  # type: ignore[attr-defined]  # a QueryDict
        return TWICE if is_repeated else ""

    def explain_unknown(self) -> str:
        names = [name for name, field in self.fields.items() if not field.read_only]
        return f"There is no such field here. Known: {', '.join(names)}." if names else "This request takes no fields."


class NoBodySerializer(BodySerializer):
    """The body of a request that needs none."""


def split_name(name: str) -> tuple[str, str]:
    """Split the name of a form's field: `boxes[0]left` is `boxes` and `[0]left`."""
    first = re.split(r"[.\[]", name, maxsplit=1)[0]
    return first, name[len(first) :]


def takes_part(field: serializers.Field, part: str) -> bool:
    """Return whether a form may give a field in parts: `.name` of an object, `[0]` of a list."""
    return isinstance(field, LISTS if part.startswith("[") else serializers.Serializer)


def refuse_body(request: Request) -> None:
    """Refuse fields in the body of a request that needs none: its sender expects an effect of them."""
    NoBodySerializer(data=request.data).is_valid(raise_exception=True)
