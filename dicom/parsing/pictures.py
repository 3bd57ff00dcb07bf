"""PNG and JPEG files. Only these two readers of Pillow ever see the bytes."""

import io
import struct
import zlib
from collections.abc import Callable
from typing import BinaryIO, TypeVar

import numpy as np
from PIL import Image, ImageCms
from PIL.Image import Transpose
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from dicom.description import Description
from dicom.formats import PNG
from dicom.limits import Limits
from dicom.parsing.codestream import END, END_OF_JPEG, SCAN, START_OF_SCAN, jpeg_segments
from dicom.refusals import Unreadable

EXIF_ORIENTATION = 0x0112
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHUNK_FRAME = 12  # bytes of a chunk around its data
BIT_DEPTH_AT = 24  # byte of a PNG, in its IHDR
GREY_MODES = ("1", "L")  # modes of Pillow with 8 bits a sample or fewer
SIXTEEN_BITS = ("I;16", "I;16B", "I")  # modes of Pillow with one sample a pixel
TO_UPRIGHT = {  # what turns each orientation upright (Exif 2.32, 4.6.4)
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
# What Pillow raises over damage.
DAMAGE = (OSError, SyntaxError, ValueError, TypeError, LookupError, struct.error, zlib.error)
Result = TypeVar("Result")


def read_picture(file: BinaryIO, media_type: str, limits: Limits) -> np.ndarray:
    """Decode the whole picture as people see it: 8 or 16 bits, rows × columns or rows × columns × 3.

    It is upright, in sRGB or grey. Transparent parts are black: colours that no viewer shows may spell a name. A JPEG
    with further pictures behind the first (MPO: previews, gain maps) is read as its first picture.

    Raises `too_wide`, `too_many_pixels`, `animated`, `truncated`, `undecodable`.
    """
    _open_picture(file, media_type, limits)
    _check_end(file, media_type)
    picture = _open_picture(file, media_type, limits)
    _guard(picture.load)
    return _guard(shown_pixels, picture, _transparent_grey(file, picture))


def describe_picture(pixels: np.ndarray, media_type: str) -> Description:
    return Description(media_type, rows=pixels.shape[0], columns=pixels.shape[1])


def _open_picture(file: BinaryIO, media_type: str, limits: Limits) -> Image.Image:
    """Read the header of the picture and none of its pixels."""
    file.seek(0)
    picture: Image.Image = _guard(PngImageFile if media_type == PNG else JpegImageFile, file)
    if max(picture.size) > limits.side:
        raise Unreadable("too_wide")
    if picture.size[0] * picture.size[1] > limits.picture_pixels:
        raise Unreadable("too_many_pixels")
    if getattr(picture, "n_frames", 1) > 1:
        raise Unreadable("animated")
    return picture


def _transparent_grey(file: BinaryIO, picture: Image.Image) -> int | None:
    """Return the value of the pixels that a grey PNG makes transparent (chunk tRNS); None if there is none.

    Pillow stretches pixels of 1, 2 and 4 bits to 8, and leaves this value as it is written.
    """
    value = picture.info.get("transparency")
    if picture.mode not in (*GREY_MODES, *SIXTEEN_BITS) or not isinstance(value, int):
        return None
    file.seek(BIT_DEPTH_AT)
    depth = file.read(1)[0]
    return value % 2**depth * (255 // (2**depth - 1) if depth < 8 else 1)


def shown_pixels(picture: Image.Image, transparent_grey: int | None = None) -> np.ndarray:
    profile = picture.info.get("icc_profile")
    turn = TO_UPRIGHT.get(_orientation(picture))
    upright = picture if turn is None else picture.transpose(turn)
    if upright.mode in SIXTEEN_BITS:
        return _blackened(np.array(upright).astype(np.uint16), transparent_grey)
    opaque = _without_transparency(upright, transparent_grey)
    shown = _in_srgb(opaque, profile) if profile else opaque
    return np.array(shown if shown.mode == "L" else shown.convert("RGB"))


def _orientation(picture: Image.Image) -> int:
    """Read the Exif orientation, 1 (upright) if there is none or it is unreadable: many cameras write broken Exif."""
    try:
        return int(picture.getexif().get(EXIF_ORIENTATION, 1))
    except DAMAGE:
        return 1


def _blackened(pixels: np.ndarray, value: int | None) -> np.ndarray:
    """Return grey pixels, those of this value black."""
    return pixels if value is None else np.where(pixels == value, 0, pixels).astype(pixels.dtype)


def _without_transparency(picture: Image.Image, transparent_grey: int | None) -> Image.Image:
    """Convert to one of the modes L, RGB and CMYK."""
    if transparent_grey is not None:
        return Image.fromarray(_blackened(np.array(picture.convert("L")), transparent_grey))
    if picture.has_transparency_data:
        layers = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layers.size, (0, 0, 0, 255)), layers).convert("RGB")
    if picture.mode in ("L", "RGB", "CMYK"):
        return picture
    return picture.convert("L" if picture.mode == "1" else "RGB")


def _in_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    """Convert to the colours that the embedded profile means. A profile that cannot be used leaves them as they are."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        return ImageCms.profileToProfile(picture, source, target, outputMode="RGB") or picture
    except (ImageCms.PyCMSError, *DAMAGE):
        return picture


def _check_end(file: BinaryIO, media_type: str) -> None:
    """Refuse a file that lost its end and may still decode: a PNG needs its last chunk, a JPEG its end marker.

    Bytes behind that end, such as the video of a motion photo, are no part of the picture.
    """
    if not (_has_last_chunk if media_type == PNG else _has_end_marker)(file):
        raise Unreadable("truncated")
    if media_type == PNG:
        file.seek(0)
        _guard(_guard(PngImageFile, file).verify)  # the checksum of every chunk


def _has_last_chunk(file: BinaryIO) -> bool:
    """Walk from chunk to chunk (PNG 5.3): length, type, data and checksum."""
    position, end = len(PNG_SIGNATURE), file.seek(0, io.SEEK_END)
    while position + CHUNK_FRAME <= end:
        file.seek(position)
        length, kind = struct.unpack(">L4s", file.read(8))
        position += CHUNK_FRAME + length
        if kind == b"IEND":
            return position <= end
    return False


def _has_end_marker(file: BinaryIO) -> bool:
    """Whether an end marker follows a scan. One before the scan is that of a thumbnail.

    Where a segment has a wrong length, which decoders forgive, the last markers of the file tell.
    """
    file.seek(0)
    content, has_scan = file.read(), False
    for marker, _, _ in jpeg_segments(content):
        if marker == END and has_scan:
            return True
        has_scan |= marker == SCAN
    return content.rfind(END_OF_JPEG) > content.rfind(START_OF_SCAN)


def _guard(call: Callable[..., Result], *arguments: object) -> Result:
    try:
        return call(*arguments)
    except DAMAGE as exc:
        raise Unreadable("truncated" if "truncated" in str(exc).lower() else "undecodable") from exc
