"""How the header says that the pixels are laid out (PS3.3 C.7.6.3), and whether we accept that."""

from dataclasses import dataclass
from math import ceil
from typing import Any

from pydicom.dataset import Dataset

from dicom.limits import Limits
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
        """The layout in the words of pydicom's decoders."""
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
            options |= {"bits_stored": self.stored, "pixel_representation": int(self.signed)}
        return options


def read_layout(header: Dataset, keyword: str, vr: str) -> Layout:
    """Read the layout from the header. Raises `malformed` if it is incomplete."""
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
            vr=vr,
        )
    except (AttributeError, TypeError, ValueError) as exc:
        raise Unreadable("malformed") from exc


def check_layout(layout: Layout, limits: Limits) -> None:
    """Raises `malformed`, `too_wide`, `too_many_pixels`, `too_many_frames`, `unsupported_pixels`."""
    if min(layout.rows, layout.columns, layout.frames) < 1 or not 1 <= layout.stored <= layout.allocated:
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
