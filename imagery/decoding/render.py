"""One frame as a PNG for people to look at."""

from io import BytesIO
from math import isfinite
from typing import BinaryIO

import numpy as np
from PIL import Image
from pydicom.datadict import tag_for_keyword

from imagery.decoding.colour import from_palette, rgb
from imagery.decoding.facts import DICOM
from imagery.decoding.frames import Frames
from imagery.decoding.limits import LIMITS, Limits
from imagery.decoding.part10 import open_part10
from imagery.decoding.picture import open_picture, upright
from imagery.decoding.reasons import Unreadable
from imagery.decoding.recognise import recognise
from imagery.decoding.shades import grey, through, window_step

LARGEST_SIDE = 4096  # pixels that may be asked for
PERFRAME = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
WANTED = frozenset(int(tag_for_keyword(keyword) or 0) for keyword in PERFRAME)
Window = tuple[float, float]


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
    draw = draw_dicom if media_type == DICOM else draw_picture
    image = draw(file, frame, window, limits)
    if size:
        image.thumbnail((size, size), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return png(image, limits)


def check_wishes(size: int | None, window: Window | None) -> None:
    """Raises `bad_size` and `bad_window`."""
    if size is not None and not 1 <= size <= LARGEST_SIDE:
        raise Unreadable("bad_size")
    if window is not None and not (all(map(isfinite, window)) and window[1] > 0):
        raise Unreadable("bad_window")


def draw_dicom(file: BinaryIO, index: int, window: Window | None, limits: Limits) -> Image.Image:
    """A frame of a DICOM file in grey or RGB; pixels are drawn square, whatever their aspect ratio."""
    part10 = open_part10(file, limits)
    header = part10.header(WANTED)
    frames = Frames(part10, header)
    if not 0 <= index < frames.layout.frames:
        raise Unreadable("no_such_frame")
    pixels, photometric = frames.decode(index)
    if photometric == "PALETTE COLOR":
        return Image.fromarray(from_palette(pixels, header))
    if frames.layout.samples == 3:
        return Image.fromarray(rgb(pixels, photometric, frames.layout.stored))
    return Image.fromarray(grey(pixels, header, index, window))


def draw_picture(file: BinaryIO, index: int, window: Window | None, limits: Limits) -> Image.Image:
    """A PNG or JPEG in grey or RGB. Grey takes a window; transparent parts are drawn on black."""
    picture = open_picture(file, recognise(file), limits)
    if index != 0:
        raise Unreadable("no_such_frame")
    picture = upright(picture)
    if picture.mode.startswith("I") or (window and picture.mode in ("1", "L")):
        depth = 1 if picture.mode in ("1", "L") else 2
        values = np.asarray(picture.convert("L") if depth == 1 else picture).astype(np.dtype(f"u{depth}"))
        step = window_step(*window) if window else lambda each: each / float(256**depth - 1)
        return Image.fromarray(through(values, lambda each: np.rint(np.clip(step(each), 0, 1) * 255).astype(np.uint8)))
    if picture.mode in ("1", "L"):
        return picture.convert("L")
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", picture.size, "black"), picture).convert("RGB")
    return picture.convert("RGB")


def png(image: Image.Image, limits: Limits) -> bytes:
    """The pixels alone, in a new image: what came with them (profiles, comments, text) stays behind."""
    bare = Image.new(image.mode, image.size)
    bare.paste(image)
    encoded = BytesIO()
    bare.save(encoded, "PNG", compress_level=3)
    if encoded.tell() > limits.answer:
        raise Unreadable("too_costly")
    return encoded.getvalue()
