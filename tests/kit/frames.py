"""DICOM files made around frames, for tests of pixels."""

import io

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
