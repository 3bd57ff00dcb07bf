"""An image as PNG bytes without metadata."""

from io import BytesIO
from math import isfinite

from PIL import Image

from dicom.drawing.grayscale import Window
from dicom.limits import Limits
from dicom.refusals import Unreadable

MAX_SIDE = 4096  # pixels that may be requested


def check_request(size: int | None, window: Window | None) -> None:
    """Raises `bad_size` and `bad_window`."""
    if size is not None and not 1 <= size <= MAX_SIDE:
        raise Unreadable("bad_size")
    if window is not None and not (all(map(isfinite, window)) and window[1] > 0):
        raise Unreadable("bad_window")


def encode_png(image: Image.Image, size: int | None, limits: Limits) -> bytes:
    """Encode the pixels alone: profiles, comments and text stay behind. Images are made smaller, never larger."""
    if size:
        image.thumbnail((size, size), Image.Resampling.LANCZOS, reducing_gap=2.0)
    if image.width * image.height * len(image.getbands()) > limits.drawn:
        raise Unreadable("too_big_to_draw")
    bare = Image.new(image.mode, image.size)
    bare.paste(image)
    encoded = BytesIO()
    bare.save(encoded, "PNG", compress_level=3)
    return encoded.getvalue()
