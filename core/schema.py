"""What OpenAPI says of every operation: its errors, and the headers that all share."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers


class ErrorSerializer(serializers.Serializer):
    """The one shape of every error."""

    detail = serializers.CharField(help_text="One sentence for a person.")
    code = serializers.CharField(help_text="One word for a program.")
    fields = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()), help_text="Sentences for each field that is meant."
    )


MEANINGS = {
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


class Schema(AutoSchema):
    def get_override_parameters(self) -> list[Any]:
        if self.method in ("PUT", "PATCH", "DELETE"):
            seen = "The `ETag` of the state that was read; 412 if it has changed since."
            return [OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, description=seen)]
        return []

    def _get_response_bodies(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        bodies = super()._get_response_bodies(*args, **kwargs)
        for status, meaning in MEANINGS.items():
            bodies.setdefault(str(status), self._error(meaning, str(status)))
        return bodies

    def _error(self, meaning: str, status: str) -> dict[str, Any]:
        return self._get_response_for_code(
            OpenApiResponse(ErrorSerializer, meaning), status, media_types=["application/json"]
        )
