"""Files to upload, no two alike: a PNG of 200 kB and a CT of 512 × 512. Their pixels are noise."""

import struct
import zlib
from functools import cache
from io import BytesIO

import numpy as np
from PIL import Image
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.uid import UID, generate_uid

END = b"\x00\x00\x00\x00IEND"


@cache
def noisy_png() -> bytes:
    pixels = np.random.default_rng(1).integers(0, 256, (440, 450), dtype=np.uint8)
    stream = BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def png(number: int) -> bytes:
    """200 kB, told from the others by a chunk of text (PNG, third edition, 11.3.3)."""
    text = b"tEXt" + b"Comment\0%d" % number
    chunk = struct.pack(">L", len(text) - 4) + text + struct.pack(">L", zlib.crc32(text))
    before, end, after = noisy_png().rpartition(END)
    return before + chunk + end + after


@cache
def noisy_ct() -> tuple[bytes, bytes]:
    """A CT of 512 × 512 pixels of 16 bits, uncompressed, with the header of a real one; and its SOP Instance UID."""
    dataset = dcmread(str(get_testdata_file("CT_small.dcm", download=False)))
    dataset.Rows = dataset.Columns = 512
    dataset.PixelData = np.random.default_rng(1).integers(0, 4096, 512 * 512, dtype=np.uint16).tobytes()
    uid = "1.2.826.0.1.3680043.8.498." + "1" * 20
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = UID(uid)
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = generate_uid(), generate_uid()
    stream = BytesIO()
    dataset.save_as(stream)
    return stream.getvalue(), uid.encode()


def ct(number: int) -> bytes:
    """0.5 MB: one more slice of the same series, under a UID of its own."""
    content, uid = noisy_ct()
    return content.replace(uid, uid[:-20] + b"2%019d" % number)
