"""Every text attribute of every kind of image, at the top level and in each sequence, with one value planted in all.

A data set of one SOP Class is built from the tables by which copies are made: each attribute with a text
representation, and one item in each sequence that can be reached, its texts planted too. A coded item gets a published
code, so that it stays and the other texts in it are judged. Attributes that name people, records and places are left to
the caller: a value planted there would be searched for everywhere, and hide that another rule is missing.
"""

from collections.abc import Iterator

from pydicom import Dataset
from pydicom.dataelem import DataElement
from pydicom.sequence import Sequence

from dicom.deidentification import rules
from dicom.deidentification.coded_entries import CODE_TAGS, CODE_VALUE, MEANING, SCHEME
from dicom.deidentification.header import REWRITTEN
from dicom.deidentification.identity import dictionary_vr, kind_of

TEXTS = frozenset({"CS", "SH", "LO", "ST", "LT", "UC", "UT", "AE", "UR"})
PUBLISHED = {CODE_VALUE: ("SH", "51185008"), SCHEME: ("SH", "SCT"), MEANING: ("LO", "Chest")}
WRITTEN = frozenset({0x00080005, 0x00080016, 0x00080018, 0x00100010, 0x00100020})


def sop_classes() -> list[str]:
    return list(rules.read_table("iods.json")["sop_classes"])


def planted_object(sop_class: str, value: str, identity: Dataset) -> Dataset:
    """Build an object of this class with the value in each text, except those that say who the patient is."""
    dataset = Dataset()
    plant_level(dataset, rules.allowed_in(sop_class), value, set())
    dataset.SOPClassUID, dataset.SOPInstanceUID = sop_class, "1.2.3"
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.update(identity)
    return dataset


def plant_level(level: Dataset, allowed, value: str, entered: set[int]) -> None:
    for tag in allowed.keys() - REWRITTEN - WRITTEN:
        vr = dictionary_vr(tag)
        if vr in TEXTS and kind_of(tag, vr) is None:
            level.add(DataElement(tag, vr, value))
        elif vr == "SQ" and tag not in entered:
            entered.add(tag)
            level.add(DataElement(tag, "SQ", Sequence([planted_item(tag, value, entered)])))


def planted_item(sequence: int, value: str, entered: set[int]) -> Dataset:
    item, allowed = Dataset(), rules.allowed_under(sequence)
    plant_level(item, {tag: kind for tag, kind in allowed.items() if tag not in CODE_TAGS}, value, entered)
    if CODE_VALUE in allowed:
        for tag, (vr, text) in PUBLISHED.items():
            item.add(DataElement(tag, vr, text))
    return item


def texts_of(dataset: Dataset) -> Iterator[DataElement]:
    """Yield every text element, however deep."""
    return (element for element in dataset.iterall() if element.VR in TEXTS)


def holding(dataset: Dataset, value: str) -> list[str]:
    """Name the text attributes that hold the value."""
    return [f"{element.keyword} {element.VR}" for element in texts_of(dataset) if value in str(element.value)]
