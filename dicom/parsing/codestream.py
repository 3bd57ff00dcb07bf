"""Compressed frames of JPEG, JPEG-LS, JPEG 2000 and RLE: what they say of themselves, and the words hidden in them.

The decoders take size, components and precision from the codestream, not from the DICOM header. A frame that says
something else there would get memory for that. So `checked_frame` compares both before a decoder sees the frame.

`without_comments` overwrites comments, application data and all that no decoder reads, where they stand. No length and
no offset changes, and decoders skip them as before. Every loop goes forward, or raises `ValueError`.
"""

import struct
from collections.abc import Iterator

from pydicom.uid import JPEG2000TransferSyntaxes, RLELossless

from dicom.parsing.layout import Layout
from dicom.refusals import Unreadable

RLE_GAIN = 64  # two bytes make 128 at most (PS3.5 G.3.1)
RLE_HEADER, MAX_RLE_SEGMENTS = 64, 15  # bytes; PS3.5 G.5
FRAME_HEADER_WITHIN = 1024 * 1024  # bytes in which a JPEG must have its frame header
CODESTREAM_WITHIN = 4096  # bytes in which a JPEG 2000 codestream inside a JP2 file must begin
START_OF_JPEG_2000 = b"\xff\x4f\xff\x51"  # SOC and SIZ

# JPEG and JPEG-LS (ISO/IEC 10918-1, 14495-1)
START, END, SCAN = 0xD8, 0xD9, 0xDA
END_OF_JPEG, START_OF_SCAN = b"\xff\xd9", b"\xff\xda"
RESTARTS = range(0xD0, 0xD8)  # RST0 to RST7
STANDALONE = {START, END, 0x01, *RESTARTS}  # markers without a length
FILL_BYTE = b"\xff"  # any number of which may stand before a marker (T.81 B.1.1.2)
START_OF_FRAME = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}  # SOF0 to SOF15, and SOF55 of JPEG-LS
ADOBE, JFIF = 0xEE, 0xE0
# APP0 to APP15, COM, and the reserved JPG0 to JPG13, without those that JPEG-LS took (F7, F8).
HIDING = {*range(0xE0, 0xFF)} - {0xF7, 0xF8}
# Application segments that tell a decoder how to read colours: JFIF, Adobe, HP's colour transform of JPEG-LS.
COLOUR_SEGMENTS = {JFIF: (b"JFIF\0", 14), ADOBE: (b"Adobe", 12), 0xE8: (b"mrfx", 5)}
RGB_COMPONENTS = (b"RGB", b"rgb")

# JPEG 2000 (ISO/IEC 15444-1)
COMMENT, TILE_PART, TILE_DATA = 0x64, 0x90, 0x93
# Segments that decoders read: SIZ and the other parameters (tables A.2 and A.3 of parts 1, 2 and 15), SOT, and COM for
# its own rule. Decoders skip all others, and CRG, which says how components lie to each other.
READ_SEGMENTS = {*range(0x50, 0x60), 0x60, 0x61, COMMENT, *range(0x72, 0x7A), TILE_PART}
END_OF_JPEG_2000 = b"\xff\xd9"

Size = tuple[int, int, int, int]  # rows, columns, components, bits of a sample


def checked_frame(frame: bytes, layout: Layout, syntax: str) -> bytes:
    """Return the frame as a decoder may see it. Raises `size_mismatch` if it is not as the header says, `undecodable`.

    A JPEG 2000 codestream loses the JP2 file around it, which DICOM does not allow (PS3.5 A.4.4).
    """
    if syntax == RLELossless:
        _check_rle(frame, layout)
        return frame
    is_jpeg_2000 = syntax in JPEG2000TransferSyntaxes
    if is_jpeg_2000:
        frame = frame[max(frame.find(START_OF_JPEG_2000, 0, CODESTREAM_WITHIN), 0) :]
    try:
        *size, precision = jpeg_2000_size(frame) if is_jpeg_2000 else jpeg_size(frame)
    except (IndexError, struct.error) as exc:
        raise Unreadable("undecodable") from exc
    if size != [layout.rows, layout.columns, layout.samples] or not 1 < precision <= layout.allocated:
        raise Unreadable("size_mismatch")
    if not is_jpeg_2000 and frame.rfind(END_OF_JPEG) < frame.rfind(START_OF_SCAN):
        raise Unreadable("undecodable")  # cut short: libjpeg would fill up the rest with grey
    return frame


