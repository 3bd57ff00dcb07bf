"""The parts of a DICOM Part 10 file (PS3.10 chapter 7): file meta information, data set, and where its elements lie."""

import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import SEEK_CUR, SEEK_END, BytesIO
from typing import BinaryIO

from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian
from pydicom.valuerep import CUSTOMIZABLE_CHARSET_VR

from dicom.formats import PREAMBLE
from dicom.limits import LIMITS, Limits
from dicom.parsing.charsets import CHINESE, CHINESE_ESCAPE, character_set
from dicom.parsing.outline import LONG, PADDING, Element, Encoding, outline
from dicom.refusals import Unreadable

META_GROUP = b"\x02\x00"
SPECIFIC_CHARACTER_SET = 0x00080005
TEXTS = {str(vr) for vr in CUSTOMIZABLE_CHARSET_VR}
MAX_TEXT_BYTES = 64 * 1024  # of a text that helps to tell the character set
LONG_HEADS = {vr.encode() for vr in LONG}
CHUNK = 64 * 1024  # bytes
TRAILER = 8  # bytes that may follow deflated data, besides padding: the checksum and length that gzip writes


@dataclass
class Part10:
    """An open DICOM file. `stream` holds the data set, inflated if it came deflated."""

    transfer_syntax: str
    stream: BinaryIO
    encoding: Encoding
    elements: dict[int, Element]
    limits: Limits

    def read(self, is_wanted: Callable[[Element], bool]) -> Dataset:
        """Parse the wanted elements of the top level. pydicom never sees the others. Raises `header_too_big`."""
        elements = [element for element in self.elements.values() if is_wanted(element)]
        return _parse(self.stream, elements, self.encoding, self.limits, self.character_set)

    @cached_property
    def character_set(self) -> Sequence[str]:
        """The terms by which the text of this file is read."""
        texts = (element for element in self.elements.values() if element.vr in TEXTS)
        declared = self.elements.get(SPECIFIC_CHARACTER_SET)
        return character_set(self._value(declared) if declared else b"", map(self._value, texts))

    def _value(self, element: Element) -> bytes:
        self.stream.seek(element.value)
        return self.stream.read(min(element.end - element.value, MAX_TEXT_BYTES))


def open_part10(file: BinaryIO, limits: Limits = LIMITS) -> Part10:
    """Take a recognised DICOM file apart. Raises `no_transfer_syntax` and what `outline` and `inflate` raise."""
    meta, start = _meta(file, limits)
    syntax = str(meta.get("TransferSyntaxUID") or "")
    if not syntax:
        raise Unreadable("no_transfer_syntax")
    file.seek(start)
    stream = inflate(file, limits) if syntax == DeflatedExplicitVRLittleEndian else file
    encoding = Encoding(syntax == ImplicitVRLittleEndian, syntax != ExplicitVRBigEndian)
    return Part10(syntax, stream, encoding, outline(stream, encoding, limits), limits)


def inflate(file: BinaryIO, limits: Limits = LIMITS) -> BinaryIO:
    """Inflate the rest of the file (PS3.5 A.5) up to the limit. Raises `inflates_too_far`, `truncated`, `malformed`."""
    unpacker, inflated = zlib.decompressobj(-zlib.MAX_WBITS), BytesIO()
    while not unpacker.eof:
        packed = unpacker.unconsumed_tail or file.read(CHUNK)
        if not packed:
            raise Unreadable("truncated")
        try:
            inflated.write(unpacker.decompress(packed, CHUNK))
        except zlib.error as exc:
            raise Unreadable("malformed") from exc
        if inflated.tell() > limits.inflated:
            raise Unreadable("inflates_too_far")
    if not _is_trailer(unpacker.unused_data, file):
        raise Unreadable("malformed")
    inflated.seek(0)
    return inflated


def _is_trailer(rest: bytes, file: BinaryIO) -> bool:
    """Whether no more than a trailer and padding follows deflated data."""
    if rest[TRAILER:].strip(PADDING):
        return False
    while chunk := file.read(CHUNK):
        if chunk.strip(PADDING):
            return False
    return True


def _meta(file: BinaryIO, limits: Limits) -> tuple[Dataset, int]:
    """Read the file meta information, and find the position where the data set begins.

    The group length is not used: group 0002 ends where the first element of another group begins.
    """
    encoding = _encoding_of_meta(file)
    start, end = PREAMBLE + 4, _end_of_meta(file, encoding)
    file.seek(start)
    content = BytesIO(file.read(end - start))
    elements = outline(content, encoding, limits)
    return _parse(content, list(elements.values()), encoding, limits), end


def _encoding_of_meta(file: BinaryIO) -> Encoding:
    """Explicit VR Little Endian (PS3.10 7.1), but some writers leave the VRs out."""
    file.seek(PREAMBLE + 4)
    return Encoding(implicit=not file.read(8)[4:6].isalpha(), little=True)


def _end_of_meta(file: BinaryIO, encoding: Encoding) -> int:
    end = file.seek(0, SEEK_END)
    file.seek(PREAMBLE + 4)
    while True:
        head = file.read(8)
        if head[:2] != META_GROUP:
            return file.tell() - len(head)
        long = head[4:6] in LONG_HEADS and not encoding.implicit
        size = file.read(4) if long else head[4 if encoding.implicit else 6 :]
        length = int.from_bytes(size, "little")
        if file.seek(length, SEEK_CUR) > end:
            raise Unreadable("truncated")


def _parse(
    stream: BinaryIO, elements: list[Element], encoding: Encoding, limits: Limits, terms: Sequence[str] = ()
) -> Dataset:
    """Have pydicom parse these elements, as if the file had named its character set by these terms."""
    if sum(element.end - element.start for element in elements) > limits.header:
        raise Unreadable("header_too_big")
    is_chinese = terms == CHINESE  # pydicom leaves its escapes in the text, which is GB 18030 without them
    terms = ["GB18030"] if is_chinese else terms
    parts = [encode_text(SPECIFIC_CHARACTER_SET, "CS", "\\".join(terms).encode(), encoding)] if any(terms) else []
    for element in elements:
        if element.tag == SPECIFIC_CHARACTER_SET:
            continue
        stream.seek(element.start)
        part = bytearray(stream.read(element.end - element.start))
        for position, vr in element.substitutes.items():
            part[position - element.start : position - element.start + 2] = vr
        if is_chinese and element.vr in TEXTS:
            value = part[element.value - element.start :].replace(CHINESE_ESCAPE, b"")
            part = bytearray(encode_text(element.tag, element.vr, value, encoding))
        parts.append(bytes(part))
    return read_dataset(BytesIO(b"".join(parts)), encoding.implicit, encoding.little)


def encode_text(tag: int, vr: str, value: bytes | bytearray, encoding: Encoding) -> bytes:
    """Encode a text element, padded to an even length (PS3.5 7.1)."""
    value = bytes(value) + b" " * (len(value) % 2)
    start = struct.pack(encoding.order + "HH", tag >> 16, tag & 0xFFFF)
    if encoding.implicit:
        return start + struct.pack(encoding.order + "L", len(value)) + value
    length = struct.pack(encoding.order + ("HL" if vr in LONG else "H"), *([0] if vr in LONG else []), len(value))
    return start + vr.encode() + length + value
