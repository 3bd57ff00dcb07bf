"""Answer files and previews of images, with the headers that guard them."""

from typing import BinaryIO, cast

from django.http import HttpResponse, HttpResponseBase
from rest_framework.request import Request

from core.exceptions import Conflict
from core.ranges import not_modified, serve_file
from imagery import files, previews
from imagery.intake import explain_unreadable
from imagery.models import Image, Release
from imagery.storage import Storage

COLUMNS_READ = (
    "version", "owner", "study", "media_type", "rows", "size", "sha256", "original", "research_sha256", "research",
    "release_state",
)  # fmt: skip
SUFFIXES = {"application/dicom": ".dcm", "image/png": ".png", "image/jpeg": ".jpg"}
PNG = "image/png"


def answer_file(request: Request, image: Image, *, copy: bool) -> HttpResponseBase:
    """Answer the original or the research copy of an image, or the requested range of it."""
    storage, name, sha256 = stored_file(image, copy=copy)
    response = serve_file(
        request,
        lambda start, length: cast(BinaryIO, storage.stream(name, start, length)),
        size=storage.size(name) if copy else image.size,
        etag=f'"{sha256}"',
        filename=f"{image.pk}{SUFFIXES[image.copy_media_type if copy else image.media_type]}",
    )
    return guard(response)


def answer_preview(
    request: Request,
    image: Image,
    *,
    copy: bool,
    field: str = "id",
    frame: int = 0,
    size: int | None = None,
    window: tuple[float, float] | None = None,
) -> HttpResponseBase:
    """Answer one frame as a PNG; errors name `field` if it cannot be drawn."""
    refuse_without_picture(image)
    storage, name, sha256 = stored_file(image, copy=copy)
    etag = f'"{previews.preview_name(sha256, frame=frame, size=size, window=window)}"'
    if answer := not_modified(request, etag):
        return guard(answer)
    with explain_unreadable(field):
        png = previews.draw_preview(storage, name, sha256, frame=frame, size=size, window=window)
    return guard(HttpResponse(png, content_type=PNG, headers={"ETag": etag}))


def refuse_without_picture(image: Image) -> None:
    if image.release_state == Release.NO_PICTURE:
        raise Conflict(f"This image has no picture. {image.release_reason} Its file can be downloaded.")
    if not image.rows:
        raise Conflict("This object holds contours and no picture. Its file can be downloaded.")


def stored_file(image: Image, *, copy: bool) -> tuple[Storage, str, str]:
    """Return storage, name and SHA-256 of the original or the research copy. Raises `Conflict` without a copy."""
    if not copy:
        return files.originals(), image.original, image.sha256
    if not image.research:
        raise Conflict(f"This image has no research copy. {image.release_reason}")
    return files.research_copies(), image.research, image.research_sha256


def guard(response: HttpResponseBase) -> HttpResponseBase:
    """Forbid browsers to sniff, run or cache bytes that users have uploaded.

    A cache (`no-store`) would show a patient to the next person at that desk, without an event.
    """
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    return response
