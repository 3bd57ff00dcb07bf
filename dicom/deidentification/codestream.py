"""Words hidden in compressed frames: the comment and application segments of JPEG, JPEG-LS and JPEG 2000, and what
an RLE segment holds behind its last pixel.

They are overwritten with zeros where they stand. No length and no offset changes, and decoders skip them as before.
"""

# APP0 to APP15, COM, and the reserved JPG0 to JPG13 of ISO/IEC 10918-1, but for those that JPEG-LS took (F7, F8).
HIDING = {*range(0xE0, 0xFF)} - {0xF7, 0xF8}
JPEG_2000_COMMENT = 0x64  # of ISO/IEC 15444-1
JP2_SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"
START, END = 0xD8, 0xD9
MOST_SEGMENTS, RLE_HEADER = 15, 64  # of PS3.5 G.5; bytes
JPEG_2000_START, JPEG_2000_TILE, JPEG_2000_DATA = 0x4F, 0x90, 0x93
STANDALONE = {START, END, 0x01, *range(0xD0, 0xD8)}  # markers without a length, RST0 to RST7 among them
# Application segments that tell a decoder how to read colours: JFIF, Adobe, HP's colour transform of JPEG-LS.
COLOUR = {0xE0: (b"JFIF\0", 14), 0xEE: (b"Adobe", 12), 0xE8: (b"mrfx", 5)}


def without_words(frame: bytes, pixels: int) -> bytes:
    """The frame with its comments, application data and trailing bytes zeroed.

    Args:
        frame: one frame of JPEG, JPEG-LS, JPEG 2000 or RLE.
        pixels: how many pixels it holds, rows times columns.

    Raises:
        ValueError: it is nothing of these, or an RLE frame whose runs do not give its pixels.
    """
    blank = bytearray(codestream_of(frame) if frame.startswith(JP2_SIGNATURE) else frame)
    start = bytes(blank[:2])
    if start == bytes([0xFF, START]):
        blank_jpeg(blank)
    elif start == bytes([0xFF, JPEG_2000_START]):
        blank_jpeg_2000(blank)
    elif 1 <= int.from_bytes(frame[:4], "little") <= MOST_SEGMENTS:
        blank_rle(blank, pixels)
    else:
        raise ValueError("unknown kind of frame")
    return bytes(blank)


def codestream_of(frame: bytes) -> bytes:
    """The codestream out of a JP2 file (ISO/IEC 15444-1 Annex I), which PS3.5 A.4.4 does not want around it.

    Raises:
        ValueError: it has none.
    """
    at = 0
    while at + 8 <= len(frame):
        length, name = int.from_bytes(frame[at : at + 4]), frame[at + 4 : at + 8]
        if name == b"jp2c":
            return frame[at + 8 : at + length if length > 8 else len(frame)]
        at += max(length, 8)
    raise ValueError("no codestream")


def blank_jpeg(data: bytearray) -> None:
    """Walk the markers. Between them lie coded data, where a byte FF is never followed by a marker's code."""
    at = 0
    while (at := data.find(0xFF, at)) != -1 and at + 1 < len(data):
        marker = data[at + 1]
        if marker == END:
            return blank_from(data, at + 2, len(data))
        if marker < 0xC0 or marker == 0xFF or marker in STANDALONE:
            at += 1 if marker == 0xFF else 2
            continue
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4])
        if marker in HIDING:
            blank_from(data, at + 4 + spared(marker, bytes(data[at + 4 : end])), end)
        at = max(end, at + 2)
    return None


def spared(marker: int, payload: bytes) -> int:
    """How many leading bytes of an application segment the decoder needs."""
    start, length = COLOUR.get(marker, (b"\0", 0))
    return length if payload.startswith(start) else 0


def blank_jpeg_2000(data: bytearray) -> None:
    """Walk the main header and each tile-part's header; skip from one tile-part to the next by its length."""
    at, tile_ends = 2, len(data)
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if marker == END:
            return blank_from(data, at + 2, len(data))
        if marker == JPEG_2000_DATA:
            at = tile_ends
            continue
        if marker == JPEG_2000_TILE:
            tile_ends = at + int.from_bytes(data[at + 6 : at + 10]) or len(data)
        if marker == JPEG_2000_COMMENT:
            blank_from(data, at + 6, at + 2 + length)  # behind Rcom, which tells text from binary
        at += 2 + length
    if data[at : at + 2] == bytes([0xFF, END]):
        blank_from(data, at + 2, len(data))
    return None


def blank_rle(data: bytearray, pixels: int) -> None:
    """Follow the runs of each segment (PS3.5 Annex G) until it has given one byte for each pixel."""
    count = int.from_bytes(data[:4], "little")
    starts = [int.from_bytes(data[4 * number : 4 * number + 4], "little") for number in range(1, count + 1)]
    for start, end in zip(starts, [*starts[1:], len(data)], strict=True):
        blank_from(data, end_of_runs(data, start, pixels), end)
    blank_from(data, 4 * (count + 1), RLE_HEADER)


def end_of_runs(data: bytearray, at: int, pixels: int) -> int:
    """Where the runs that give this many bytes end.

    Raises:
        ValueError: they give fewer or more. A decoder may crash over such runs.
    """
    while pixels > 0 and at < len(data):
        head = data[at]
        literal = head < 0x80  # so many bytes and one more follow; 0x80 says nothing; above, one byte is repeated
        pixels -= head + 1 if literal else (257 - head) % 129
        at += head + 2 if literal else 1 + (head > 0x80)
    if pixels or at > len(data):
        raise ValueError("runs do not fit")
    return at


def blank_from(data: bytearray, start: int, end: int) -> None:
    end = min(end, len(data))
    data[start:end] = bytes(max(0, end - start))
