"""PNG and JPEG: the pixels are drawn into a new image, and nothing else comes along.

The new image is always a PNG, for a JPEG as well: coding its pixels again with loss would change them a second time,
and a PNG's decoded pixels can be shown to be the original's. It holds the chunks IHDR, IDAT and IEND alone.
"""

import hashlib
import io

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from .errors import CannotBeCleaned
from .manifest import Box
from .pydicom_quiet import UNREADABLE
from .redaction import fill

FORMATS = ("PNG", "JPEG")
SIXTEEN_BITS = ("I;16", "I;16B", "I")


def new_picture(data: bytes, boxes: tuple[Box, ...]) -> tuple[bytes, str]:
    """A PNG of what the original shows, with the boxes in black; and the sha256 of its pixels.

    Raises:
        CannotBeCleaned: the file cannot be decoded.
        ValueError: a box lies outside the image.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as original:
            pixels = as_shown(original)
    except (*UNREADABLE, UnidentifiedImageError, Image.DecompressionBombError, SyntaxError):
        raise CannotBeCleaned("undecodable", "The picture cannot be decoded.") from None
    fill(pixels.reshape(1, *pixels.shape[:2], -1), boxes, 0)
    return png(pixels), hashlib.sha256(little_endian(pixels)).hexdigest()


def as_shown(original: Image.Image) -> np.ndarray:
    """The pixels upright, in sRGB or grey: 8 or 16 bits, rows × columns, or rows × columns × 3.

    What is transparent becomes black: colours that no viewer shows may spell a name.
    """
    original.load()
    profile = original.info.get("icc_profile")
    upright = ImageOps.exif_transpose(original)
    if upright.mode in SIXTEEN_BITS:
        return np.array(upright).astype(np.uint16)
    opaque = without_transparency(upright)
    shown = in_srgb(opaque, profile) if profile else opaque
    return np.array(shown if shown.mode == "L" else shown.convert("RGB"))


def without_transparency(picture: Image.Image) -> Image.Image:
    """One of the modes L, RGB and CMYK."""
    if picture.has_transparency_data:
        layers = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layers.size, (0, 0, 0, 255)), layers).convert("RGB")
    if picture.mode in ("L", "RGB", "CMYK"):
        return picture
    return picture.convert("L" if picture.mode == "1" else "RGB")


def in_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    """The colours that the embedded profile means. A profile that cannot be used leaves them as they are."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        return ImageCms.profileToProfile(picture, source, target, outputMode="RGB") or picture
    except ImageCms.PyCMSError:
        return picture


def png(pixels: np.ndarray) -> bytes:
    output = io.BytesIO()
    Image.fromarray(pixels).save(output, format="PNG")
    return output.getvalue()


def little_endian(pixels: np.ndarray) -> bytes:
    return pixels.astype(pixels.dtype.newbyteorder("<"), copy=False).tobytes()
