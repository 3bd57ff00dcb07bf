"""Files that mean harm, and small honest ones beside them, made byte by byte.

Each function returns the bytes of one file. DICOM is Explicit VR Little Endian unless said otherwise.
"""

import io
import struct
import zlib

from PIL import Image

EXPLICIT, IMPLICIT, BIG = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"
DEFLATED, RLE = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.5"
JPEG, JPEG_12_BIT = "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"
JPEG_2000, MPEG = "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.102"

PIXELS = 0x7FE00010
LONG = ("OB", "OW", "SQ", "UN", "UT", "OF", "OD", "OV")
UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = (0xFFFE, 0xE000), (0xFFFE, 0xE00D), (0xFFFE, 0xE0DD)


def head(tag, vr, length):
    """The head of an explicit element."""
    start = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr.encode())
    return start + (struct.pack("<HL", 0, length) if vr in LONG else struct.pack("<H", length))


def element(tag, vr, value):
    """An explicit element; numbers become US, text is padded."""
    if isinstance(value, int):
        value = struct.pack("<H", value)
    if isinstance(value, str):
        value = value.encode()
    value += (b"\0" if vr in ("UI", "OB", "UN") else b" ") * (len(value) % 2)
    return head(tag, vr, len(value)) + value


def item(tag, length=0):
    """An item or a delimiter."""
    return struct.pack("<HHL", *tag, length)


def part10(dataset, syntax=EXPLICIT, preamble=bytes(128)):
    """A DICOM file around a data set."""
    meta = element(0x00020010, "UI", syntax) if syntax else element(0x00020012, "UI", "1.2.3")
    return preamble + b"DICM" + element(0x00020000, "UL", struct.pack("<L", len(meta))) + meta + dataset


def image(rows=4, columns=4, frames=1, bits=8, samples=1, photometric="MONOCHROME2", extra=b"", **more):
    """The elements of an image, up to its pixels. `extra` goes before group 0028."""
    stored, signed = more.get("stored", bits), more.get("signed", 0)
    return b"".join(
        [
            element(0x00080060, "CS", "OT"),
            extra,
            element(0x00280002, "US", samples),
            element(0x00280004, "CS", photometric),
            *([element(0x00280006, "US", 0)] if samples > 1 else []),
            *([element(0x00280008, "IS", str(frames))] if frames != 1 else []),
            element(0x00280010, "US", rows),
            element(0x00280011, "US", columns),
            element(0x00280100, "US", bits),
            element(0x00280101, "US", stored),
            element(0x00280102, "US", stored - 1),
            element(0x00280103, "US", signed),
            more.get("tail", b""),
        ]
    )


def native(pixels=bytes(16), syntax=EXPLICIT, preamble=bytes(128), **layout):
    """A small uncompressed image, 4 x 4 unless said otherwise."""
    return part10(image(**layout) + element(PIXELS, "OW", pixels), syntax, preamble)


def encapsulated(fragments, syntax, table=b"", end=True, **layout):
    """A compressed image with the fragments and the offset table given."""
    parts = [item(ITEM, len(table)), table]
    for fragment in fragments:
        fragment += b"\0" * (len(fragment) % 2)
        parts += [item(ITEM, len(fragment)), fragment]
    pixels = head(PIXELS, "OB", UNDEFINED) + b"".join(parts) + (item(SEQUENCE_END) if end else b"")
    return part10(image(**layout) + pixels, syntax)


def nested(depth, defined=False):
    """A data set whose sequences lie `depth` deep, followed by an image."""
    return part10((nest_defined if defined else nest)(depth) + image() + element(PIXELS, "OW", bytes(16)))


def nest(depth):
    """Sequences of undefined length inside each other."""
    opened = (head(0x00081115, "SQ", UNDEFINED) + item(ITEM, UNDEFINED)) * depth
    return opened + (item(ITEM_END) + item(SEQUENCE_END)) * depth


def nest_defined(depth):
    """Sequences of defined length inside each other."""
    inner = b""
    for _ in range(depth):
        inner = element(0x00081115, "SQ", item(ITEM, len(inner)) + inner)
    return inner


def many_elements(count):
    """A private sequence with so many empty elements in it, and an image behind it."""
    crowd = head(0x00091001, "SQ", 8 + 8 * count) + item(ITEM, 8 * count) + head(0x00091002, "LO", 0) * count
    return part10(crowd + image() + element(PIXELS, "OW", bytes(16)))


def deflated(dataset):
    """A data set squeezed by deflate (PS3.5 A.5)."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return part10(packer.compress(dataset) + packer.flush(), DEFLATED)


def deflate_bomb(size):
    """A data set of `size` zeros or more, squeezed a thousandfold."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    megabyte = packer.compress(bytes(1024 * 1024)) + packer.flush(zlib.Z_FULL_FLUSH)  # can be repeated as it stands
    return part10(megabyte * (size // (1024 * 1024) + 1) + packer.flush(), DEFLATED)


def rle_frame(*segments):
    """An RLE frame of ready segments (PS3.5 G.5)."""
    offsets, at = [], 64
    for segment in segments:
        offsets.append(at)
        at += len(segment)
    return struct.pack("<16L", len(segments), *offsets, *[0] * (15 - len(segments))) + b"".join(segments)


def rle_bomb():
    """2.5 KB that say they are 20,000 x 5,000 pixels of 32 bits."""
    return encapsulated([rle_frame(*[b"\x81\0" * 300] * 4)], RLE, rows=20_000, columns=5_000, bits=32)


def jpeg(width=16, height=16, mode="L", **options):
    return picture("JPEG", width, height, mode, **options)


def png(width=16, height=16, mode="L", **options):
    return picture("PNG", width, height, mode, **options)


def picture(kind, width, height, mode, **options):
    """A picture with a gradient, so that rows and columns differ."""
    image = Image.linear_gradient("L").resize((width, height)).convert(mode)
    return saved(image, kind, **options)


def saved(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png_bomb(width, height):
    """A PNG of a few KB with so many black pixels."""
    packer = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    squeezed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">LLBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", squeezed) + chunk(b"IEND", b"")


def chunk(kind, data):
    """A chunk of a PNG."""
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))


def sized_jpeg(frame, rows, columns):
    """A JPEG whose header says another size than its pixels have."""
    at = frame.index(b"\xff\xc0")
    return frame[: at + 5] + struct.pack(">HH", rows, columns) + frame[at + 9 :]
