"""Reads JSON bodies, up to a size."""

from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from drf_orjson_renderer.parsers import ORJSONParser


class BoundedJSONParser(ORJSONParser):
    """orjson refuses deep nesting and NaN; the bound is ours, for Django's covers forms only."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        raw = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        if len(raw) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig("The JSON body is too large.")
        return super().parse(BytesIO(raw), media_type, parser_context)