def precision_of(frame: bytes, syntax: str) -> int:
    """Bits of a sample, as the codestream says."""
    return (jpeg_2000_size(frame) if syntax in JPEG2000TransferSyntaxes else jpeg_size(frame))[3]


def rle_beginning(layout: Layout) -> bytes:
    """Return the first bytes of an RLE frame: its number of segments, and where the first begins (PS3.5 G.5)."""
    return struct.pack("<LL", layout.samples * ((layout.allocated + 7) // 8), RLE_HEADER)


def _check_rle(frame: bytes, layout: Layout) -> None:
    """RLE does not know its size, but has a segment for each byte of a sample, and cannot grow beyond its gain."""
    if len(frame) < RLE_HEADER or frame[:4] != rle_beginning(layout)[:4]:
        raise Unreadable("undecodable")
    if layout.bits // 8 > (len(frame) - RLE_HEADER) * RLE_GAIN:
        raise Unreadable("size_mismatch")


def jpeg_size(frame: bytes) -> Size:
    """Read the first frame header (ITU-T T.81 B.2.2, T.87 C.2.2). Raises `undecodable`."""
    expected = 0
    for marker, start, end in jpeg_segments(frame[:FRAME_HEADER_WITHIN]):
        if start != expected:  # bytes between segments, which programs read differently
            break
        if marker in START_OF_FRAME:
            precision, rows, columns, components = struct.unpack_from(">BHHB", frame, start + 4)
            return rows, columns, components, precision
        expected = end
    raise Unreadable("undecodable")


def jpeg_colours(frame: bytes) -> str | None:
    """Return what three components mean by the codestream itself, "RGB" or "YBR_FULL"; None if it does not say.

    JFIF decides before Adobe's marker, and that before the names of the components: so does libjpeg.
    """
    adobe = names = None
    for marker, start, end in jpeg_segments(frame[:FRAME_HEADER_WITHIN]):
        payload = frame[start + 4 : end]
        if marker == JFIF and payload.startswith(b"JFIF"):
            return "YBR_FULL"
        if marker == ADOBE and payload.startswith(b"Adobe") and len(payload) >= 12:
            adobe = "YBR_FULL" if payload[11] else "RGB"  # the transform flag
        if marker in START_OF_FRAME:
            names = "RGB" if bytes(payload[6::3][:3]) in RGB_COMPONENTS else None
            break
    return adobe or names


def jpeg_2000_size(frame: bytes) -> Size:
    """Read the SIZ marker (ITU-T T.800 A.5.1); the precision is that of the first component. Raises `undecodable`."""
    if not frame.startswith(START_OF_JPEG_2000):
        raise Unreadable("undecodable")
    width, height, left, top = struct.unpack_from(">4L", frame, 8)
    components, precision = struct.unpack_from(">HB", frame, 40)
    return height - top, width - left, components, (precision & 0x7F) + 1


def jpeg_segments(frame: bytes | bytearray) -> Iterator[tuple[int, int, int]]:
    """Yield marker, start and end of each segment up to the end of the image.

    Between the segments lie coded data, where a byte FF is never followed by the code of a marker.
    """
    at = 0
    while (at := frame.find(0xFF, at)) != -1 and at + 1 < len(frame):
        marker = frame[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
        elif marker in STANDALONE:
            yield marker, at, at + 2
            if marker == END:
                return
            at += 2
        elif marker < 0xC0:
            at += 2
        else:
            end = max(at + 2 + int.from_bytes(frame[at + 2 : at + 4]), at + 2)
            yield marker, at, end
            at = end


def without_comments(frame: bytes, pixels: int) -> bytes:
    """Return the frame with its comments, application data and trailing bytes zeroed.

    Args:
        frame: one frame of JPEG, JPEG-LS, JPEG 2000 or RLE, as `checked_frame` returns it.
        pixels: how many pixels it holds, rows times columns.

    Raises:
        ValueError: it is none of these, or its parts do not fit together.
    """
    blank = bytearray(frame)
    if frame.startswith(START_OF_JPEG_2000):
        _blank_jpeg_2000(blank)
    elif frame.startswith(bytes([0xFF, START])):
        _blank_jpeg(blank)
    elif 1 <= int.from_bytes(frame[:4], "little") <= MAX_RLE_SEGMENTS:
        _blank_rle(blank, pixels)
    else:
        raise ValueError("unknown kind of frame")
    return bytes(blank)


def _blank_jpeg(frame: bytearray) -> None:
    """Blank what hides in segments, behind the image, and between segments, where no coded data lie."""
    expected, is_coded = 0, False
    for marker, start, end in jpeg_segments(bytes(frame)):
        if not is_coded:
            frame[expected:start] = FILL_BYTE * (start - expected)
        expected, is_coded = end, marker == SCAN or marker in RESTARTS
        if marker == END:
            _blank_range(frame, end, len(frame))
        elif marker in HIDING:
            beginning, length = COLOUR_SEGMENTS.get(marker, (b"\0", 0))
            payload = start + 4
            needed = length if frame.startswith(beginning, payload) else 0
            _blank_range(frame, payload + needed, end)


def _blank_jpeg_2000(frame: bytearray) -> None:
    """Walk the main header and the header of each tile-part, from one tile-part to the next by its length (Psot)."""
    at, tile_part = 2, -1
    while at + 4 <= len(frame) and frame[at] == 0xFF and not frame.startswith(END_OF_JPEG_2000, at):
        marker, length = frame[at + 1], int.from_bytes(frame[at + 2 : at + 4])
        if marker == TILE_DATA:
            at = _end_of_tile_part(frame, tile_part, at)
            continue
        if marker == TILE_PART:
            tile_part = at
        if marker == COMMENT:
            _blank_range(frame, at + 6, at + 2 + length)  # behind Rcom, which tells text from binary
        elif marker not in READ_SEGMENTS:
            _blank_range(frame, at + 4, at + 2 + length)
        at += 2 + length
    if frame.startswith(END_OF_JPEG_2000, at):
        _blank_range(frame, at + 2, len(frame))
    elif any(frame[at:]):
        raise ValueError("bytes that belong to no tile-part")


def _end_of_tile_part(frame: bytearray, start: int, data: int) -> int:
    """Find the end of the tile-part that begins at `start`, behind its data. Raises `ValueError` if it lies before.

    Psot counts from the start. 0 means: to the end of the codestream, which coded data cannot contain (A.4.2).
    """
    length = int.from_bytes(frame[start + 6 : start + 10]) if start >= 0 else 0
    end = start + length if length else frame.find(END_OF_JPEG_2000, data)
    if end == -1:
        return len(frame)
    if end <= data:
        raise ValueError("a tile-part ends before it begins")
    return end


def _blank_rle(frame: bytearray, pixels: int) -> None:
    """Leave the header, and the runs of each segment (PS3.5 Annex G) until they give one byte for each pixel."""
    count = int.from_bytes(frame[:4], "little")
    header = 4 * (count + 1)
    blank = frame[:header] + bytes(len(frame) - header)
    for position in range(4, header, 4):
        start = int.from_bytes(frame[position : position + 4], "little")
        if start < RLE_HEADER:
            raise ValueError("a segment begins in the header")
        end = _end_of_runs(frame, start, pixels)
        blank[start:end] = frame[start:end]
    frame[:] = blank


def _end_of_runs(frame: bytearray, at: int, pixels: int) -> int:
    """Find where the runs that give this many bytes end. Raises `ValueError` if they give fewer or more."""
    while pixels > 0 and at < len(frame):
        head = frame[at]
        literal = head < 0x80  # so many bytes and one more follow; 0x80 means nothing; above, one byte is repeated
        pixels -= head + 1 if literal else (257 - head) % 129
        at += head + 2 if literal else 1 + (head > 0x80)
    if pixels or at > len(frame):
        raise ValueError("runs do not fit")
    return at


def _blank_range(frame: bytearray, start: int, end: int) -> None:
    end = min(end, len(frame))
    frame[start:end] = bytes(max(0, end - start))
