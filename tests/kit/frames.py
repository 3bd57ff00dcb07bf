"""DICOM files made around frames, for tests of pixels."""

import io
from struct import pack

import numpy as np
from PIL import Image
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataelem import DataElement
from pydicom.encaps import encapsulate


def native():
    return dcmread(get_testdata_file("CT_small.dcm", download=False))


def compressed(syntax, frames):
    """A secondary capture of 8 bits and 16×16 pixels whose frames are these."""
    dataset = dcmread(get_testdata_file("SC_rgb.dcm", download=False))
    dataset.Rows = dataset.Columns = 16
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset[0x7FE00010] = DataElement(0x7FE00010, "OB", encapsulate(frames))
    dataset[0x7FE00010].is_undefined_length = True
    return dataset


def picture(kind, **options):
    """A 16×16 colour picture as a JPEG or a JPEG 2000 codestream."""
    output = io.BytesIO()
    colours = np.arange(16 * 16 * 3, dtype=np.uint8).reshape(16, 16, 3)
    Image.fromarray(colours).save(output, kind, **options)
    return output.getvalue()


def pixels_of(frame):
    return np.array(Image.open(io.BytesIO(frame)))


def encode_rle(samples):
    """An RLE frame of samples of 16 bits in one channel, in literal runs (PS3.5 Annex G)."""
    segments = []
    for data in (samples.astype(">u2").tobytes()[0::2], samples.astype(">u2").tobytes()[1::2]):
        runs = [data[at : at + 128] for at in range(0, len(data), 128)]
        segment = b"".join(bytes([len(run) - 1]) + run for run in runs)
        segments.append(segment + b"\0" * (len(segment) % 2))
    return pack("<3L", 2, 64, 64 + len(segments[0])).ljust(64, b"\0") + b"".join(segments)
