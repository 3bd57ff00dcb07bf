"""Pixels that stay as they are, without what hides beside them, written frame by frame.

Native data lose the bytes behind the last pixel and whatever stands in the bits that no pixel uses (old overlays,
PS3.5 8.1.1). Compressed frames lose their comments; each becomes one fragment, and its codes are not changed. Those
that have such bits are written uncompressed.
"""

import hashlib
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO, Protocol

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset, write_file_meta_info
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian

from dicom.deidentification.manifest import Box
from dicom.deidentification.redaction import RedactedFrames, fill_boxes
from dicom.parsing.frames import Frames
from dicom.parsing.layout import Layout
from dicom.refusals import Unreadable

PIXEL_DATA = (0x7FE0, 0x0010)
ITEM, END_OF_ITEMS = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0\0\0\0\0"
UNDEFINED_LENGTH = 0xFFFFFFFF


class Sink(Protocol):
    def write(self, data: bytes, /) -> object: ...


class Deflater:
    """Compresses what is written to it (PS3.5 A.5)."""

    def __init__(self, target: BinaryIO) -> None:
        self.target, self.compressor, self.length = target, zlib.compressobj(wbits=-zlib.MAX_WBITS), 0

    def write(self, data: bytes) -> None:
        self.length += self.target.write(self.compressor.compress(data))

    def finish(self) -> None:
        self.length += self.target.write(self.compressor.flush())
        self.target.write(b"\0" * (self.length % 2))


def write_pixels(target: BinaryIO, copy: Dataset, frames: Frames, redacted: RedactedFrames | None) -> None:
    """Write the copy's header, and behind it the original's pixels or those with boxes.

    Raises what pydicom and the decoders raise.
    """
    syntax, sink = copy.file_meta.TransferSyntaxUID, write_header(target, copy)
    if redacted:
        _write_native(sink, redacted.chunks(), redacted.length, redacted.vr, syntax)
    elif frames.is_native:
        length = (frames.layout.bits * frames.layout.frames + 7) // 8
        vr = "OW" if syntax.is_implicit_VR else frames.element.vr
        _write_native(sink, _native_chunks(frames, length), length, vr, syntax)
    else:
        _write_fragments(target, frames)
    if isinstance(sink, Deflater):
        sink.finish()


def write_header(target: BinaryIO, copy: Dataset) -> Sink:
    """Write everything before the pixels, and return what writes them."""
    syntax = copy.file_meta.TransferSyntaxUID
    target.write(bytes(128) + b"DICM")
    write_file_meta_info(target, copy.file_meta, enforce_standard=True)  # type: ignore[arg-type]  # any binary file
    sink: Sink = Deflater(target) if syntax == DeflatedExplicitVRLittleEndian else target
    sink.write(_encoded_header(copy, syntax))
    return sink


def pixel_digest(frames: Frames) -> str:
    """Decode all frames, and return a digest: the same for the same picture in any lossless transfer syntax."""
    digest = hashlib.sha256()
    for index in range(frames.layout.frames):
        samples, _ = frames.decode(index)
        digest.update(little_endian(samples))
    return digest.hexdigest()


def little_endian(samples: np.ndarray) -> memoryview:
    """Return the samples as contiguous little endian memory, without a copy where possible."""
    return np.ascontiguousarray(samples, samples.dtype.newbyteorder("<")).data


def _encoded_header(copy: Dataset, syntax: UID) -> bytes:
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = syntax.is_little_endian, syntax.is_implicit_VR
    write_dataset(buffer, copy)
    return buffer.getvalue()


def _element_head(vr: str, length: int, syntax: UID) -> bytes:
    """Tag, VR and length of Pixel Data (PS3.5 7.1)."""
    order = "<" if syntax.is_little_endian else ">"
    tag, size = struct.pack(order + "HH", *PIXEL_DATA), struct.pack(order + "L", length)
    return tag + size if syntax.is_implicit_VR else tag + vr.encode() + b"\0\0" + size


def _write_native(sink: Sink, chunks: Iterable[bytes], length: int, vr: str, syntax: UID) -> None:
    """Write pixels of this length in bytes, padded to an even one."""
    sink.write(_element_head(vr, length + length % 2, syntax))
    written = 0
    for chunk in chunks:
        sink.write(chunk)
        written += len(chunk)
    sink.write(b"\0" * (length + length % 2 - written))


def _native_chunks(frames: Frames, length: int) -> Iterator[bytes]:
    """Read the bytes that are pixels frame by frame, with unused bits cleared.

    Frames that do not fill complete words are read at once. In big endian words of 8-bit samples the last pixel may be
    the second byte of its word, so an odd length is rounded up.
    """
    layout, dtype = frames.layout, _cleared_dtype(frames.layout, frames)
    step = layout.bits // 8 if layout.bits % 16 == 0 else length + length % 2
    for start in range(0, length, step):
        chunk = frames.native_pixels(start, step)
        if step > length and frames.syntax != ExplicitVRBigEndian:
            chunk = chunk[:length]
        yield _without_unused_bits(chunk, layout, dtype) if dtype else chunk


def _cleared_dtype(layout: Layout, frames: Frames) -> str:
    """The type of samples whose unused bits can be cleared; "" if there are none."""
    if not (1 < layout.stored < layout.allocated and layout.allocated in (8, 16, 32)):
        return ""
    order = ">" if frames.syntax == ExplicitVRBigEndian and frames.element.vr != "OB" else "<"
    return f"{order}{'i' if layout.signed else 'u'}{layout.allocated // 8}"


def _without_unused_bits(chunk: bytes, layout: Layout, dtype: str) -> bytes:
    """Make the bits above the value copies of its sign, or zero, and those below it zero.

    The value stays in its place, and whatever was packed around it goes.
    """
    samples = np.frombuffer(chunk, dtype)
    above, below = layout.allocated - 1 - layout.high_bit, layout.high_bit + 1 - layout.stored
    clear = (samples << above) >> (above + below) << below
    return chunk if np.array_equal(clear, samples) else clear.astype(samples.dtype).tobytes()


def _write_fragments(target: BinaryIO, frames: Frames) -> None:
    """Write the frames, each in one fragment, behind a new Basic Offset Table (PS3.5 A.4). Raises `ValueError`."""
    count, offsets = frames.layout.frames, []
    target.write(struct.pack("<HH2s2xL", *PIXEL_DATA, b"OB", UNDEFINED_LENGTH))
    target.write(ITEM + struct.pack("<L", 4 * count))
    table = target.tell()
    target.write(bytes(4 * count))
    for index in range(count):
        offsets.append(target.tell() - table - 4 * count)
        frame = frames.clean_codestream(index)
        target.write(ITEM + struct.pack("<L", len(frame) + len(frame) % 2) + frame + b"\0" * (len(frame) % 2))
    target.write(END_OF_ITEMS)
    target.seek(table)
    target.write(struct.pack(f"<{count}L", *offsets))


def write_picture(target: BinaryIO, pixels: np.ndarray, boxes: Sequence[Box]) -> str:
    """Write a PNG of these pixels, with the boxes in black, and return their digest.

    It is a PNG for a JPEG as well: to compress its pixels again with loss would change them a second time. It holds
    the chunks IHDR, IDAT and IEND alone. Raises `bad_box`.
    """
    if any(box.frame for box in boxes):
        raise Unreadable("bad_box")
    pixels = pixels.copy()
    fill_boxes(pixels, boxes, 0)
    Image.fromarray(pixels).save(target, format="PNG")
    return hashlib.sha256(little_endian(pixels)).hexdigest()
