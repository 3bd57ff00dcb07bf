"""The outline of a DICOM data set (PS3.5 chapter 7), found without recursion and without trust in any length.

No value is decoded here. Each element must lie inside its sequence or data set, and sequences may nest only so deep.
The outline says where the elements of the top level lie, so that a parser sees only those that are wanted.
"""

import struct
from dataclasses import dataclass, field
from typing import BinaryIO

from pydicom.datadict import dictionary_VR
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32, VR

from dicom.limits import LIMITS, Limits
from dicom.refusals import Unreadable

ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
UNDEFINED = 0xFFFFFFFF
PIXELS = 0x7FE00010
LONG = {str(vr) for vr in EXPLICIT_VR_LENGTH_32}
KNOWN = {str(vr) for vr in VR}
NO_VR = ("??", "  ")  # what converters write that do not know the VR
PADDING = b"\0 \r\n\x1a\xff"  # what writers and media leave behind the last element
CHUNK = 64 * 1024  # bytes


@dataclass(frozen=True)
class Encoding:
    """How to read the bytes of a data set (PS3.5 chapter 10)."""

    implicit: bool
    little: bool

    @property
    def order(self) -> str:
        return "<" if self.little else ">"


@dataclass
class Element:
    """Where one element of the top level lies; positions are bytes from the start of the stream."""

    tag: int
    vr: str
    start: int  # of the tag
    value: int  # of the value
    length: int  # bytes of the value, or UNDEFINED
    end: int = 0
    fragments: list[tuple[int, int]] = field(default_factory=list)  # encapsulated pixels: (position, bytes)
    substitutes: dict[int, bytes] = field(default_factory=dict)  # VRs to read in place of unknown ones, by position


@dataclass
class _Level:
    """A data set, a sequence or a list of fragments that has been opened and not yet closed."""

    kind: str  # "dataset", "sequence" or "fragments"
    limit: int  # no byte of it lies behind this position
    delimited: bool  # ends with a delimiter rather than at the limit
    encoding: Encoding
    element: Element | None = None


def outline(file: BinaryIO, encoding: Encoding, limits: Limits = LIMITS) -> dict[int, Element]:
    """Return the elements of the top level by tag, from the position of the file to its end.

    Raises `truncated`, `malformed`, `too_deep`, `too_many_elements`.
    """
    scan = _Scan(file, encoding, limits)
    while scan.levels:
        scan.step()
    return scan.elements


