"""What a compressed frame says of itself, read before a decoder sees it.

The decoders take width, height and components from the codestream, not from the DICOM header: a frame that says
something else there would get memory for that.
"""

import struct
from typing import TYPE_CHECKING

from pydicom.uid import JPEG2000TransferSyntaxes, RLELossless

from imagery.decoding.reasons import Unreadable

if TYPE_CHECKING:
    from imagery.decoding.frames import Layout

RLE_GAIN = 64  # two bytes make 128 at most (PS3.5 G.3.1)
RLE_HEADER = 64  # bytes
LOOKED_AT = 1024 * 1024  # bytes in which a JPEG must have its frame header
NO_LENGTH = {0x01, *range(0xD0, 0xD9)}  # JPEG markers that stand alone: TEM, RST0-7, SOI
START_OF_FRAME = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}  # SOF0-15, and SOF55 of JPEG-LS


def check_codestream(frame: bytes, given: "Layout", syntax: str) -> None:
    """Raises `size_mismatch` if the frame is not of the size given, `undecodable` if it does not say."""
    if syntax == RLELossless:
        return _check_rle(frame, given)
    try:
        size = jpeg2000_size(frame) if syntax in JPEG2000TransferSyntaxes else jpeg_size(frame)
    except (IndexError, struct.error) as exc:
        raise Unreadable("undecodable") from exc
    if size != (given.rows, given.columns, given.samples):
        raise Unreadable("size_mismatch")


def _check_rle(frame: bytes, given: "Layout") -> None:
    """RLE does not know its size, but it has a segment for each byte of a sample, and cannot grow beyond its gain."""
    if len(frame) < RLE_HEADER or int.from_bytes(frame[:4], "little") != given.samples * ((given.allocated + 7) // 8):
        raise Unreadable("undecodable")
    if given.bits // 8 > (len(frame) - RLE_HEADER) * RLE_GAIN:
        raise Unreadable("size_mismatch")


def jpeg_size(frame: bytes) -> tuple[int, int, int]:
    """Rows, columns and components of the first frame header (ITU-T T.81 B.2.2, T.87 C.2.2)."""
    at, frame = 2, frame[:LOOKED_AT]
    while True:
        while frame[at] == 0xFF and frame[at + 1] == 0xFF:  # fill bytes
            at += 1
        lead, marker = frame[at], frame[at + 1]
        if lead != 0xFF:
            raise Unreadable("undecodable")
        if marker in START_OF_FRAME:
            rows, columns, components = struct.unpack_from(">HHB", frame, at + 5)
            return rows, columns, components
        at += 2 if marker in NO_LENGTH else 2 + struct.unpack_from(">H", frame, at + 2)[0]


def jpeg2000_size(frame: bytes) -> tuple[int, int, int]:
    """Rows, columns and components of the SIZ marker (ITU-T T.800 A.5.1), behind a JP2 wrapping if there is one."""
    at = max(frame.find(b"\xff\x4f\xff\x51", 0, 4096), 0)
    if frame[at : at + 4] != b"\xff\x4f\xff\x51":
        raise Unreadable("undecodable")
    width, height, left, top = struct.unpack_from(">4L", frame, at + 8)
    return height - top, width - left, struct.unpack_from(">H", frame, at + 40)[0]
