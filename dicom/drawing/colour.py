"""Stored values as RGB of 8 bits a sample (PS3.3 C.7.6.3.1.2, C.7.6.3.1.5)."""

import numpy as np
from pydicom.dataset import Dataset
from pydicom.pixels import apply_color_lut, convert_color_space

from dicom.drawing.grayscale import STRIP_VALUES
from dicom.drawing.tables import MAX_ENTRY_BITS, Range, read_lut
from dicom.refusals import Unreadable

CHANNELS = ("Red", "Green", "Blue")
PARTS = ("Descriptor", "Data")


def to_rgb(frame: np.ndarray, photometric: str, stored: int) -> np.ndarray:
    """Convert a frame of three samples a pixel to RGB; deeper samples lose their lowest bits."""
    if frame.dtype.itemsize > 1:
        frame = (frame >> max(stored - 8, 0)).astype(np.uint8)
    if photometric in ("YBR_FULL", "YBR_FULL_422"):
        return from_ybr(frame)
    if photometric != "RGB":
        raise Unreadable("unsupported_pixels")
    return frame


def from_ybr(frame: np.ndarray) -> np.ndarray:
    """Convert strip by strip, since the conversion works in floats."""
    converted, rows = np.empty_like(frame), max(1, STRIP_VALUES // frame.shape[1])
    for top in range(0, len(frame), rows):
        converted[top : top + rows] = convert_color_space(frame[top : top + rows], "YBR_FULL", "RGB")
    return converted


def from_palette(frame: np.ndarray, header: Dataset, inputs: Range) -> np.ndarray:
    """Convert a frame of PALETTE COLOR to RGB."""
    unsigned = np.dtype(f"u{frame.dtype.itemsize}")
    values = np.arange(256**unsigned.itemsize, dtype=unsigned).view(frame.dtype)
    is_segmented = "RedPaletteColorLookupTableData" not in header
    table, bits = _segmented(values, header) if is_segmented else _plain(values, header, inputs)
    if table.max() < 256:  # tables of 8 bits are often declared as 16, because their entries lie in words
        bits = 8
    return (table >> (bits - 8)).astype(np.uint8)[frame.view(unsigned)]


def _plain(values: np.ndarray, header: Dataset, inputs: Range) -> tuple[np.ndarray, int]:
    """Return the colours of these values, and the bits of a colour."""
    luts = [
        read_lut(header, inputs, *(f"{channel}PaletteColorLookupTable{part}" for part in PARTS)) for channel in CHANNELS
    ]
    if None in luts:
        raise Unreadable("undecodable")
    table = np.stack([lut.apply(values) for lut in luts if lut], axis=-1)
    stated = max(lut.bits for lut in luts if lut)
    return table, stated if stated >= 8 and table.max() < 2**stated else MAX_ENTRY_BITS


def _segmented(values: np.ndarray, header: Dataset) -> tuple[np.ndarray, int]:
    """Read palettes that come in segments (PS3.3 C.7.9.2)."""
    table = apply_color_lut(values, header)[:, :3]
    return table, 8 * table.dtype.itemsize
