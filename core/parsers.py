"""Reads JSON bodies, up to a size and a depth."""

from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from drf_orjson_renderer.parsers import ORJSONParser
from rest_framework.exceptions import ParseError

DEEPEST = 32  # levels; the deepest body that we take has four


class BoundedJSONParser(ORJSONParser):
    """orjson refuses NaN and a thousand levels; the bounds are ours, for what comes after recurses in Python."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        raw = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        if len(raw) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig("The JSON body is too large.")
        data = super().parse(BytesIO(raw), media_type, parser_context)
        if deeper_than(DEEPEST, data):
            raise ParseError(f"The JSON is nested more than {DEEPEST} levels deep.")
        return data


def deeper_than(levels: int, data: Any) -> bool:
    level = [data]
    for _ in range(levels):
        level = [item for node in level for item in inside(node)]
    return any(isinstance(node, dict | list) for node in level)


def inside(node: Any) -> Any:
    if isinstance(node, dict):
        return node.values()
    return node if isinstance(node, list) else ()
