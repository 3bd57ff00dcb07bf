"""Stored values as shades of grey: Modality LUT, VOI LUT, and inversion at the end (PS3.3 C.11.1, C.11.2, C.11.6)."""

from collections.abc import Callable, Iterator

import numpy as np
from pydicom.dataset import Dataset

from dicom.drawing.headers import functional_groups, is_for_measuring, is_inverted, items_of, padding_range, term_of
from dicom.drawing.tables import Range, first_usable_lut
from dicom.parsing.numbers import first_number, read_numbers

STRIP_VALUES = 1_000_000  # converted at a time, so that floats of a complete frame never exist
RANGE_SAMPLES = 257  # values whose results tell the range of a step
Window = tuple[float, float]  # center and width
Step = Callable[[np.ndarray], np.ndarray]


def grayscale(frame: np.ndarray, header: Dataset, index: int, window: Window | None, stored: Range) -> np.ndarray:
    """Convert a frame of one sample a pixel to 8-bit grey, 0 black. `stored` is the range that its values may have."""
    modality = modality_step(header, index, stored)
    if window:
        voi = window_step(*window)
    else:
        padding = padding_range(header, frame.dtype, stored)
        voi = voi_step(header, index, _range_after(modality, stored)) or contrast_step(frame, modality, padding)
    inverted = is_inverted(header)

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
    return np.concatenate([shade(strip) for strip in strips(frame)])


def strips(frame: np.ndarray) -> Iterator[np.ndarray]:
    """Yield a frame in strips of complete rows."""
    rows = max(1, STRIP_VALUES // frame.shape[1])
    return (frame[top : top + rows] for top in range(0, len(frame), rows))


def modality_step(header: Dataset, index: int, stored: Range) -> Step:
    """Return the Modality LUT, else the rescale of the frame or of the file (PS3.3 C.11.1, C.7.6.16.2.9).

    A table that is broken, and a slope of 0, count as absent.
    """
    if is_for_measuring(header, index):
        return lambda values: values
    if lut := first_usable_lut(items_of(header, "ModalityLUTSequence"), stored):
        return lut.apply
    for group in functional_groups(header, index, "PixelValueTransformationSequence"):
        slope, intercept = first_number(group, "RescaleSlope"), first_number(group, "RescaleIntercept")
        if slope or intercept:
            return rescale_step(slope or 1.0, intercept or 0.0)
    return rescale_step(1.0, 0.0)


def rescale_step(slope: float, intercept: float) -> Step:
    return lambda values: values * slope + intercept


def voi_step(header: Dataset, index: int, values: Range) -> Step | None:
    """Return the first usable VOI LUT, else the first usable window (PS3.3 C.11.2, C.7.6.16.2.10), else None."""
    groups = functional_groups(header, index, "FrameVOILUTSequence")
    for group in groups:
        if lut := first_usable_lut(items_of(group, "VOILUTSequence"), values):
            white = float(2**lut.used_bits - 1)
            return lambda values: lut.apply(values) / white
    for group in groups:
        centers, widths = read_numbers(group, "WindowCenter"), read_numbers(group, "WindowWidth")
        for center, width in zip(centers, widths, strict=False):
            if center is not None and width is not None and width > 0:
                return window_step(center, width, term_of(group, "VOILUTFunction") or "LINEAR")
    return None


def window_step(center: float, width: float, function: str = "LINEAR") -> Step:
    """Return a window that gives fractions from 0 to 1 (PS3.3 C.11.2.1.2 and C.11.2.1.3).

    LINEAR takes one step off the width, which has no meaning for widths below 1: they are read as LINEAR_EXACT. A
    width of 1 is a threshold. Functions that the standard does not name are read as LINEAR.
    """
    if function == "SIGMOID":
        return lambda values: 1 / (1 + np.exp(np.clip(-4 * (values - center) / width, -700, 700)))
    if function != "LINEAR_EXACT" and width >= 1:
        center, width = center - 0.5, width - 1
    if width == 0:
        return lambda values: (values > center).astype(np.float64)
    return lambda values: (values - center) / width + 0.5


def contrast_step(frame: np.ndarray, modality: Step, padding: Range | None) -> Step:
    """Return a window from the darkest value of the image to the brightest; padding is not part of the image."""
    ends = _extremes(frame, modality, padding) or _extremes(frame, modality, None)
    low, high = ends or (0.0, 1.0)
    return lambda values: (values - low) / ((high - low) or 1.0)


def _extremes(frame: np.ndarray, modality: Step, padding: Range | None) -> Range | None:
    """Return the least and the greatest value after the Modality LUT; None if no pixel is left."""
    ends: list[float] = []
    for strip in strips(frame):
        shown = strip[np.isfinite(strip)] if padding is None else strip[~_is_padding(strip, padding)]
        if shown.size:
            values = modality(shown.astype(np.float64))
            ends += [float(values.min()), float(values.max())]
    return (min(ends), max(ends)) if ends else None


def _is_padding(values: np.ndarray, padding: Range) -> np.ndarray:
    return ~np.isfinite(values) | ((values >= padding[0]) & (values <= padding[1]))


def _range_after(step: Step, values: Range) -> Range:
    results = step(np.linspace(*values, RANGE_SAMPLES))
    return float(results.min()), float(results.max())