class _Scan:
    """One walk through a data set. The open levels are a list, so depth costs no stack."""

    def __init__(self, file: BinaryIO, encoding: Encoding, limits: Limits) -> None:
        start = file.tell()
        self.end = file.seek(0, 2)
        file.seek(start)
        self.file, self.limits, self.position, self.count = file, limits, start, 0
        self.padding = _start_of_padding(file, start, self.end)
        file.seek(start)
        self.elements: dict[int, Element] = {}
        self.substitutes: dict[int, bytes] = {}
        self.levels = [_Level("dataset", self.end, False, encoding)]

    def step(self) -> None:
        level = self.levels[-1]
        if self.position == level.limit or (len(self.levels) == 1 and self.position >= self.padding):
            if level.delimited:  # its end marker should have come before
                raise Unreadable("truncated" if level.limit == self.end else "malformed")
            return self._close()
        self.count += 1
        if self.count > self.limits.elements:
            raise Unreadable("too_many_elements")
        {"dataset": self._element, "sequence": self._item, "fragments": self._fragment}[level.kind](level)

    def _element(self, level: _Level) -> None:
        start = self.position
        if len(self.levels) == 1:
            self.substitutes = {}
        tag, vr, length = self._head(level)
        if tag == ITEM_END and level.delimited:
            return self._close()
        element = Element(tag, vr, start, self.position, length, substitutes=self.substitutes)
        if len(self.levels) == 1:
            self._add(element)
        if vr == "SQ" or (length == UNDEFINED and vr in ("UN", "")):
            self._open("sequence", element, level, _inner(level.encoding, vr, length))
        elif length == UNDEFINED:
            self._open("fragments", element, level, level.encoding)
        else:
            self._skip(length, level)
            element.end = self.position

    def _item(self, level: _Level) -> None:
        tag, length = self._item_head(level)
        if tag == SEQUENCE_END and level.delimited:
            return self._close()
        if tag != ITEM:
            raise Unreadable("malformed")
        limit = self._limit(length, level)
        self.levels.append(_Level("dataset", limit, length == UNDEFINED, level.encoding))

    def _fragment(self, level: _Level) -> None:
        tag, length = self._item_head(level)
        if tag == SEQUENCE_END:
            return self._close()
        if tag != ITEM or length == UNDEFINED or level.element is None:
            raise Unreadable("malformed")
        level.element.fragments.append((self.position, length))
        self._skip(length, level)

    def _head(self, level: _Level) -> tuple[int, str, int]:
        """Read tag, VR and value length of the next element (PS3.5 7.1.2, 7.1.3)."""
        order = level.encoding.order
        head = self._read(8, level)
        group, number = struct.unpack(order + "HH", head[:4])
        tag = group << 16 | number
        vr = head[4:6].decode("latin-1")
        if level.encoding.implicit or group == 0xFFFE:
            return tag, _vr(tag), struct.unpack(order + "L", head[4:])[0]
        if vr not in KNOWN:
            vr = self._substitute(tag, vr, int.from_bytes(head[6:], "little"))
        if vr in LONG:
            return tag, vr, struct.unpack(order + "L", self._read(4, level))[0]
        return tag, vr, struct.unpack(order + "H", head[6:])[0]

    def _substitute(self, tag: int, vr: str, length: int) -> str:
        """Choose the VR to read in place of an unknown one: that of the dictionary, and for a private element by form.

        VRs to come have long heads (PS3.5 7.1.2), which begin with two zeros; other letters stand in short ones.
        """
        is_private = bool(tag >> 16 & 1)
        has_long_head = is_private and vr.isalpha() and vr.isupper() and length == 0
        substitute = ("UN" if has_long_head else "LT") if is_private else _vr(tag) if vr in NO_VR else ""
        if substitute not in KNOWN or (substitute in LONG) != has_long_head:
            raise Unreadable("malformed")
        self.substitutes[self.position - 4] = substitute.encode()
        return substitute

    def _item_head(self, level: _Level) -> tuple[int, int]:
        group, number, length = struct.unpack(level.encoding.order + "HHL", self._read(8, level))
        return group << 16 | number, length

    def _add(self, element: Element) -> None:
        if element.tag in self.elements:  # programs differ in which of two values they take
            raise Unreadable("malformed")
        self.elements[element.tag] = element

    def _open(self, kind: str, element: Element, level: _Level, encoding: Encoding) -> None:
        open_sequences = sum(level.kind == "sequence" for level in self.levels)
        if kind == "sequence" and open_sequences >= self.limits.depth:
            raise Unreadable("too_deep")
        limit = self._limit(element.length, level)
        self.levels.append(_Level(kind, limit, element.length == UNDEFINED, encoding, element))

    def _close(self) -> None:
        closed = self.levels.pop()
        if closed.element:
            closed.element.end = self.position

    def _limit(self, length: int, level: _Level) -> int:
        if length == UNDEFINED:
            return level.limit
        self._check(length, level)
        return self.position + length

    def _read(self, count: int, level: _Level) -> bytes:
        self._check(count, level)
        self.position += count
        return self.file.read(count)

    def _skip(self, count: int, level: _Level) -> None:
        self._check(count, level)
        self.position += count
        self.file.seek(self.position)

    def _check(self, count: int, level: _Level) -> None:
        if self.position + count > level.limit:
            raise Unreadable("truncated" if self.position + count > self.end else "malformed")


def _start_of_padding(file: BinaryIO, start: int, end: int) -> int:
    """Return the position behind the last byte that is not padding."""
    while end > start:
        begin = max(end - CHUNK, start)
        file.seek(begin)
        if chunk := file.read(end - begin).rstrip(PADDING):
            return begin + len(chunk)
        end = begin
    return start


def _vr(tag: int) -> str:
    """Look up the VR of a tag in the dictionary; "" if it is not there."""
    try:
        return str(dictionary_VR(tag))
    except KeyError:
        return ""


def _inner(encoding: Encoding, vr: str, length: int) -> Encoding:
    """Items of a UN element of undefined length are in Implicit VR Little Endian (PS3.5 6.2.2, note 2)."""
    return Encoding(implicit=True, little=True) if vr == "UN" and length == UNDEFINED else encoding
