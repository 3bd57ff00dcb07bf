"""PNG and JPEG files, described and drawn. Only these two readers of Pillow are ever given the bytes."""

import struct
import zlib
from io import SEEK_END
from typing import Any, BinaryIO

from PIL.Image import Image, Transpose
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from dicom.description import PNG, Description
from dicom.limits import LIMITS, Limits
from dicom.refusals import Unreadable

EXIF_ORIENTATION = 0x0112
SIDEWAYS = {5, 6, 7, 8}  # orientations that swap rows and columns (Exif 2.32, 4.6.4)
TAIL = 64 * 1024  # bytes
LAST_CHUNK = b"IEND\xae\x42\x60\x82"  # with its checksum
START_OF_SCAN, END_OF_IMAGE = b"\xff\xda", b"\xff\xd9"  # JPEG markers
UPRIGHT = {  # what turns each orientation upright
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
DAMAGE = (OSError, SyntaxError, ValueError, TypeError, LookupError, struct.error, zlib.error)  # as Pillow reports it


def describe_picture(file: BinaryIO, media_type: str, limits: Limits = LIMITS) -> Description:
    """Decode the whole picture. Rows and columns are as displayed, after the orientation that Exif asks for.

    A JPEG with further pictures behind the first (MPO: previews, gain maps) is taken as its first picture.
    """
    picture = open_picture(file, media_type, limits)
    _check_end(file, media_type)
    picture = open_picture(file, media_type, limits)
    _guarded(picture.load)
    width, height = picture.size
    if orientation(picture) in SIDEWAYS:
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
    _guarded(picture.load)
    turn = UPRIGHT.get(orientation(picture))
    return picture if turn is None else picture.transpose(turn)


def orientation(picture: Image) -> int:
    """The Exif orientation, 1 (upright) where there is none or it cannot be read: many cameras write broken Exif."""
    try:
        return int(picture.getexif().get(EXIF_ORIENTATION, 1))
    except DAMAGE:
        return 1


def _check_end(file: BinaryIO, media_type: str) -> None:
    """What lost its end may still decode: a PNG must be whole to its last chunk, a JPEG must have an end marker."""
    file.seek(max(file.seek(0, SEEK_END) - TAIL, 0))
    tail = file.read()
    whole = LAST_CHUNK in tail if media_type == PNG else tail.rfind(END_OF_IMAGE) > tail.rfind(START_OF_SCAN)
    if not whole:  # an end marker before a scan is that of the thumbnail
        raise Unreadable("truncated")
    if media_type == PNG:
        file.seek(0)
        _guarded(_guarded(PngImageFile, file).verify)  # the checksum of every chunk


def _guarded(work: Any, *arguments: Any) -> Any:
    try:
        return work(*arguments)
    except DAMAGE as exc:
        raise Unreadable("truncated" if "truncated" in str(exc).lower() else "undecodable") from exc
