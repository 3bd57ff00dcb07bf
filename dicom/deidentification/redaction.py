"""Blacking out boxes: the pixels are decoded, filled and written uncompressed (PS3.15 E.3.1).

Without boxes, this removes bits of compressed samples that are no part of the picture.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from pydicom.dataset import Dataset
from pydicom.pixels import apply_color_lut, pack_bits
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, JPEGBaseline8Bit, JPEGExtended12Bit

from dicom.deidentification.manifest import Box
from dicom.deidentification.scope import CannotBeCleaned
from dicom.drawing.colour import from_ybr
from dicom.parsing.decoders import RETIRED_JPEG
from dicom.parsing.frames import Decoded, Frames
from dicom.refusals import Unreadable

# JPEG Baseline and Extended always lose something; the other lossy syntaxes may hold lossless data, too.
ALWAYS_LOSSY = {JPEGBaseline8Bit, JPEGExtended12Bit, *RETIRED_JPEG}


class RedactedFrames:
    """The frames of an image with boxes filled, samples of a pixel together, colours as RGB."""

    def __init__(self, frames: Frames, boxes: Sequence[Box], copy: Dataset) -> None:
        self.frames, self.boxes, self.layout = frames, boxes, frames.layout
        self.vr = "OB" if self.layout.allocated <= 8 else "OW"
        self.order = ">" if frames.syntax == ExplicitVRBigEndian else "<"
        samples, self.photometric = self._in_rgb(0)
        self.length = (self.layout.frames * samples.size * self.layout.allocated + 7) // 8  # bytes
        self.black = self._darkest_value(copy)

    def decode(self, index: int) -> Decoded:
        """Decode one frame and fill its boxes."""
        samples = self._in_rgb(index)[0].copy()
        fill_boxes(samples, [box for box in self.boxes if box.frame in (None, index)], self.black)
        return samples, self.photometric

    def chunks(self) -> Iterator[bytes]:
        """Yield the frames as bytes; at once where a sample has one bit."""
        if self.layout.allocated == 1:
            yield pack_bits(np.stack([self.decode(index)[0] for index in range(self.layout.frames)]).ravel(), pad=False)
            return
        for index in range(self.layout.frames):
            samples = self.decode(index)[0]
            yield samples.astype(f"{self.order}{samples.dtype.kind}{samples.dtype.itemsize}", copy=False).tobytes()

    def _in_rgb(self, index: int) -> Decoded:
        """Decode one frame to samples as wide as the header says."""
        samples, photometric = self.frames.decode(index)
        if photometric.startswith("YBR_FULL") and samples.dtype.itemsize == 1:
            samples, photometric = from_ybr(samples), "RGB"
        width = max(self.layout.allocated // 8, 1)
        return samples.astype(f"{samples.dtype.kind}{width}", copy=False), photometric

    def _darkest_value(self, copy: Dataset) -> int:
        """Choose the value that shows as black: one that the image holds, so that no windowing shifts."""
        if self.photometric == "RGB":
            return 0
        if self.photometric not in ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"):
            raise CannotBeCleaned("No box can be drawn in an image of this colour space.")
        decoded = (self.frames.decode(index)[0] for index in range(self.layout.frames))
        extremes = [(int(samples.min()), int(samples.max())) for samples in decoded]
        least, greatest = min(low for low, _ in extremes), max(high for _, high in extremes)
        if self.photometric == "PALETTE COLOR":
            indices = np.arange(greatest + 1, dtype=self.frames.decode(0)[0].dtype)
            return int(apply_color_lut(indices, copy).sum(axis=-1).argmin())
        return greatest if self.photometric == "MONOCHROME1" else least


def redacted_frames(frames: Frames, copy: Dataset, boxes: Sequence[Box]) -> RedactedFrames:
    """Fill the boxes, and change the copy's header to say how its pixels are written now.

    Raises:
        Unreadable: a box names a frame that does not exist, or lies outside the image (`bad_box`).
        CannotBeCleaned: the pixels cannot be decoded, or their colours have no black.
    """
    layout = frames.layout
    for box in boxes:
        if (box.frame or 0) >= layout.frames:
            raise Unreadable("bad_box")
        _check_box(box, layout.rows, layout.columns)
    redacted = RedactedFrames(frames, boxes, copy)
    if frames.syntax in ALWAYS_LOSSY and copy.get("LossyImageCompression") != "01":
        copy.LossyImageCompression = "01"  # decoding brings nothing back (PS3.3 C.7.6.1.1.5)
        copy.LossyImageCompressionMethod = "ISO_10918_1"
    copy.PhotometricInterpretation = redacted.photometric
    copy.HighBit = layout.stored - 1
    if layout.samples > 1:
        copy.PlanarConfiguration = 0
    if frames.syntax != ExplicitVRBigEndian:  # tables of words keep the order of their bytes
        copy.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return redacted


def fill_boxes(samples: np.ndarray, boxes: Sequence[Box], value: int) -> None:
    """Write the value into each box. `samples` is rows × columns [× samples]. Raises `bad_box`."""
    for box in boxes:
        _check_box(box, *samples.shape[:2])
        samples[box.top : box.top + box.height, box.left : box.left + box.width] = value


def _check_box(box: Box, rows: int, columns: int) -> None:
    if box.left >= columns or box.top >= rows:
        raise Unreadable("bad_box")
