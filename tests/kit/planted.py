"""Files with identifiers planted in them, and the search that finds what is left of these.

Each attribute of PS3.15 Table E.1-1 gets a value of its own that occurs nowhere else. A planted file is an Enhanced CT
of 8×8 pixels that holds them at its top level, or three sequences deep inside sequences that a copy keeps, so that
whatever is planted there is met by the walk and not thrown away with its surroundings.
"""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pydicom import Dataset, dcmread, dcmwrite
from pydicom.charset import convert_encodings, encode_string
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.dataset import FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    EnhancedCTImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from dicom.deidentification import rules

SYNTAXES = {
    "implicit": ImplicitVRLittleEndian,
    "explicit": ExplicitVRLittleEndian,
    "big endian": ExplicitVRBigEndian,
    "deflated": DeflatedExplicitVRLittleEndian,
    "encapsulated": RLELossless,
}
# Each character set with a name that it can write.
CHARACTER_SETS = {
    "ISO_IR 100": "Müßig",
    "ISO_IR 144": "Люксев",
    "ISO 2022 IR 87": "山田太",
    "ISO 2022 IR 149": "김희중",
    "GB18030": "王小东",
    "ISO_IR 192": "Ødegård",
}
# The way down, from the Enhanced CT functional groups macro: each step is allowed in the one above.
DEEP = ("SharedFunctionalGroupsSequence", "DerivationImageSequence", "SourceImageSequence")
FIRST_DAY = date(1911, 1, 1)
PRIVATE = 0x00091001

# Left on purpose, held by a test of their own: size and weight.
LEFT_ON_PURPOSE = frozenset({rules.PATIENT_SIZE, rules.PATIENT_WEIGHT})


@dataclass(frozen=True)
class Plant:
    """One attribute, the value planted in it, and the text by which what is left of it is found."""

    tag: int
    vr: str
    value: Any
    needle: str

    @property
    def name(self) -> str:
        return f"({self.tag >> 16:04X},{self.tag & 0xFFFF:04X})"


def table_tags() -> list[int]:
    """Every attribute of Table E.1-1 that a dataset can hold, with examples of its repeating groups."""
    rows = rules.read_table("profile.json")["rules"]
    exact = [int(tag, 16) for tag in rows if "x" not in tag and tag != "PRIVATE"]
    return [tag for tag in exact if tag >> 16 > 2] + [0x50003000, 0x60003000, 0x60004000, 0x60024000, PRIVATE]


def plants(name: str = "Planted") -> list[Plant]:
    """One for each attribute, all different. `name` is part of every text."""
    return [plant(tag, number, name) for number, tag in enumerate(table_tags())]


def plant(tag: int, number: int, name: str) -> Plant:
    vr = dictionary_vr(tag)
    day = f"{FIRST_DAY + timedelta(days=number):%Y%m%d}"
    serial = f"Q{number:04}X"
    special = {
        "DA": day, "DT": f"{day}112233.{number:06}", "TM": f"112233.{number:06}", "AS": "093Y",
        "UI": f"1.2.826.0.1.3680043.99.{100000 + number}", "DS": f"{number + 1}.062519", "IS": str(7300000 + number),
        "US": 60000 + number, "CS": f"PLANT {serial}", "AE": f"PLANT {serial}", "UR": f"http://{serial}.example",
        "OB": f"PLANT {serial}".encode(), "OW": f"PLANT {serial}".encode(), "UN": f"PLANT {serial}".encode(),
    }  # fmt: skip
    value = special.get(vr, f"{name} {serial}")
    needle = serial if vr not in special or serial in str(value) else str(value)
    return Plant(tag, vr, value, needle)


def dictionary_vr(tag: int) -> str:
    """The representation that pydicom's dictionary gives; text for what is private or newer than the dictionary."""
    try:
        return dictionary_VR(tag).split(" or ")[0]
    except KeyError:
        return "LO"


