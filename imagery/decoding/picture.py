"""PNG and JPEG files, described and drawn. Only these two readers of Pillow are ever given the bytes."""

import zlib
from io import SEEK_END
from typing import Any, BinaryIO

from PIL import ImageOps
from PIL.Image import Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from imagery.decoding.facts import PNG, Description
from imagery.decoding.limits import LIMITS, Limits
from imagery.decoding.reasons import Unreadable

EXIF_ORIENTATION = 0x0112
SIDEWAYS = {5, 6, 7, 8}  # orientations that swap rows and columns (Exif 2.32, 4.6.4)
TAIL = 64 * 1024  # bytes
BROKEN = (OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, zlib.error)  # what Pillow raises on damage


def describe_picture(file: BinaryIO, media_type: str, limits: Limits = LIMITS) -> Description:
    """Decode the whole picture. Rows and columns are as displayed, after the orientation that Exif asks for.

    A JPEG with further pictures behind the first (MPO: previews, gain maps) is taken as its first picture.
    """
    picture = open_picture(file, media_type, limits)
    _check_end(file, media_type)
    picture = open_picture(file, media_type, limits)
    _guarded(picture.load)
    width, height = picture.size
    if _guarded(picture.getexif).get(EXIF_ORIENTATION) in SIDEWAYS:
        width, height = height, width
    return Description(media_type, rows=height, columns=width)


def open_picture(file: BinaryIO, media_type: str, limits: Limits = LIMITS) -> Image:
    """The picture with its header read and no pixel decoded. Raises `too_wide`, `too_many_pixels`, `animated`."""
    file.seek(0)
    picture = _guarded(PngImageFile if media_type == PNG else JpegImageFile, file)
    if max(picture.size) > limits.side:
        raise Unreadable("too_wide")
    if picture.size[0] * picture.size[1] > limits.picture_pixels:
        raise Unreadable("too_many_pixels")
    if getattr(picture, "n_frames", 1) > 1:
        raise Unreadable("animated")
    return picture


def upright(picture: Image) -> Image:
    """The picture turned as its Exif orientation asks."""
    return ImageOps.exif_transpose(picture) or picture


def _check_end(file: BinaryIO, media_type: str) -> None:
    """What lost its end may still decode: a PNG must be whole to its last chunk, a JPEG must have an end marker."""
    if media_type == PNG:
        file.seek(0)
        _guarded(_guarded(PngImageFile, file).verify)
    else:
        file.seek(max(file.seek(0, SEEK_END) - TAIL, 0))
        if b"\xff\xd9" not in file.read():
            raise Unreadable("truncated")


def _guarded(work: Any, *arguments: Any) -> Any:
    try:
        return work(*arguments)
    except BROKEN as exc:
        raise Unreadable("truncated" if "truncated" in str(exc) else "undecodable") from exc
