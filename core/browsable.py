"""The forms of the browsable API keep what a person typed."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.forms import Form
from rest_framework.exceptions import APIException
from rest_framework.fields import Field, FileField, empty
from rest_framework.renderers import BrowsableAPIRenderer
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer, Serializer

if TYPE_CHECKING:  # the views read the settings, which name this module
    from rest_framework.views import APIView

EDITS = {"PUT", "PATCH"}  # the form for raw data serves both


class BrowsableRenderer(BrowsableAPIRenderer):
    """Show a refused form again as it was sent, and after a creation an empty one."""

    renderer_context: dict[str, Any]  # of the answer that is rendered

    def get_rendered_html_form(self, data: Any, view: "APIView", method: str, request: Request) -> Any:
        """Pass no created object on: Django REST framework would fill the form of the next one with it."""
        return super().get_rendered_html_form({} if method == "POST" else data, view, method, request)

    def render_form_for_serializer(self, serializer: BaseSerializer) -> Any:
        method = getattr(serializer.context.get("request"), "method", "")
        if isinstance(serializer, Serializer) and self.refused({method}):
            fill_in(serializer, self.values_sent())
        return super().render_form_for_serializer(serializer)

    def get_raw_data_form(self, data: Any, view: "APIView", method: str, request: Request) -> Any:
        form = super().get_raw_data_form(data, view, method, request)
        values = self.values_sent()
        if isinstance(form, Form) and self.refused(EDITS if method in EDITS else {method}) and type(values) is dict:
            form.fields["_content"].initial = json.dumps(values, indent=4, ensure_ascii=False)
        return form

    def refused(self, methods: set[str]) -> bool:
        """Return whether this answer refuses a request of one of these methods."""
        context = self.renderer_context
        return context["request"].method in methods and context["response"].status_code >= 400

    def values_sent(self) -> Any:
        """Return the body of the request, or nothing if it cannot be read."""
        with suppress(APIException):
            return self.renderer_context["request"].data
        return {}


def fill_in(serializer: Serializer, values: Any) -> None:
    """Let the fields of a form begin with these values. Files and passwords are entered again."""
    if not isinstance(values, Mapping):
        return
    for field in serializer.fields.values():
        value = empty if field.read_only else field.get_value(values)
        if isinstance(field, Serializer):
            fill_in(field, value)
        elif value is not empty and not isinstance(field, FileField) and "input_type" not in field.style:
            field.initial = value
            field.help_text = f"{describe_value(field, value)} {field.help_text or ''}".strip()


def describe_value(field: Field, value: Any) -> str:
    """Return what a field says to people of a value, if it can tell: `describe_value` of a field names a row."""
    describe = getattr(field, "describe_value", None)
    return str(describe(value)) if describe else ""
