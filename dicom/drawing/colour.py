"""Stored values as RGB of 8 bits a sample (PS3.3 C.7.6.3.1.2, C.7.6.3.1.5)."""

import numpy as np
from pydicom.dataset import Dataset
from pydicom.pixels import apply_color_lut, convert_color_space

from dicom.drawing.grayscale import STRIP_VALUES, lut_entries
from dicom.refusals import Unreadable

CHANNELS = ("Red", "Green", "Blue")


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


def from_palette(frame: np.ndarray, header: Dataset) -> np.ndarray:
    """Convert a frame of PALETTE COLOR to RGB."""
    unsigned = np.dtype(f"u{frame.dtype.itemsize}")
    values = np.arange(256**unsigned.itemsize, dtype=unsigned).view(frame.dtype.newbyteorder("="))
    table = _segmented(values, header) if "RedPaletteColorLookupTableData" not in header else _plain(values, header)
    return table[frame.astype(frame.dtype.newbyteorder("="), copy=False).view(unsigned)]


def _plain(values: np.ndarray, header: Dataset) -> np.ndarray:
    count, first, depth = (int(number) for number in header.RedPaletteColorLookupTableDescriptor)
    count = count or 65_536
    places = np.clip(values.astype(np.int64) - first, 0, count - 1)
    columns = [lut_entries(header, f"{channel}PaletteColorLookupTableData", count)[places] for channel in CHANNELS]
    return (np.stack(columns, axis=-1) >> (8 if depth > 8 else 0)).astype(np.uint8)


def _segmented(values: np.ndarray, header: Dataset) -> np.ndarray:
    """Read palettes that come in segments (PS3.3 C.7.9.2)."""
    table = apply_color_lut(values, header)[:, :3]
    return (table >> (8 if table.dtype.itemsize > 1 else 0)).astype(np.uint8)
