"""Serve files whole, in part or not at all (RFC 9110 sections 13 and 14), in small pieces whatever their size."""

import re
from collections.abc import Callable
from typing import BinaryIO

from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from rest_framework import status
from rest_framework.request import Request

from core.exceptions import RangeNotSatisfiable

ONE_RANGE = re.compile(r"bytes=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*", re.IGNORECASE)


class StreamedFile(FileResponse):
    block_size = 64 * 1024  # bytes; larger blocks are no faster, and each slow client holds several


def serve_file(
    request: Request, open_part: Callable[[int, int], BinaryIO], *, size: int, etag: str, filename: str
) -> HttpResponseBase:
    """Answer a download with the requested bytes; `open_part(start, length)` opens them.

    Raises `RangeNotSatisfiable` (416).
    """
    if answer := not_modified(request, etag):
        return answer
    part = requested_range(request, size, etag)
    start, stop = part or (0, size)
    response = StreamedFile(open_part(start, stop - start), as_attachment=True, filename=filename)
    response.headers["Content-Length"] = str(stop - start)
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["ETag"] = etag
    if part:
        response.status_code = status.HTTP_206_PARTIAL_CONTENT
        response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return response


def not_modified(request: Request, etag: str) -> HttpResponse | None:
    """Answer 304 if the client has these bytes already (`If-None-Match`), otherwise None."""
    response = get_conditional_response(request, etag=etag)
    if response is not None:
        response.headers["ETag"] = etag
    return response


def requested_range(request: Request, size: int, etag: str) -> tuple[int, int] | None:
    """Return where the requested part starts and stops, or None for the whole file.

    Several ranges, a malformed range, another method than GET and an outdated `If-Range` all get the whole file.
    """
    match = ONE_RANGE.fullmatch(request.headers.get("Range", "").strip())
    if not match or request.method != "GET" or request.headers.get("If-Range", etag) != etag:
        return None
    first, last = match.groups()
    if not (first or last) or (first and last and int(last) < int(first)):
        return None
    start = int(first) if first else max(size - int(last), 0)
    if start >= size:
        raise RangeNotSatisfiable(size)
    return start, min(int(last) + 1, size) if first and last else size
