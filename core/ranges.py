"""Bytes served whole, in part or not at all (RFC 9110 sections 13 and 14), piece by piece, whatever their size."""

import re
from collections.abc import Callable
from typing import Any

from django.http import FileResponse, HttpResponseBase, HttpResponseNotModified
from django.utils.http import parse_etags
from rest_framework import status
from rest_framework.request import Request

from core.exceptions import RangeNotSatisfiable

ONE_RANGE = re.compile(r"bytes=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*", re.IGNORECASE)


class Bytes(FileResponse):
    block_size = 64 * 1024  # bytes; larger pieces are no quicker (50 MB behind granian), and slow clients hold several


def serve(
    request: Request, opened: Callable[[int, int], Any], *, size: int, etag: str, filename: str
) -> HttpResponseBase:
    """The bytes that are asked for, as a download. `opened(start, length)` gives what to read and to close.

    Raises `RangeNotSatisfiable` (416).
    """
    if has(request, etag, "*"):
        return HttpResponseNotModified(headers={"ETag": etag})
    part = wanted(request, size, etag)
    start, after = part or (0, size)
    response = Bytes(opened(start, after - start), as_attachment=True, filename=filename)
    response.headers["Content-Length"] = str(after - start)
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["ETag"] = etag
    if part:
        response.status_code = status.HTTP_206_PARTIAL_CONTENT
        response.headers["Content-Range"] = f"bytes {start}-{after - 1}/{size}"
    return response


def has(request: Request, *etags: str) -> bool:
    """Whether the client says that it has these bytes (`If-None-Match`, section 13.1.2).

    `*`, which means any bytes, is among `etags` where it is known already that there are some.
    """
    had = {tag.removeprefix("W/") for tag in parse_etags(request.headers.get("If-None-Match", ""))}
    return not had.isdisjoint(etags)


def wanted(request: Request, size: int, etag: str) -> tuple[int, int] | None:
    """The first byte and the one after the last; None means the whole.

    That is also the answer to several ranges, to what is no range, to other methods than GET, and to an `If-Range`
    that names other bytes than these.
    """
    asked = ONE_RANGE.fullmatch(request.headers.get("Range", "").strip())
    if not asked or request.method != "GET" or request.headers.get("If-Range", etag) != etag:
        return None
    first, last = asked.groups()
    if first:
        return between(int(first), int(last) if last else None, size)
    return between(max(size - int(last), 0), None, size) if last else None


def between(first: int, last: int | None, size: int) -> tuple[int, int] | None:
    if last is not None and last < first:
        return None
    if first >= size:
        raise RangeNotSatisfiable(size)
    return first, size if last is None else min(last + 1, size)
