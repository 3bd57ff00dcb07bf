"""Where the frames of a DICOM image lie, and one of them decoded (PS3.5 chapter 8 and annex A)."""

import struct
from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.pixels import get_decoder
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from dicom.parsing.codestream import checked
from dicom.parsing.layout import Layout, check_layout, read_layout
from dicom.parsing.outline import PIXELS, UNDEFINED, Element
from dicom.parsing.part10 import Part10
from dicom.refusals import Unreadable

FLOAT_PIXELS, DOUBLE_PIXELS = 0x7FE00008, 0x7FE00009
OFFSETS = 0x7FE00001
KEYWORDS = {PIXELS: "PixelData", FLOAT_PIXELS: "FloatPixelData", DOUBLE_PIXELS: "DoubleFloatPixelData"}
NATIVE = {ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian}
# One decoder for each syntax: trying the next when one fails would offer hostile bytes to several C libraries.
DECODERS = {
    RLELossless: "pylibjpeg",
    JPEGBaseline8Bit: "pillow",
    JPEGExtended12Bit: "pillow",
    JPEGLossless: "gdcm",
    JPEGLosslessSV1: "gdcm",
    JPEGLSLossless: "pyjpegls",
    JPEGLSNearLossless: "pyjpegls",
    JPEG2000Lossless: "pylibjpeg",
    JPEG2000: "pylibjpeg",
    HTJ2KLossless: "pylibjpeg",
    HTJ2KLosslessRPCL: "pylibjpeg",
    HTJ2K: "pylibjpeg",
}
STARTS = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51")  # SOI of JPEG and JPEG-LS, SOC of JPEG 2000


class Frames:
    """The pixel data of one file, checked against its layout before anything is decoded."""

    def __init__(self, part10: Part10, header: Dataset) -> None:
        self.part10 = part10
        self.element = _pixel_element(part10)
        self.layout = read_layout(header, KEYWORDS[self.element.tag])
        check_layout(self.layout, part10.limits)
        _check_syntax(part10.transfer_syntax, self.layout)
        self.native = UID(part10.transfer_syntax) in NATIVE
        self.parts = [] if self.native else _parts(self)
        if self.native:
            _check_native(self.element, self.layout)

    def decode(self, index: int) -> tuple[np.ndarray, str]:
        """One frame as (rows, columns[, samples]), and its photometric interpretation once decoded."""
        options = self._options()
        decoder = get_decoder(self.part10.transfer_syntax)
        if self.native:
            self.part10.stream.seek(self.element.value)
            array, found = decoder.as_array(self.part10.stream, index=index, raw=True, **options)
        else:
            source = encapsulate([self.codestream(index)], has_bot=False)
            options |= {"number_of_frames": 1, "decoding_plugin": DECODERS[UID(self.part10.transfer_syntax)]}
            array, found = decoder.as_array(source, index=0, raw=True, **options)
        return array, str(found["photometric_interpretation"])

    def codestream(self, index: int) -> bytes:
        """The compressed bytes of one frame, checked against the layout."""
        stream, pieces = self.part10.stream, []
        for position, length in self.parts[index]:
            stream.seek(position)
            pieces.append(stream.read(length))
        return checked(b"".join(pieces), self.layout, self.part10.transfer_syntax)

    def _options(self) -> dict[str, Any]:
        """The layout in pydicom's words."""
        given = self.layout
        options: dict[str, Any] = {
            "rows": given.rows,
            "columns": given.columns,
            "number_of_frames": given.frames,
            "samples_per_pixel": given.samples,
            "bits_allocated": given.allocated,
            "photometric_interpretation": given.photometric,
            "pixel_keyword": given.keyword,
            "pixel_vr": self.element.vr,
        }
        if given.samples > 1:
            options["planar_configuration"] = given.planar
        if given.keyword == "PixelData":
            options |= {"bits_stored": given.stored, "pixel_representation": int(given.signed)}
        return options


def _pixel_element(part10: Part10) -> Element:
    found = [part10.elements[tag] for tag in KEYWORDS if tag in part10.elements]
    if not found:
        raise Unreadable("no_pixels")
    if len(found) > 1:
        raise Unreadable("malformed")
    return found[0]


def _check_syntax(syntax: str, given: Layout) -> None:
    """JPEG Extended comes with 8 or with 12 bits; nothing here decodes the latter rightly."""
    if UID(syntax) not in NATIVE | DECODERS.keys() or (syntax == JPEGExtended12Bit and given.stored > 8):
        raise Unreadable("unsupported_transfer_syntax")


def _check_native(element: Element, given: Layout) -> None:
    """The declared length must be what the layout asks for; padding of less than a frame does happen."""
    if element.length == UNDEFINED or element.length + element.length % 2 < given.native_bytes:
        raise Unreadable("pixel_length")
    if (element.length - given.native_bytes) * 8 >= max(given.bits, 16):
        raise Unreadable("pixel_length")


def _parts(frames: Frames) -> list[list[tuple[int, int]]]:
    """The fragments of each frame, as (position, bytes) (PS3.5 A.4). Raises `frame_count`, `malformed`."""
    if frames.element.length != UNDEFINED or not frames.element.fragments:
        raise Unreadable("malformed")
    table, *fragments = frames.element.fragments
    starts = _frame_starts(frames, table, fragments)
    if len(starts) != frames.layout.frames or starts[0] != 0 or starts != sorted(set(starts)):
        raise Unreadable("frame_count")
    return [fragments[start:stop] for start, stop in zip(starts, [*starts[1:], len(fragments)], strict=True)]


def _frame_starts(frames: Frames, table: tuple[int, int], fragments: list[tuple[int, int]]) -> list[int]:
    """The index of the first fragment of each frame: by an offset table, one to one, or by the look of the bytes."""
    stream, count = frames.part10.stream, frames.layout.frames
    if not fragments:
        raise Unreadable("frame_count")
    if count == 1:
        return [0]
    if offsets := _offsets(frames, table):
        by_position = {position - fragments[0][0]: index for index, (position, _) in enumerate(fragments)}
        return [by_position.get(offset, -1) for offset in offsets]
    if count == len(fragments):
        return list(range(count))
    return [i for i, (position, _) in enumerate(fragments) if _read(stream, position, 4).startswith(STARTS)]


def _offsets(frames: Frames, table: tuple[int, int]) -> list[int]:
    """The Extended Offset Table, else the Basic one, none if both are empty (PS3.3 C.7.6.3.1.8, PS3.5 A.4)."""
    extended = frames.part10.elements.get(OFFSETS)
    position, length = (extended.value, extended.end - extended.value) if extended else table
    width = 8 if extended else 4
    if length not in (0, width * frames.layout.frames):
        raise Unreadable("frame_count")
    entries = _read(frames.part10.stream, position, length)
    return [number for (number,) in struct.iter_unpack("<Q" if extended else "<L", entries)]


def _read(stream: Any, position: int, length: int) -> bytes:
    stream.seek(position)
    return stream.read(length)
