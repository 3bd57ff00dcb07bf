"""DICOM images as devices write them, made from nothing: pixels, a header, and elements as raw as a fault needs."""

import io

import numpy as np
from pydicom import config, dcmwrite
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, generate_uid

STORAGE = "1.2.840.10008.5.1.4.1.1."
CR, DX, MR, XA, ENHANCED_XA, ENHANCED_CT = (STORAGE + end for end in ("1", "1.1.1", "4", "12.1", "12.1.1", "2.1"))
ULTRASOUND, XRF, CAPTURE, OPHTHALMIC = (STORAGE + end for end in ("6.1", "12.2", "7", "77.1.5.1"))


def grey(values: np.ndarray, sop_class: str = MR, **attributes) -> Dataset:
    """An image of one sample a pixel, 8 or 16 bits by the type of the values."""
    bits = 8 * values.dtype.itemsize
    stored = {"BitsStored": bits, "HighBit": attributes.get("BitsStored", bits) - 1}
    return image(
        values,
        sop_class,
        **{"SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME2", "BitsAllocated": bits}
        | {"PixelRepresentation": int(values.dtype.kind == "i")}
        | stored
        | attributes,
    )


def colour(values: np.ndarray, photometric: str = "RGB", rows: int = 0, columns: int = 0, **attributes) -> Dataset:
    """An image of three samples a pixel, of 8 bits. Rows and columns are those of the values if they are not stated."""
    size = {"Rows": rows, "Columns": columns} if rows else {}
    return image(
        values,
        ULTRASOUND,
        **{"SamplesPerPixel": 3, "PhotometricInterpretation": photometric, "PlanarConfiguration": 0}
        | {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "PixelRepresentation": 0}
        | size
        | attributes,
    )


def image(values: np.ndarray, sop_class: str, **attributes) -> Dataset:
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = sop_class, generate_uid()
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = generate_uid(), generate_uid()
    dataset.ImageType, dataset.PatientName, dataset.PatientID = ["ORIGINAL", "PRIMARY"], "Fox^Ann", "4711"
    dataset.Rows, dataset.Columns = values.shape[:2]
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    little = values.astype(values.dtype.newbyteorder("<"))
    dataset.add_new("PixelData", "OW", little.tobytes() + b"\0" * (little.nbytes % 2))
    return dataset


def put_raw(dataset: Dataset, keyword: str, vr: str, value: bytes) -> Dataset:
    """Put an element as these bytes, whatever its VR asks for."""
    tag, padded = Tag(tag_for_keyword(keyword)), value + b" " * (len(value) % 2)
    dataset[tag] = RawDataElement(tag, vr, len(padded), padded, 0, False, True)
    return dataset


def put_lut(dataset: Dataset, sequence: str, *items: Dataset) -> Dataset:
    setattr(dataset, sequence, Sequence(items))
    return dataset


def lut_item(descriptor: tuple[int, int, int], entries: np.ndarray, vr: str = "US") -> Dataset:
    """One look-up table. The descriptor is written as it stands, the entries as words or bytes by their type."""
    item = Dataset()
    put_raw(item, "LUTDescriptor", vr, np.array([number % 65_536 for number in descriptor], "<u2").tobytes())
    return put_raw(item, "LUTData", "OW", entries.astype(f"<u{entries.dtype.itemsize}").tobytes())


def group(keyword: str, **values) -> Dataset:
    """A functional group with one item that has these values."""
    item, around = Dataset(), Dataset()
    for name, value in values.items():
        setattr(item, name, value)
    setattr(around, keyword, Sequence([item]))
    return around


def part10(dataset: Dataset, syntax: str = ExplicitVRLittleEndian) -> bytes:
    """The bytes of a file; nothing is validated."""
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.preamble = bytes(128)
    set_encoding(dataset, syntax == ImplicitVRLittleEndian)
    file = io.BytesIO()
    with config.disable_value_validation():
        dcmwrite(file, dataset, enforce_file_format=False)
    return file.getvalue()


def set_encoding(dataset: Dataset, is_implicit: bool) -> None:
    """Have pydicom write raw elements as they are, in nested items as well."""
    dataset.set_original_encoding(is_implicit, True, "iso8859")
    for element in dataset.values():
        if not isinstance(element, RawDataElement) and element.VR == "SQ":
            for item in element.value:
                set_encoding(item, is_implicit)


def implicit(dataset: Dataset) -> bytes:
    return part10(dataset, ImplicitVRLittleEndian)


def linear(values: np.ndarray, center: float, width: float) -> np.ndarray:
    """The LINEAR window of PS3.3 C.11.2.1.2.1, to 8 bits."""
    fractions = (np.asarray(values, float) - (center - 0.5)) / (width - 1) + 0.5
    return np.rint(np.clip(fractions, 0, 1) * 255).astype(np.uint8)


def stretched(values: np.ndarray, low: float | None = None, high: float | None = None) -> np.ndarray:
    """The contrast from the least value to the greatest, to 8 bits."""
    low, high = values.min() if low is None else low, values.max() if high is None else high
    return np.rint(np.clip((values - float(low)) / (float(high) - float(low)), 0, 1) * 255).astype(np.uint8)


RAMP = (np.arange(256).reshape(16, 16) * 16).astype(np.uint16)  # 0 to 4080
WINDOW = {"WindowCenter": "1000", "WindowWidth": "2000"}  # far from the contrast of the ramp
SHOWN = linear(RAMP, 1000, 2000)  # the ramp in that window
Case = tuple[bytes, np.ndarray]  # a file, and the picture that it shows