def planted_file(
    path: Path,
    planted: Iterable[Plant],
    *,
    depth: int = 0,
    syntax: str = "explicit",
    character_set: str = "ISO_IR 192",
) -> Path:
    """Write an Enhanced CT that holds these plants at its top level (0) or three sequences deep (3)."""
    dataset = base_image(character_set)
    level = dataset if depth == 0 else deepest(dataset)
    for one in planted:
        add(level, one)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    if SYNTAXES[syntax] == RLELossless:
        dataset.compress(RLELossless, generate_instance_uid=False)
    dataset.file_meta.TransferSyntaxUID = SYNTAXES[syntax]
    dcmwrite(path, dataset, enforce_file_format=True)
    return path


def base_image(character_set: str) -> Dataset:
    """The least Enhanced CT that shows how it was cleaned: nothing in it names anybody."""
    dataset = Dataset()
    dataset.SpecificCharacterSet = ["", character_set] if character_set.startswith("ISO 2022") else character_set
    dataset.SOPClassUID, dataset.SOPInstanceUID = EnhancedCTImageStorage, "1.2.3.4"
    dataset.Modality, dataset.ImageType = "CT", ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    dataset.Manufacturer = "Acme"
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = 1, 8, 8, 1
    dataset.PhotometricInterpretation, dataset.PixelRepresentation = "MONOCHROME2", 0
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.add(DataElement(0x7FE00010, "OW", bytes(range(64)) + bytes(64)))
    source = Dataset()
    source.ReferencedSOPClassUID, source.ReferencedSOPInstanceUID = EnhancedCTImageStorage, "1.2.3.5"
    for keyword in reversed(DEEP):
        holder = Dataset()
        setattr(holder, keyword, Sequence([source]))
        source = holder
    dataset.update(source)
    return dataset


def deepest(dataset: Dataset) -> Dataset:
    """The item at the end of the way down."""
    for keyword in DEEP:
        dataset = dataset[keyword].value[0]
    return dataset


def add(level: Dataset, one: Plant) -> None:
    if one.tag == PRIVATE:
        level.add(DataElement(0x00090010, "LO", "ACME PRIVATE"))
    if one.vr == "SQ":
        item = Dataset()
        item.PatientName = item.CodeMeaning = one.value
        level.add(DataElement(one.tag, "SQ", Sequence([item])))
    else:
        level.add(DataElement(one.tag, one.vr, one.value))


def found(path: Path, planted: Iterable[Plant], name: str = "") -> list[str]:
    """What is left: the planted attributes whose value is anywhere in the file, and "name" for the local name."""
    data = searchable(path)
    values = {(int(element.tag), str(element.value)) for element in every_element(dcmread(path))}
    left = [
        one.name
        for one in planted
        if (len(one.needle) > 5 and one.needle.encode() in data) or (one.tag, str(one.value)) in values
    ]
    return left + ["name"] * any(form in data for form in forms(name))


def searchable(path: Path) -> bytes:
    """The bytes of the file, a deflated dataset inflated."""
    data = path.read_bytes()
    meta = dcmread(path, stop_before_pixels=True).file_meta
    if meta.TransferSyntaxUID != DeflatedExplicitVRLittleEndian:
        return data
    start = 144 + meta.FileMetaInformationGroupLength  # preamble, DICM and the group length's own element
    return data[:start] + zlib.decompress(data[start:], -zlib.MAX_WBITS)


def every_element(dataset: Dataset) -> Iterator[DataElement]:
    yield from dataset.iterall()
    yield from dataset.file_meta


def forms(name: str) -> set[bytes]:
    """The name as each character set would write it."""
    written = set()
    for term in CHARACTER_SETS if name else ():
        encodings = convert_encodings(["", term] if term.startswith("ISO 2022") else [term])
        try:
            written.add(encode_string(name, encodings))
        except UnicodeError:
            continue
    return written
