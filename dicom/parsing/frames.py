"""Where the frames of a DICOM image lie, and one of them decoded (PS3.5 chapter 8 and annex A)."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import BinaryIO, TypeVar

import numpy as np
from pydicom.dataset import Dataset
from pydicom.pixels import get_decoder
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from dicom.parsing.codestream import checked_frame, rle_beginning, without_comments
from dicom.parsing.decoders import COMPRESSED, as_stored, decode_frame, hides_bits
from dicom.parsing.layout import UNKNOWN, Layout, check_layout, read_layout, resolve_by_length
from dicom.parsing.outline import PIXELS, UNDEFINED, Element
from dicom.parsing.part10 import Part10
from dicom.refusals import Unreadable

FLOAT_PIXELS, DOUBLE_PIXELS = 0x7FE00008, 0x7FE00009
EXTENDED_OFFSETS = 0x7FE00001
KEYWORDS = {PIXELS: "PixelData", FLOAT_PIXELS: "FloatPixelData", DOUBLE_PIXELS: "DoubleFloatPixelData"}
NATIVE = {ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian}
# SOI of JPEG and JPEG-LS, SOC of JPEG 2000, and the signature of JP2.
STARTS = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  ")

Fragment = tuple[int, int]  # position and bytes
Result = TypeVar("Result")
Decoded = tuple[np.ndarray, str]  # rows × columns [× samples] as stored, and the photometric interpretation


class Frames:
    """The pixel data of one file, checked against its layout before anything is decoded.

    Decoded frames are remembered if all of them together stay below `Limits.checked_pixels`.
    """

    def __init__(self, part10: Part10, header: Dataset) -> None:
        self.part10, self.syntax = part10, part10.transfer_syntax
        self.element, self.layout = pixel_element(part10), stated_layout(part10, header)
        if self.syntax not in NATIVE | COMPRESSED:
            raise Unreadable("unsupported_transfer_syntax")
        self.is_native = self.syntax in NATIVE
        if self.is_native:
            self.layout = resolve_by_length(self.layout, self.element.length)
        elif self.layout.frames == UNKNOWN:
            self.layout = replace(self.layout, frames=_count_frames(part10, self.element))
        check_layout(self.layout, part10.limits)
        self.fragments: list[list[Fragment]] = []
        if self.is_native:
            _check_native_length(self.element, self.layout)
        else:
            self.fragments = _fragments_by_frame(part10, self.element, self.layout, self.syntax)
        pixels = self.layout.frames * self.layout.rows * self.layout.columns
        self.remembered: dict[int, Decoded] | None = {} if pixels <= part10.limits.checked_pixels else None

    def decode(self, index: int) -> Decoded:
        """Decode one frame. Do not write to the array: it may be remembered."""
        if self.remembered is None:
            return self._safely(self._decode, index)
        if index not in self.remembered:
            self.remembered[index] = self._safely(self._decode, index)
        return self.remembered[index]

    def hide_bits(self) -> bool:
        """Whether a compressed frame holds bits that are no part of its picture."""
        return not self.is_native and any(self._safely(self._hides_bits, index) for index in range(self.layout.frames))

    def _hides_bits(self, index: int) -> bool:
        return hides_bits(self._decodable_codestream(index), self.layout, self.syntax)

    @staticmethod
    def _safely(decode: Callable[[int], Result], index: int) -> Result:
        try:
            return decode(index)
        except (Unreadable, MemoryError, RecursionError):
            raise
        except Exception as exc:  # each decoder raises its own kinds
            raise Unreadable("undecodable") from exc

    def _decode(self, index: int) -> Decoded:
        if not self.is_native:
            return decode_frame(self._decodable_codestream(index), self.layout, self.syntax)
        stream = self.part10.stream
        stream.seek(self.element.value)
        decoder, options = get_decoder(self.syntax), self.layout.as_options()
        samples, properties = decoder.as_array(stream, index=index, raw=True, **options)
        if self.layout.keyword == "PixelData":
            samples = as_stored(samples, self.layout.stored, self.layout.high_bit, self.layout.signed)
        return samples, str(properties["photometric_interpretation"])

    def _decodable_codestream(self, index: int) -> bytes:
        """The codestream that a research copy gets, so that a decoded frame proves both; else the original one."""
        try:
            return self.clean_codestream(index)
        except Unreadable:
            raise
        except ValueError as exc:
            if self.syntax == RLELossless:  # its decoder would fill up runs that do not fit
                raise Unreadable("undecodable") from exc
            return self.codestream(index)

    def clean_codestream(self, index: int) -> bytes:
        """Read one compressed frame without its comments. Raises `ValueError` if its parts do not fit together."""
        return without_comments(self.codestream(index), self.layout.rows * self.layout.columns)

    def codestream(self, index: int) -> bytes:
        """Read one compressed frame, and check it against the layout."""
        parts = [read_at(self.part10.stream, position, length) for position, length in self.fragments[index]]
        return checked_frame(b"".join(parts), self.layout, self.syntax)

    def native_pixels(self, start: int, length: int) -> bytes:
        """Read bytes of uncompressed pixel data, `start` bytes after its beginning."""
        return read_at(self.part10.stream, self.element.value + start, length)


def stated_layout(part10: Part10, header: Dataset) -> Layout:
    """Read the layout as the header states it. Raises `no_pixels`, `malformed`."""
    element = pixel_element(part10)
    return read_layout(header, KEYWORDS[element.tag], element.vr)


def pixel_element(part10: Part10) -> Element:
    found = [part10.elements[tag] for tag in KEYWORDS if tag in part10.elements]
    if not found:
        raise Unreadable("no_pixels")
    if len(found) > 1:
        raise Unreadable("malformed")
    return found[0]


def _check_native_length(element: Element, layout: Layout) -> None:
    """Require the length that the layout asks for; padding of less than a frame does happen."""
    if element.length == UNDEFINED or element.length + element.length % 2 < layout.native_bytes:
        raise Unreadable("pixel_length")
    if (element.length - layout.native_bytes) * 8 >= max(layout.bits, 16):
        raise Unreadable("pixel_length")


def _count_frames(part10: Part10, element: Element) -> int:
    """Count compressed frames where the header does not: by the offset table, else by the first bytes of fragments."""
    (_, length), *fragments = element.fragments or [(0, 0)]
    starts = [read_at(part10.stream, position, 4).startswith(STARTS) for position, _ in fragments]
    return length // 4 or sum(starts) or len(fragments)


def _fragments_by_frame(part10: Part10, element: Element, layout: Layout, syntax: str) -> list[list[Fragment]]:
    """Return the fragments of each frame (PS3.5 A.4); empty ones belong to none. Raises `frame_count`, `malformed`."""
    if element.length != UNDEFINED or not element.fragments:
        raise Unreadable("malformed")
    table, *fragments = element.fragments
    fragments = [fragment for fragment in fragments if fragment[1]]
    for starts in _possible_starts(part10, table, fragments, layout, syntax):
        if len(starts) == layout.frames and starts[0] == 0 and starts == sorted(set(starts)):
            return [fragments[start:stop] for start, stop in zip(starts, [*starts[1:], len(fragments)], strict=True)]
    raise Unreadable("frame_count")


def _possible_starts(
    part10: Part10, table: Fragment, fragments: list[Fragment], layout: Layout, syntax: str
) -> Iterator[list[int]]:
    """Yield the indices of the first fragments of all frames, most certain first.

    A frame has at least one fragment, so as many fragments as frames leave no choice. Otherwise an offset table tells.
    Some writers leave it out or write wrong offsets; then the first bytes of the fragments tell.
    """
    if layout.frames in (1, len(fragments)):
        yield list(range(layout.frames)) if fragments else []
    by_position = {position - fragments[0][0]: index for index, (position, _) in enumerate(fragments)}
    yield [by_position.get(offset, -1) for offset in _read_offsets(part10, table, layout.frames)]
    first_bytes = (rle_beginning(layout),) if syntax == RLELossless else STARTS
    yield [i for i, (at, _) in enumerate(fragments) if read_at(part10.stream, at, 8).startswith(first_bytes)]


def _read_offsets(part10: Part10, table: Fragment, frames: int) -> list[int]:
    """Read the Extended Offset Table, else the Basic one (PS3.3 C.7.6.3.1.8, PS3.5 A.4); [] if its length is wrong."""
    extended = part10.elements.get(EXTENDED_OFFSETS)
    position, length = (extended.value, extended.end - extended.value) if extended else table
    width = 8 if extended else 4
    if length != width * frames:
        return []
    entries = read_at(part10.stream, position, length)
    return [number for (number,) in struct.iter_unpack("<Q" if extended else "<L", entries)]


def read_at(stream: BinaryIO, position: int, length: int) -> bytes:
    stream.seek(position)
    return stream.read(length)
