"""Stored values as shades of grey: Modality LUT, then VOI LUT, then MONOCHROME1 (PS3.3 C.11.1, C.11.2)."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
from pydicom.dataset import Dataset

STRIP_VALUES = 1_000_000  # converted at a time, so that floats of a complete frame never exist
Window = tuple[float, float]  # center and width
Step = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Lut:
    """A look-up table (PS3.3 C.11.1.1.1) for the values from `first` on."""

    first: int
    depth: int  # bits of an entry
    entries: np.ndarray

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Look values up. Those below the table get its first entry, those above its last."""
        places = np.clip(np.rint(values) - self.first, 0, len(self.entries) - 1)
        return self.entries[places.astype(np.intp)]


def grayscale(frame: np.ndarray, header: Dataset, index: int, window: Window | None) -> np.ndarray:
    """Convert a frame of one sample a pixel to 8-bit grey, 0 black."""
    modality = modality_step(header, index)
    voi = window_step(*window) if window else voi_step(header, index) or min_max_step(frame, modality)
    inverted = header.get("PhotometricInterpretation") == "MONOCHROME1"

    def shade(values: np.ndarray) -> np.ndarray:
        fractions = voi(modality(values.astype(np.float64)))
        return to_uint8(1 - fractions if inverted else fractions)

    return apply_by_table(frame, shade)


def to_uint8(fractions: np.ndarray) -> np.ndarray:
    """Convert fractions of white to 0 to 255, clipped at both ends."""
    return np.rint(np.clip(np.nan_to_num(fractions), 0, 1) * 255).astype(np.uint8)


def apply_by_table(frame: np.ndarray, shade: Step) -> np.ndarray:
    """Apply `shade` to each value: by a table of all values if they have 8 or 16 bits, else strip by strip."""
    if frame.dtype.kind in "ui" and frame.dtype.itemsize <= 2:
        unsigned = np.dtype(f"u{frame.dtype.itemsize}")
        table = shade(np.arange(256**frame.dtype.itemsize, dtype=unsigned).view(frame.dtype.newbyteorder("=")))
        return table[frame.astype(frame.dtype.newbyteorder("="), copy=False).view(unsigned)]
    shaded = np.empty(frame.shape, np.uint8)
    rows = max(1, STRIP_VALUES // frame.shape[1])
    for top in range(0, len(frame), rows):
        shaded[top : top + rows] = shade(frame[top : top + rows])
    return shaded


def modality_step(header: Dataset, index: int) -> Step:
    """Return the Modality LUT or rescale (PS3.3 C.11.1), that of the frame if it has its own (C.7.6.16.2.9)."""
    if sequence := header.get("ModalityLUTSequence"):
        return read_lut(sequence[0]).apply
    source = functional_group(header, index, "PixelValueTransformationSequence")
    slope, intercept = number(source, "RescaleSlope", 1.0), number(source, "RescaleIntercept", 0.0)
    return lambda values: values * slope + intercept


def voi_step(header: Dataset, index: int) -> Step | None:
    """Return the first VOI LUT, else the first usable window (PS3.3 C.11.2, C.7.6.16.2.10), else None."""
    if lut := usable_lut(header):
        return lambda values: lut.apply(values) / float(2**lut.depth - 1)
    source = functional_group(header, index, "FrameVOILUTSequence")
    center, width = number(source, "WindowCenter", float("nan")), number(source, "WindowWidth", 0.0)
    function = str(source.get("VOILUTFunction") or "LINEAR")
    return window_step(center, width, function) if isfinite(center) and isfinite(width) and width > 0 else None


def window_step(center: float, width: float, function: str = "LINEAR") -> Step:
    """Return a window that gives fractions from 0 to 1 (PS3.3 C.11.2.1.2 and C.11.2.1.3).

    LINEAR takes one step off the width, which has no meaning for widths up to 1: they are read as LINEAR_EXACT.
    """
    if function == "SIGMOID":
        return lambda values: 1 / (1 + np.exp(np.clip(-4 * (values - center) / width, -700, 700)))
    if function == "LINEAR" and width > 1:
        center, width = center - 0.5, width - 1
    return lambda values: (values - center) / width + 0.5


def min_max_step(frame: np.ndarray, modality: Step) -> Step:
    """Return a window from the darkest value of the frame to the brightest."""
    ends = modality(np.array([np.nanmin(frame), np.nanmax(frame)], np.float64))
    low, high = float(ends.min()), float(ends.max())
    return lambda values: (values - low) / ((high - low) or 1.0)


def functional_group(header: Dataset, index: int, keyword: str) -> Dataset:
    """Return the functional group of one frame, else the shared one, else the file itself (PS3.3 C.7.6.16)."""
    own = (header.get("PerFrameFunctionalGroupsSequence") or [])[index : index + 1]
    shared = (header.get("SharedFunctionalGroupsSequence") or [])[:1]
    for group in [*own, *shared]:
        if items := group.get(keyword):
            return items[0]
    return header


def number(source: Dataset, keyword: str, default: float) -> float:
    """Read the first value of an element as a number; the default if there is none."""
    value: Any = source.get(keyword)
    if value is not None and not isinstance(value, (str, float, int)):
        value = next(iter(value), None)
    return default if value in (None, "") else float(value)


def usable_lut(header: Dataset) -> Lut | None:
    """Read the first VOI LUT; None if it is broken, since the values can be shown without it."""
    try:
        return read_lut(header.VOILUTSequence[0])
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return None


def read_lut(item: Dataset) -> Lut:
    """Read a LUT by its descriptor: entries, first value, bits (PS3.3 C.11.1.1.1). 0 entries means 65,536."""
    count, first, depth = (int(number) for number in item["LUTDescriptor"].value)
    return Lut(first, min(max(depth, 1), 16), lut_entries(item, "LUTData", count or 65_536))


def lut_entries(item: Dataset, keyword: str, count: int) -> np.ndarray:
    """Read the entries, from words or bytes. Raises `ValueError` if there are too few."""
    data = item[keyword].value
    if isinstance(data, bytes):
        order = "<" if item.original_encoding[1] else ">"
        data = np.frombuffer(data, np.uint8 if len(data) < 2 * count else order + "u2")
    entries = np.atleast_1d(np.asarray(data, np.uint16))[:count]
    if len(entries) < count:
        raise ValueError("too few entries")
    return entries
