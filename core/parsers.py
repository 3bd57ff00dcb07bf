"""JSON bodies, limited in size and depth."""

from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import BinaryIO

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from drf_orjson_renderer.parsers import ORJSONParser
from rest_framework.exceptions import ParseError

MAX_JSON_DEPTH = 32  # levels; the deepest body that the API accepts has four


class BoundedJSONParser(ORJSONParser):
    """Refuse NaN, as orjson does, and bodies so deep that Python's recursion would end on them."""

    def parse(
        self, stream: BinaryIO, media_type: str | None = None, parser_context: Mapping[str, object] | None = None
    ) -> object:
        raw = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        if len(raw) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig("The JSON body is too large.")
        data = super().parse(BytesIO(raw), media_type, parser_context)
        if is_too_deep(data):
            raise ParseError(f"The JSON is nested more than {MAX_JSON_DEPTH} levels deep.")
        return data


def is_too_deep(data: object) -> bool:
    level = [data]
    for _ in range(MAX_JSON_DEPTH):
        level = [item for node in level for item in items_of(node)]
    return any(isinstance(node, dict | list) for node in level)


def items_of(node: object) -> Iterable[object]:
    if isinstance(node, dict):
        return node.values()
    return node if isinstance(node, list) else ()
