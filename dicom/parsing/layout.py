"""How the header says that the pixels are laid out (PS3.3 C.7.6.3), and whether we accept that."""

from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from pydicom.dataset import Dataset

from dicom.limits import Limits
from dicom.parsing.numbers import first_integer, is_empty
from dicom.parsing.texts import first_text
from dicom.refusals import Unreadable

SAMPLES_PER_PIXEL = {  # by Photometric Interpretation (PS3.3 C.7.6.3.1.2)
    "MONOCHROME1": 1,
    "MONOCHROME2": 1,
    "PALETTE COLOR": 1,
    "RGB": 3,
    "YBR_FULL": 3,
    "YBR_FULL_422": 3,
    "YBR_ICT": 3,
    "YBR_RCT": 3,
}
YBR_SAMPLINGS = ("YBR_FULL", "YBR_FULL_422")  # the longer first
UNKNOWN = -1  # frames: the pixel data tell
BITS_ALLOCATED = {"PixelData": (1, 8, 16, 32), "FloatPixelData": (32,), "DoubleFloatPixelData": (64,)}


@dataclass(frozen=True)
class Layout:
    """The layout of the pixels, as the header says."""

    rows: int
    columns: int
    frames: int
    samples: int  # per pixel
    allocated: int  # bits per sample
    stored: int  # bits per sample that mean something
    high_bit: int  # the highest of them
    signed: bool
    planar: int
    photometric: str
    keyword: str  # of the element that holds the pixels
    vr: str  # of that element

    @property
    def shape(self) -> tuple[int, ...]:
        """Rows and columns, and samples where there are several."""
        return (self.rows, self.columns, self.samples) if self.samples > 1 else (self.rows, self.columns)

    @property
    def value_range(self) -> tuple[float, float]:
        """The least and the greatest value that a sample can have."""
        return (-(2 ** (self.stored - 1)), 2 ** (self.stored - 1) - 1) if self.signed else (0, 2**self.stored - 1)

    @property
    def bits(self) -> int:
        """Bits of one native frame; 4:2:2 colour keeps two samples a pixel, not three (PS3.3 C.7.6.3.1.2)."""
        samples = 2 if self.photometric == "YBR_FULL_422" else self.samples
        return self.rows * self.columns * samples * self.allocated

    @property
    def native_bytes(self) -> int:
        """Bytes of all native frames, padded to an even number (PS3.5 8.1.1)."""
        length = ceil(self.bits * self.frames / 8)
        return length + length % 2

    def as_options(self) -> dict[str, Any]:
        """The layout in the words of pydicom's decoders. They return all allocated bits: see `as_stored`."""
        options: dict[str, Any] = {
            "rows": self.rows,
            "columns": self.columns,
            "number_of_frames": self.frames,
            "samples_per_pixel": self.samples,
            "bits_allocated": self.allocated,
            "photometric_interpretation": self.photometric,
            "pixel_keyword": self.keyword,
            "pixel_vr": self.vr,
        }
        if self.samples > 1:
            options["planar_configuration"] = self.planar
        if self.keyword == "PixelData":
            options |= {"bits_stored": self.allocated, "pixel_representation": int(self.signed)}
        return options


def read_layout(header: Dataset, keyword: str, vr: str) -> Layout:
    """Read the layout from the header. Raises `malformed` if a value without a default is missing or unreadable."""
    rows, columns, allocated = (first_integer(header, name) for name in ("Rows", "Columns", "BitsAllocated"))
    photometric = first_text(header, "PhotometricInterpretation")
    if not rows or not columns or not allocated or not photometric:
        raise Unreadable("malformed")
    stored, high_bit = _stored_bits(header, allocated)
    samples = first_integer(header, "SamplesPerPixel")
    return Layout(
        rows=rows,
        columns=columns,
        frames=_stated_frames(header),
        samples=SAMPLES_PER_PIXEL.get(photometric, 0) if samples is None else samples,
        allocated=allocated,
        stored=stored,
        high_bit=high_bit,
        signed=allocated > 1 and first_integer(header, "PixelRepresentation") == 1,
        planar=int(first_integer(header, "PlanarConfiguration") == 1),
        photometric=photometric,
        keyword=keyword,
        vr=vr,
    )


def _stated_frames(header: Dataset) -> int:
    """Return Number of Frames, 1 if it is absent, empty or 0, and `UNKNOWN` if it is no number of frames."""
    frames = first_integer(header, "NumberOfFrames")
    if frames is None:
        return 1 if is_empty(header, "NumberOfFrames") else UNKNOWN
    return max(frames, UNKNOWN) or 1


def _stored_bits(header: Dataset, allocated: int) -> tuple[int, int]:
    """Return Bits Stored and High Bit; a value that cannot be counts as absent."""
    stored, high_bit = first_integer(header, "BitsStored"), first_integer(header, "HighBit")
    if stored is None or stored < 1:
        stored = allocated
    if high_bit is None or not stored - 1 <= high_bit < allocated:
        high_bit = stored - 1
    return stored, high_bit


def resolve_by_length(layout: Layout, length: int) -> Layout:
    """Return the layout of native pixels, where the header errs, by their length in bytes.

    Writers confuse YBR_FULL, of three samples a pixel, and YBR_FULL_422, of two (PS3.3 C.7.6.3.1.2). A number of frames
    that cannot be read is the number that there are.
    """
    samplings = YBR_SAMPLINGS if layout.photometric in YBR_SAMPLINGS else (layout.photometric,)
    choices = [replace(layout, photometric=photometric) for photometric in samplings]
    if layout.frames == UNKNOWN:
        counted = [replace(choice, frames=max(8 * length // max(choice.bits, 1), 1)) for choice in choices]
        return min(counted, key=lambda choice: (length - choice.native_bytes, choice.photometric != layout.photometric))
    return next((choice for choice in choices if choice.native_bytes <= length + length % 2), layout)


def check_layout(layout: Layout, limits: Limits) -> None:
    """Raises `malformed`, `too_wide`, `too_many_pixels`, `too_many_frames`, `unsupported_pixels`."""
    if min(layout.rows, layout.columns, layout.frames) < 1 or layout.stored > layout.allocated:
        raise Unreadable("malformed")
    if max(layout.rows, layout.columns) > limits.side:
        raise Unreadable("too_wide")
    if layout.rows * layout.columns > limits.frame_pixels:
        raise Unreadable("too_many_pixels")
    if layout.frames > limits.frames:
        raise Unreadable("too_many_frames")
    expected_samples = SAMPLES_PER_PIXEL.get(layout.photometric)
    if layout.samples != expected_samples or layout.allocated not in BITS_ALLOCATED[layout.keyword]:
        raise Unreadable("unsupported_pixels")
