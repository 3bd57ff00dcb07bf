"""Pixels that stay as they are, without what hides beside them.

Native data lose the bytes behind the last pixel and whatever stands in the bits that no pixel uses (old overlays,
PS3.5 8.1.1). Compressed frames lose their comments; each becomes one fragment, and its codes are not touched.
"""

import hashlib
from collections.abc import Iterator

import numpy as np
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels import get_decoder
from pydicom.pixels.utils import get_expected_length, get_nr_frames
from pydicom.uid import UID, ExplicitVRBigEndian

from .codestream import without_words
from .errors import CannotBeCleaned
from .pydicom_quiet import UNREADABLE

PIXEL_DATA = 0x7FE00010
# Decoders raise whatever their libraries do.
UNDECODABLE = (*UNREADABLE, RuntimeError, MemoryError)


def carry_over(original: Dataset, copy: Dataset, syntax: UID) -> None:
    """Give the copy the original's pixels.

    Raises:
        CannotBeCleaned: there are none, or fewer than the header says.
    """
    if PIXEL_DATA not in original or not original[PIXEL_DATA].value:
        raise CannotBeCleaned("no_pixels", "This object holds no pixel data.")
    element = original[PIXEL_DATA]
    try:
        data = compressed(original, element.value) if syntax.is_encapsulated else native(original, syntax)
    except UNDECODABLE:
        raise CannotBeCleaned("damaged", "The pixel data do not fit what the header says of them.") from None
    copy[PIXEL_DATA] = DataElement(PIXEL_DATA, "OB" if syntax.is_encapsulated else element.VR, data)
    if syntax.is_encapsulated:
        copy[PIXEL_DATA].is_undefined_length = True


def compressed(dataset: Dataset, data: bytes) -> bytes:
    """The frames, each in one fragment, behind a new Basic Offset Table (PS3.5 A.4)."""
    offsets = (dataset.get("ExtendedOffsetTable"), dataset.get("ExtendedOffsetTableLengths"))
    extended = offsets if all(offsets) else None
    frames = generate_frames(data, number_of_frames=get_nr_frames(dataset), extended_offsets=extended)
    return encapsulate([without_words(frame, dataset.Rows * dataset.Columns) for frame in frames], has_bot=True)


def native(dataset: Dataset, syntax: UID) -> bytes:
    """The bytes that are pixels, with unused bits cleared, padded to an even length.

    Raises:
        ValueError: there are too few bytes.
    """
    length = get_expected_length(dataset)
    # Up to the even length: in big endian words of 8-bit samples the last pixel is the second byte of its word.
    data = dataset[PIXEL_DATA].value[: length + length % 2]
    if len(data) < length or not length:
        raise ValueError("truncated")
    if 1 < dataset.BitsStored < dataset.BitsAllocated in (8, 16, 32) and dataset.HighBit == dataset.BitsStored - 1:
        data = without_unused_bits(data, dataset, syntax)
    return data + b"\0" * (len(data) % 2)


def without_unused_bits(data: bytes, dataset: Dataset, syntax: UID) -> bytes:
    """Unused high bits become copies of the sign, or zero: the value stays, what was packed above it goes."""
    order = ">" if syntax == ExplicitVRBigEndian and dataset[PIXEL_DATA].VR != "OB" else "<"
    kind = "i" if dataset.PixelRepresentation else "u"
    samples = np.frombuffer(data, f"{order}{kind}{dataset.BitsAllocated // 8}")
    unused = dataset.BitsAllocated - dataset.BitsStored
    clear = (samples << unused) >> unused
    return data if np.array_equal(clear, samples) else clear.astype(samples.dtype).tobytes()


def frames_of(dataset: Dataset) -> Iterator[np.ndarray]:
    """The decoded frames, samples as stored (no colour conversion)."""
    decoder = get_decoder(dataset.file_meta.TransferSyntaxUID)
    # Not iter_array: pydicom 3.0.2 corrects the sign of JPEG 2000 in a read-only array there, and fails.
    return (decoder.as_array(dataset, index=index, raw=True)[0] for index in range(get_nr_frames(dataset)))


def pixels_sha256(dataset: Dataset) -> str:
    """The digest of the decoded pixels: the same for the same picture in any lossless transfer syntax.

    Raises:
        CannotBeCleaned: no decoder reads them, so nobody could look at what would be released.
    """
    digest = hashlib.sha256()
    try:
        for frame in frames_of(dataset):
            digest.update(frame.astype(frame.dtype.newbyteorder("<"), copy=False).tobytes())
    except UNDECODABLE:
        raise CannotBeCleaned("undecodable", "The pixel data cannot be decoded, so nobody can check them.") from None
    return digest.hexdigest()
