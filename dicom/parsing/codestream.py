"""What a compressed frame says of itself, read before a decoder sees it.

The decoders take size, components and precision from the codestream, not from the DICOM header: a frame that says
something else there would be given memory for that, and a precision out of bounds has crashed one.
"""

import struct

from pydicom.uid import JPEG2000TransferSyntaxes, RLELossless

from dicom.parsing.layout import Layout
from dicom.refusals import Unreadable

RLE_GAIN = 64  # two bytes make 128 at most (PS3.5 G.3.1)
RLE_HEADER = 64  # bytes
LOOKED_AT = 1024 * 1024  # bytes in which a JPEG must have its frame header
WRAPPED = 4096  # bytes in which a wrapped JPEG 2000 codestream must begin
START_OF_CODESTREAM = b"\xff\x4f\xff\x51"  # SOC and SIZ of JPEG 2000
NO_LENGTH = {0x01, *range(0xD0, 0xD9)}  # JPEG markers that stand alone: TEM, RST0-7, SOI
START_OF_FRAME = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}  # SOF0-15, and SOF55 of JPEG-LS
Size = tuple[int, int, int, int]  # rows, columns, components, bits of a sample


def checked(frame: bytes, given: Layout, syntax: str) -> bytes:
    """The frame as a decoder may see it. Raises `size_mismatch` if it is not as given, `undecodable` if it is silent.

    JPEG 2000 loses its JP2 wrapping, which DICOM does not want (PS3.5 A.4.4), and in which a decoder has got lost.
    """
    if syntax == RLELossless:
        _check_rle(frame, given)
        return frame
    if syntax in JPEG2000TransferSyntaxes:
        frame = frame[max(frame.find(START_OF_CODESTREAM, 0, WRAPPED), 0) :]
    try:
        *size, precision = jpeg2000_size(frame) if syntax in JPEG2000TransferSyntaxes else jpeg_size(frame)
    except (IndexError, struct.error) as exc:
        raise Unreadable("undecodable") from exc
    if size != [given.rows, given.columns, given.samples] or not 1 < precision <= given.allocated:
        raise Unreadable("size_mismatch")
    return frame


def _check_rle(frame: bytes, given: Layout) -> None:
    """RLE does not know its size, but it has a segment for each byte of a sample, and cannot grow beyond its gain."""
    if len(frame) < RLE_HEADER or int.from_bytes(frame[:4], "little") != given.samples * ((given.allocated + 7) // 8):
        raise Unreadable("undecodable")
    if given.bits // 8 > (len(frame) - RLE_HEADER) * RLE_GAIN:
        raise Unreadable("size_mismatch")


def jpeg_size(frame: bytes) -> Size:
    """What the first frame header says (ITU-T T.81 B.2.2, T.87 C.2.2)."""
    at, frame = 2, frame[:LOOKED_AT]
    while True:
        while frame[at] == 0xFF and frame[at + 1] == 0xFF:  # fill bytes
            at += 1
        lead, marker = frame[at], frame[at + 1]
        if lead != 0xFF:
            raise Unreadable("undecodable")
        if marker in START_OF_FRAME:
            precision, rows, columns, components = struct.unpack_from(">BHHB", frame, at + 4)
            return rows, columns, components, precision
        at += 2 if marker in NO_LENGTH else 2 + struct.unpack_from(">H", frame, at + 2)[0]


def jpeg2000_size(frame: bytes) -> Size:
    """What the SIZ marker says (ITU-T T.800 A.5.1); the precision is that of the first component."""
    if not frame.startswith(START_OF_CODESTREAM):
        raise Unreadable("undecodable")
    width, height, left, top = struct.unpack_from(">4L", frame, 8)
    components, precision = struct.unpack_from(">HB", frame, 40)
    return height - top, width - left, components, (precision & 0x7F) + 1
