"""One frame of a DICOM file, or a PNG or JPEG, as an image in 8-bit grey or RGB."""

from typing import BinaryIO

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset

from dicom.drawing.colour import from_palette, rgb
from dicom.drawing.grayscale import eight_bits, grey, through, window_step
from dicom.limits import Limits
from dicom.parsing.frames import Frames
from dicom.parsing.pictures import open_picture, upright
from dicom.refusals import Unreadable

GREY = ("1", "L", "I", "I;16", "I;16B")  # modes of Pillow with one sample a pixel
Window = tuple[float, float]  # center and width


def draw_frame(frames: Frames, header: Dataset, index: int, window: Window | None = None) -> Image.Image:
    """A frame of a DICOM file. Its pixels are drawn square, whatever their aspect ratio; overlays are left out."""
    if not 0 <= index < frames.layout.frames:
        raise Unreadable("no_such_frame")
    pixels, photometric = frames.decode(index)
    if photometric == "PALETTE COLOR":
        return Image.fromarray(from_palette(pixels, header))
    if frames.layout.samples == 3:
        return Image.fromarray(rgb(pixels, photometric, frames.layout.stored))
    return Image.fromarray(grey(pixels, header, index, window))


def draw_picture(file: BinaryIO, media_type: str, index: int, window: Window | None, limits: Limits) -> Image.Image:
    """A PNG or JPEG, upright. Grey takes a window in stored values; transparent parts are drawn on black."""
    picture = open_picture(file, media_type, limits)
    if index != 0:
        raise Unreadable("no_such_frame")
    picture = upright(picture)
    if picture.mode in GREY:
        return _grey_picture(picture, window)
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", picture.size, "black"), picture).convert("RGB")
    return picture.convert("RGB")


def _grey_picture(picture: Image.Image, window: Window | None) -> Image.Image:
    deep = picture.mode.startswith("I")
    values = np.asarray(picture).astype(np.uint16) if deep else np.asarray(picture.convert("L"))
    brightest = 65_535 if deep else 255
    step = window_step(*window) if window else window_step(brightest / 2, brightest, "LINEAR_EXACT")
    return Image.fromarray(through(values, lambda each: eight_bits(step(each))))
