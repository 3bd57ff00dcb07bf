"""One frame as a PNG for people to look at."""

from io import BytesIO
from math import isfinite
from typing import BinaryIO

from PIL import Image

from dicom.description import DICOM
from dicom.drawing.frame import Window, draw_frame, draw_picture
from dicom.formats import recognise
from dicom.limits import LIMITS, Limits
from dicom.parsing.attributes import WANTED
from dicom.parsing.frames import Frames
from dicom.parsing.part10 import open_part10
from dicom.refusals import Unreadable

LARGEST_SIDE = 4096  # pixels that may be asked for


def render_file(
    file: BinaryIO,
    *,
    frame: int = 0,
    size: int | None = None,
    window: Window | None = None,
    limits: Limits = LIMITS,
) -> bytes:
    """A frame as PNG bytes without any metadata. Raises `Unreadable`."""
    check_wishes(size, window)
    media_type = recognise(file)
    if media_type == DICOM:
        part10 = open_part10(file, limits)
        header = part10.header(WANTED)
        image = draw_frame(Frames(part10, header), header, frame, window)
    else:
        image = draw_picture(file, media_type, frame, window, limits)
    if size:
        image.thumbnail((size, size), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return png(image, limits)


def check_wishes(size: int | None, window: Window | None) -> None:
    """Raises `bad_size` and `bad_window`."""
    if size is not None and not 1 <= size <= LARGEST_SIDE:
        raise Unreadable("bad_size")
    if window is not None and not (all(map(isfinite, window)) and window[1] > 0):
        raise Unreadable("bad_window")


def png(image: Image.Image, limits: Limits) -> bytes:
    """The pixels alone, in a new image: what came with them (profiles, comments, text) stays behind."""
    if image.width * image.height * len(image.getbands()) > limits.drawn:
        raise Unreadable("too_big_to_draw")
    bare = Image.new(image.mode, image.size)
    bare.paste(image)
    encoded = BytesIO()
    bare.save(encoded, "PNG", compress_level=3)
    return encoded.getvalue()
