"""Files to upload: pydicom's own, and what is made of them."""

import io
import zipfile
from pathlib import Path

import data_store
import pydicom
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.uid import generate_uid

PYDICOM = Path(pydicom.__file__).parent / "data" / "test_files"
REAL = sorted([*PYDICOM.glob("*.dcm"), *(Path(data_store.__file__).parent / "data").glob("*.dcm")])
REFUSED = {
    **dict.fromkeys(  # no preamble: not DICOM Part 10
        (
            "ExplVR_BigEndNoMeta.dcm",
            "ExplVR_LitEndNoMeta.dcm",
            "no_meta.dcm",
            "OT-PAL-8-face.dcm",
            "rtstruct.dcm",
        ),
        "unknown_format",
    ),
    **dict.fromkeys(
        (
            "empty_charset_LEI.dcm",
            "no_meta_group_length.dcm",
            "priv_SQ.dcm",
            "reportsi.dcm",
            "reportsi_with_empty_number_tags.dcm",
            "rtplan.dcm",
            "test-SR.dcm",
            "UN_sequence.dcm",
            "waveform_ecg.dcm",
        ),
        "no_pixels",
    ),
    "emri_small_jpeg_2k_lossless_too_short.dcm": "truncated",
    "MR_truncated.dcm": "truncated",
    "rtplan_truncated.dcm": "truncated",
    "nested_priv_SQ.dcm": "malformed",  # no Bits Allocated
    "SC_rgb_jpeg.dcm": "malformed",  # says Explicit VR, is Implicit
    "meta_missing_tsyntax.dcm": "no_transfer_syntax",
}
FRAMES_BY_LENGTH = {"badVR.dcm": 15}  # its Number of Frames is "1A"


def real(name: str) -> bytes:
    with open(get_testdata_file(name, download=False), "rb") as file:
        return file.read()


def slices(number: int) -> list[bytes]:
    """Images of one patient, study and series."""
    dataset, made = dcmread(io.BytesIO(real("CT_small.dcm"))), []
    for each in range(number):
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{each}"
        stream = io.BytesIO()
        dataset.save_as(stream)
        made.append(stream.getvalue())
    return made


def zipped(**files: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def ct(**values: object) -> bytes:
    """A small CT of an object, a series and a study of its own, unless the values say otherwise."""
    dataset = dcmread(io.BytesIO(real("CT_small.dcm")))
    uids = {name: generate_uid() for name in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")}
    for keyword, value in (uids | values).items():
        setattr(dataset, keyword, value)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    stream = io.BytesIO()
    dataset.save_as(stream)
    return stream.getvalue()
