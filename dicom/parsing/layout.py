"""How the pixels of a DICOM image are said to be laid out (PS3.3 C.7.6.3), and whether we take that on."""

from dataclasses import dataclass
from math import ceil

from pydicom.dataset import Dataset

from dicom.limits import Limits
from dicom.refusals import Unreadable

SAMPLES = {  # a pixel, by Photometric Interpretation (PS3.3 C.7.6.3.1.2)
    "MONOCHROME1": 1,
    "MONOCHROME2": 1,
    "PALETTE COLOR": 1,
    "RGB": 3,
    "YBR_FULL": 3,
    "YBR_FULL_422": 3,
    "YBR_ICT": 3,
    "YBR_RCT": 3,
}
BITS = {"PixelData": (1, 8, 16, 32), "FloatPixelData": (32,), "DoubleFloatPixelData": (64,)}


@dataclass(frozen=True)
class Layout:
    """How the pixels of a file are said to be laid out (PS3.3 C.7.6.3)."""

    rows: int
    columns: int
    frames: int
    samples: int  # per pixel
    allocated: int  # bits per sample
    stored: int  # bits per sample that mean something
    signed: bool
    planar: int
    photometric: str
    keyword: str  # of the element that holds the pixels

    @property
    def bits(self) -> int:
        """Bits of one native frame; 4:2:2 colour keeps two samples a pixel, not three (PS3.3 C.7.6.3.1.2)."""
        samples = 2 if self.photometric == "YBR_FULL_422" else self.samples
        return self.rows * self.columns * samples * self.allocated

    @property
    def native_bytes(self) -> int:
        """Bytes of all native frames, padded to an even number (PS3.5 8.1.1)."""
        whole = ceil(self.bits * self.frames / 8)
        return whole + whole % 2


def read_layout(header: Dataset, keyword: str) -> Layout:
    """The layout that the header claims. Raises `malformed` where it is not to be had."""
    try:
        allocated = int(header.BitsAllocated)
        return Layout(
            rows=int(header.Rows),
            columns=int(header.Columns),
            frames=int(header.get("NumberOfFrames") or 1),
            samples=int(header.SamplesPerPixel),
            allocated=allocated,
            stored=int(header.get("BitsStored") or allocated),
            signed=bool(header.get("PixelRepresentation") or 0),
            planar=int(header.get("PlanarConfiguration") or 0),
            photometric=str(header.PhotometricInterpretation).strip(),
            keyword=keyword,
        )
    except (AttributeError, TypeError, ValueError) as exc:
        raise Unreadable("malformed") from exc


def check_layout(given: Layout, limits: Limits) -> None:
    """Raises `malformed`, `too_wide`, `too_many_pixels`, `too_many_frames`, `unsupported_pixels`."""
    if min(given.rows, given.columns, given.frames) < 1 or not 1 <= given.stored <= given.allocated:
        raise Unreadable("malformed")
    if max(given.rows, given.columns) > limits.side:
        raise Unreadable("too_wide")
    if given.rows * given.columns > limits.frame_pixels:
        raise Unreadable("too_many_pixels")
    if given.frames > limits.frames:
        raise Unreadable("too_many_frames")
    if given.samples != SAMPLES.get(given.photometric) or given.allocated not in BITS[given.keyword]:
        raise Unreadable("unsupported_pixels")
