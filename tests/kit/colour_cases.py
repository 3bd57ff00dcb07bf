"""DICOM images in colour and PNG pictures with one fault or feature each, and the picture that they show."""

import struct
import zlib

import numpy as np

from tests.kit import hostile
from tests.kit.images import ULTRASOUND, Case, Dataset, colour, image, part10, put_raw

Y, X = np.mgrid[0:16, 0:16]
INDICES = np.arange(256, dtype=np.uint8).reshape(16, 16)
RED, GREEN, BLUE = np.arange(256), np.arange(256)[::-1], np.full(256, 128)
PALETTE = np.stack([RED, GREEN, BLUE], -1).astype(np.uint8).reshape(16, 16, 3)
COLOURS = np.stack([X * 16, Y * 16, np.full((16, 16), 100)], -1).astype(np.uint8)
CHANNELS = ("Red", "Green", "Blue")


def palette(entries: str, bits: int, scale: int = 1, first: int = 0, vr: str = "US") -> bytes:
    """An image of all indices, whose three tables are written as these entries."""
    attributes = {"SamplesPerPixel": 1, "PhotometricInterpretation": "PALETTE COLOR", "PixelRepresentation": 0}
    depth = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}
    dataset = image(INDICES, ULTRASOUND, **attributes, **depth)
    for channel, table in zip(CHANNELS, (RED, GREEN, BLUE), strict=True):
        words = np.array([256, first % 65_536, bits], "<u2").tobytes()
        put_raw(dataset, f"{channel}PaletteColorLookupTableDescriptor", vr, words)
        put_raw(dataset, f"{channel}PaletteColorLookupTableData", "OW", (table * scale).astype(entries).tobytes())
    return part10(dataset)


def palette_cases() -> dict[str, Case]:
    later = PALETTE.reshape(256, 3)[np.clip(np.arange(256) - 5, 0, 255)].reshape(16, 16, 3)
    return {
        "palette of 16 bits": (palette("<u2", 16, 257), PALETTE),
        "palette of 8 bits in bytes": (palette("u1", 8), PALETTE),
        "palette of 8 bits in words": (palette("<u2", 8), PALETTE),
        "palette of 8 bits in words, 16 declared": (palette("<u2", 16), PALETTE),
        "palette of 8 bits in bytes, 16 declared": (palette("u1", 16), PALETTE),
        "palette of 16 bits, 8 declared": (palette("<u2", 8, 256), PALETTE),
        "palette from 5 on": (palette("<u2", 16, 257, first=5), later),
        "palette with a signed descriptor": (palette("<u2", 16, 257, first=5, vr="SS"), later),
    }


def to_ybr(rgb: np.ndarray) -> np.ndarray:
    """ITU-R BT.601, full range (PS3.3 C.7.6.3.1.2)."""
    red, green, blue = (rgb[..., channel].astype(float) for channel in range(3))
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    chroma = (128 + (blue - luma) / 1.772, 128 + (red - luma) / 1.402)
    return np.clip(np.rint(np.stack([luma, *chroma], -1)), 0, 255).astype(np.uint8)


def to_rgb(ybr: np.ndarray) -> np.ndarray:
    luma, blue, red = (ybr[..., channel].astype(float) for channel in range(3))
    blue, red = 1.772 * (blue - 128), 1.402 * (red - 128)
    green = -(0.114 * blue + 0.299 * red) / 0.587
    return np.clip(np.rint(np.stack([luma + red, luma + green, luma + blue], -1)), 0, 255).astype(np.uint8)


YBR = to_ybr(COLOURS)
HALVED = np.stack([YBR[:, ::2, 0], YBR[:, 1::2, 0], YBR[:, ::2, 1], YBR[:, ::2, 2]], -1)
UNHALVED = np.stack([YBR[..., 0], *(np.repeat(YBR[:, ::2, channel], 2, axis=1) for channel in (1, 2))], -1)


def sampled(values: np.ndarray, photometric: str, frames: int = 1) -> Dataset:
    return colour(np.concatenate([values] * frames), photometric, rows=16, columns=16, NumberOfFrames=frames)


def sampling_cases() -> dict[str, Case]:
    full, half = to_rgb(YBR), to_rgb(UNHALVED)
    cases = {}
    for stated in ("YBR_FULL", "YBR_FULL_422"):
        for frames in (1, 2, 3):
            cases[f"{stated} of three samples, {frames}"] = (part10(sampled(YBR, stated, frames)), full)
            cases[f"{stated} of two samples, {frames}"] = (part10(sampled(HALVED, stated, frames)), half)
    spare = sampled(HALVED, "YBR_FULL_422")
    spare.PixelData += bytes(6)
    illegible = put_raw(sampled(YBR, "YBR_FULL_422", 3), "NumberOfFrames", "IS", b"three")
    return cases | {
        "YBR_FULL_422 with some spare bytes": (part10(spare), half),
        "RGB plane by plane": (
            part10(colour(COLOURS.transpose(2, 0, 1), rows=16, columns=16, PlanarConfiguration=1)),
            COLOURS,
        ),
        "YBR_FULL_422 of three samples, frames not counted": (part10(illegible), full),
    }


def png(depth: int, rows: list[bytes], transparent: int) -> bytes:
    """A grey PNG of 16 x 16 pixels with one transparent value."""
    head = struct.pack(">LLBBBBB", 16, 16, depth, 0, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    parts = ((b"IHDR", head), (b"tRNS", struct.pack(">H", transparent)), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(hostile.chunk(kind, content) for kind, content in parts)


def transparent_cases() -> dict[str, Case]:
    """PNGs of one grey value that is transparent, and so black in the picture: what no viewer shows may be a name."""
    deep, bytes_, quarters, bits = (X * 4000 + Y).astype(">u2"), INDICES, (X // 4).astype(np.uint8), X % 2
    shown = np.rint(deep / 65_535 * 255).astype(np.uint8)
    shown[deep == 20_005] = 0
    two_bits = [
        bytes(int(a) << 6 | int(b) << 4 | int(c) << 2 | int(d) for a, b, c, d in row.reshape(-1, 4)) for row in quarters
    ]
    return {
        "grey PNG of 16 bits": (png(16, [row.tobytes() for row in deep], 20_005), shown),
        "grey PNG of 8 bits": (png(8, [row.tobytes() for row in bytes_], 200), np.where(bytes_ == 200, 0, bytes_)),
        "grey PNG of 2 bits": (png(2, two_bits, 2), np.where(quarters == 2, 0, quarters * 85)),
        "grey PNG of 1 bit": (png(1, [np.packbits(row).tobytes() for row in bits], 1), np.zeros((16, 16), np.uint8)),
    }


COLOUR_CASES = {**palette_cases(), **sampling_cases(), **transparent_cases()}
