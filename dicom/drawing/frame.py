"""One frame of a DICOM file, or a PNG or JPEG, as an image in 8-bit grey or RGB."""

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset

from dicom.drawing.colour import from_palette, to_rgb
from dicom.drawing.grayscale import Window, apply_by_table, grayscale, to_uint8, window_step
from dicom.parsing.frames import Frames


def draw_frame(frames: Frames, header: Dataset, index: int, window: Window | None = None) -> Image.Image:
    """Draw one frame of a DICOM file.

    Its pixels are drawn square, whatever their aspect ratio; overlays are left out. Colour takes no window.
    """
    (pixels, photometric), layout = frames.decode(index), frames.layout
    if photometric == "PALETTE COLOR":
        return Image.fromarray(from_palette(pixels, header, layout.value_range))
    if pixels.ndim == 3:
        return Image.fromarray(to_rgb(pixels, photometric, layout.stored))
    return Image.fromarray(grayscale(pixels, header, index, window, layout.value_range))


def draw_picture(pixels: np.ndarray, window: Window | None = None) -> Image.Image:
    """Draw the pixels of a PNG or JPEG. Grey takes a window in stored values."""
    if pixels.ndim == 3:
        return Image.fromarray(pixels)
    brightest = 65_535 if pixels.dtype.itemsize > 1 else 255
    step = window_step(*window) if window else window_step(brightest / 2, brightest, "LINEAR_EXACT")
    return Image.fromarray(apply_by_table(pixels, lambda values: to_uint8(step(values))))
