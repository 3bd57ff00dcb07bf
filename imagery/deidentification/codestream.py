"""Words hidden in compressed frames: the comment and application segments of JPEG, JPEG-LS and JPEG 2000.

They are overwritten with zeros where they stand. No length and no offset changes, and decoders skip them as before.
"""

COMMENT, APPLICATIONS = 0xFE, range(0xE0, 0xF0)  # COM, APP0 to APP15 of ISO/IEC 10918-1
JPEG_2000_COMMENT = 0x64  # of ISO/IEC 15444-1
START, END = 0xD8, 0xD9
JPEG_2000_START, JPEG_2000_TILE, JPEG_2000_DATA = 0x4F, 0x90, 0x93
STANDALONE = {START, END, 0x01, *range(0xD0, 0xD8)}  # markers without a length, RST0 to RST7 among them
# Application segments that tell a decoder how to read colours: JFIF, Adobe, HP's colour transform of JPEG-LS.
COLOUR = {0xE0: (b"JFIF\0", 14), 0xEE: (b"Adobe", 12), 0xE8: (b"mrfx", 5)}


def without_words(frame: bytes) -> bytes:
    """The frame with its comments, application data and trailing bytes zeroed. RLE and unknown data come back as is."""
    blank = bytearray(frame)
    if frame.startswith(bytes([0xFF, START])):
        blank_jpeg(blank)
    elif frame.startswith(bytes([0xFF, JPEG_2000_START])):
        blank_jpeg_2000(blank)
    return bytes(blank)


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
        if marker == COMMENT or marker in APPLICATIONS:
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


def blank_from(data: bytearray, start: int, end: int) -> None:
    end = min(end, len(data))
    data[start:end] = bytes(max(0, end - start))
