"""Blacking out boxes: the pixels are decoded, filled and written uncompressed (PS3.15 E.3.1)."""

from collections.abc import Sequence

import numpy as np
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.pixels import apply_color_lut, get_decoder, pack_bits
from pydicom.pixels.utils import get_nr_frames
from pydicom.uid import UID, ExplicitVRLittleEndian

from .errors import CannotBeCleaned
from .manifest import Box
from .pixels import PIXEL_DATA, UNDECODABLE

# JPEG Baseline and Extended always lose something; the other lossy syntaxes may hold lossless data, too.
ALWAYS_LOSSY = {"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"}


def black_out(dataset: Dataset, boxes: Sequence[Box]) -> None:
    """Fill the boxes with the darkest value there is, and rewrite the pixels as Explicit VR Little Endian.

    Raises:
        ValueError: a box names a frame that there is not, or lies outside the image.
        CannotBeCleaned: the pixels cannot be decoded.
    """
    syntax = dataset.file_meta.TransferSyntaxUID
    samples, properties = decoded(dataset, syntax)
    frames = samples.reshape(get_nr_frames(dataset), dataset.Rows, dataset.Columns, -1)
    photometric = str(properties["photometric_interpretation"])
    fill(frames, boxes, darkest(frames, photometric, dataset))
    keep_lossy_mark(dataset, syntax)
    write(dataset, frames, photometric)


def decoded(dataset: Dataset, syntax: UID) -> tuple[np.ndarray, dict]:
    """A writeable array of all frames, colours as RGB, and what it now is."""
    try:
        samples, properties = get_decoder(syntax).as_array(dataset)  # RGB where it was YBR
    except UNDECODABLE:
        raise CannotBeCleaned("undecodable", "The pixel data cannot be decoded, so no box can be drawn.") from None
    return np.array(samples), properties


def fill(frames: np.ndarray, boxes: Sequence[Box], value: int) -> None:
    """Write the value into each box. `frames` is frames × rows × columns × samples."""
    count, rows, columns, _ = frames.shape
    for box in boxes:
        if (box.frame or 0) >= count or box.left >= columns or box.top >= rows:
            raise ValueError("A box lies outside the image.")
        chosen = slice(None) if box.frame is None else box.frame
        frames[chosen, box.top : box.top + box.height, box.left : box.left + box.width] = value


def darkest(frames: np.ndarray, photometric: str, dataset: Dataset) -> int:
    """The value that shows as black: one that the image holds, so that no windowing shifts."""
    if photometric == "MONOCHROME1":
        return int(frames.max())
    if photometric == "MONOCHROME2":
        return int(frames.min())
    if photometric == "PALETTE COLOR":
        indices = np.arange(int(frames.max()) + 1, dtype=frames.dtype)
        return int(apply_color_lut(indices, dataset).sum(axis=-1).argmin())
    if photometric == "RGB":
        return 0
    raise CannotBeCleaned("colours", "No box can be drawn in an image of this colour space.")


def keep_lossy_mark(dataset: Dataset, syntax: UID) -> None:
    """Once compressed with loss, always marked so: decoding brings nothing back (PS3.3 C.7.6.1.1.5)."""
    if syntax in ALWAYS_LOSSY and dataset.get("LossyImageCompression") != "01":
        dataset.LossyImageCompression = "01"
        dataset.LossyImageCompressionMethod = "ISO_10918_1"


def write(dataset: Dataset, frames: np.ndarray, photometric: str) -> None:
    """Put the frames into the dataset, uncompressed and with the samples of a pixel together."""
    bits = dataset.BitsAllocated
    data = pack_bits(frames.ravel()) if bits == 1 else frames.astype(frames.dtype.newbyteorder("<")).tobytes()
    dataset[PIXEL_DATA] = DataElement(PIXEL_DATA, "OB" if bits <= 8 else "OW", data + b"\0" * (len(data) % 2))
    dataset.PhotometricInterpretation = photometric
    if dataset.SamplesPerPixel > 1:
        dataset.PlanarConfiguration = 0
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
