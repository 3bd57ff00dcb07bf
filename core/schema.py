"""Describe every operation in the OpenAPI schema: its errors, and the header that all changes share."""

from collections.abc import Callable, Iterable
from itertools import product
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.generics import GenericAPIView


class ErrorSerializer(serializers.Serializer):
    """The one form of every error."""

    detail = serializers.CharField(help_text="One sentence for a person.")
    code = serializers.CharField(help_text="One word for a program.")
    fields = serializers.DictField(  # type: ignore[assignment]  # DRF takes fields out of the class
        child=serializers.ListField(child=serializers.CharField()), help_text="Sentences for each field at fault."
    )


ERRORS = {
    400: "The request is invalid; `fields` says where.",
    401: "The token is missing or has expired.",
    403: "You may not do this.",
    404: "There is no such object, or you may not see it.",
    405: "This path does not support this method.",
    406: "The answer has no media type that the client accepts.",
    409: "This conflicts with the current state of the object.",
    412: "The object has changed since you read it (`If-Match`).",
    413: "The request body is too large.",
    415: "This path does not accept the body's media type.",
    429: "Too many requests. Wait.",
    503: "Harrison is busy. Try again in a moment.",
}
METHODS = ("get", "post", "put", "patch", "delete")
# Of the actions that all viewsets share; the others name theirs by `extend_schema`.
SUMMARIES = {
    "list": "List {many}",
    "create": "Create {one}",
    "retrieve": "Read {one}",
    "update": "Replace {one}",
    "partial_update": "Change {one}",
    "destroy": "Archive {one}",
    "restore": "Restore {one}",
    "history": "List the changes of {one}",
}
JSON = "application/json"
FHIR_JSON = "application/fhir+json"  # its errors are OperationOutcome resources
Endpoint = tuple[str, str, str, Callable[..., object]]


class Schema(AutoSchema):
    def get_summary(self) -> str | None:
        template = SUMMARIES.get(getattr(self.view, "action", ""))
        if template is None:
            return None
        view: Any = self.view
        model = view.queryset.model._meta
        article = "an" if model.verbose_name[0] in "aeiou" else "a"
        return template.format(one=f"{article} {model.verbose_name}", many=model.verbose_name_plural)

    def get_auth(self) -> list[dict[str, Any]]:
        """Declare no security where no authentication is read, so that generated clients ask for no token there."""
        return super().get_auth() if self.view.authentication_classes else []

    def map_parsers(self) -> list[str]:
        """Declare JSON alone where a path accepts it. The other types serve the forms of the browsable API."""
        media_types: list[str] = super().map_parsers()
        return [JSON] if JSON in media_types else media_types

    def get_response_serializers(self) -> Any:
        """Describe the answer to a creation or a restoration by the serializer of one object."""
        if isinstance(self.view, GenericAPIView) and getattr(self.view, "action", None) in ("create", "restore"):
            return type(self.view).serializer_class
        return super().get_response_serializers()

    def get_override_parameters(self) -> list[Any]:
        if self.method not in ("PUT", "PATCH", "DELETE"):
            return []
        description = "The `ETag` of the state that you read; 412 if it has changed since."
        return [OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, description=description)]


def keep_dollar_signs(endpoints: list[Endpoint], **context: object) -> list[Endpoint]:
    """Keep the `$` of FHIR operations, which drf-spectacular drops as the end of a pattern (a preprocessing hook)."""
    return [(f"/{route}" if "/$" in route else path, route, method, view) for path, route, method, view in endpoints]


def add_error_responses(result: dict[str, Any], **context: object) -> dict[str, Any]:
    """Add every error that an operation does not describe itself (a postprocessing hook of drf-spectacular).

    Views whose errors mean more name `ErrorSerializer`, so the schema has its component.
    """
    error = {"schema": {"$ref": "#/components/schemas/Error"}}
    for operation, (status, meaning) in product(list_operations(result["paths"]), ERRORS.items()):
        fhir = FHIR_JSON in operation["responses"].get("200", {}).get("content", {})
        content = {name: {"schema": {"type": "object"}} for name in (JSON, FHIR_JSON)} if fhir else {JSON: error}
        operation["responses"].setdefault(str(status), {"content": content, "description": meaning})
    return result


def list_operations(paths: dict[str, dict[str, Any]]) -> Iterable[dict[str, Any]]:
    return [path[method] for path in paths.values() for method in METHODS if method in path]
