"""Answers that are bytes: which are meant, under which tag, and how they are guarded."""

from functools import partial
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from rest_framework.request import Request

from core.exceptions import Conflict
from core.ranges import not_modified, serve_file
from imagery import intake, previews
from imagery.models import Image

COLUMNS_READ = (
    "version",
    "owner",
    "media_type",
    "size",
    "sha256",
    "original",
    "research_sha256",
    "research",
)  # columns
SUFFIX = {"application/dicom": ".dcm", "image/png": ".png", "image/jpeg": ".jpg"}


def as_kept(request: Request, image: Image, *, copy: bool) -> HttpResponseBase:
    """A file, or what is asked of it."""
    file, sha256 = stored(image, copy=copy)
    answer = serve_file(
        request,
        partial(file.storage.stream, file.name),
        size=file.storage.size(file.name) if copy else image.size,
        etag=f'"{sha256}"',
        filename=f"{image.pk}{SUFFIX[image.copy_media_type if copy else image.media_type]}",
    )
    return guarded(answer)


def as_picture(request: Request, image: Image, *, copy: bool, field: str = "id", **asked: Any) -> HttpResponseBase:
    """A PNG of one frame; `field` is what is named where it cannot be drawn."""
    file, sha256 = stored(image, copy=copy)
    etag = f'"{previews.name_of(sha256, **asked)}"'
    if answer := not_modified(request, etag):
        return guarded(answer)
    with intake.readable(field):
        picture = previews.preview(file, sha256, **asked)
    return guarded(HttpResponse(picture, content_type="image/png", headers={"ETag": etag}))


def stored(image: Image, *, copy: bool) -> tuple[Any, str]:
    """Which bytes of an image are meant, and their SHA-256: whoever does not see it whole has the copy alone."""
    if not copy:
        return image.original, image.sha256
    if not image.research:
        raise Conflict(f"There is no research copy of this image. {image.release_reason}")
    return image.research, image.research_sha256


def guarded(response: HttpResponseBase) -> HttpResponseBase:
    """Bytes of strangers: never sniffed, never run, never kept by a cache on the way.

    Nor by the browser's (`no-store`), which would show a patient to the next person at that desk, and without an event.
    """
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    return response
