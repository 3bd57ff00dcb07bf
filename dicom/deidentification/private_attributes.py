"""Private attributes that may stay: those of PS3.15 Table E.3.10-1, and numbers that diffusion and mosaics need.

An attribute is known by its Private Creator, its group and the low byte of its element. Blanks and case of the creator
do not count, since archives change them, and its block may be any. Only numbers stay, and texts of a fixed pattern.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from dicom.deidentification.allow_list import NUMBERS
from dicom.deidentification.private_numbers import decode_numbers, is_typed
from dicom.deidentification.pydicom_quiet import UNREADABLE
from dicom.deidentification.rules import read_table
from dicom.deidentification.values import is_number

TABLES = ("safe_private.json", "useful_private.json")
MAX_NUMBERS = 256  # in one attribute: times of the slices of a mosaic


class SafePrivate(NamedTuple):
    """The form of a private attribute: its VR, and for a text its pattern."""

    vr: str
    pattern: str


def safe_private_elements(dataset: Dataset) -> Iterator[tuple[DataElement, DataElement]]:
    """Yield the private elements of one level that may stay, each with its Private Creator.

    A creator (gggg,00bb) reserves the elements (gggg,bb00) to (gggg,bbFF) (PS3.5 7.8.1).
    """
    for creator_tag in sorted(tag for tag in dataset.keys() if tag.is_private_creator):  # noqa: SIM118 would decode
        creator = read_creator(dataset, creator_tag)
        for (group, low_byte), form in safe_attributes(normalised(creator)).items():
            tag = creator_tag.group << 16 | (creator_tag.element & 0xFF) << 8 | low_byte
            element = safe_element(dataset, tag, form) if group == creator_tag.group and tag in dataset else None
            if element is not None:
                yield element, DataElement(creator_tag, "LO", creator)


def read_creator(dataset: Dataset, tag: int) -> str:
    """Read a Private Creator without padding; "" if it is unreadable."""
    try:
        return str(dataset[tag].value or "").strip(" \0")
    except UNREADABLE:
        return ""


def normalised(creator: str) -> str:
    return " ".join(creator.split()).casefold()


@cache
def safe_attributes(creator: str) -> dict[tuple[int, int], SafePrivate]:
    """Map group and low byte of each safe attribute of a normalised creator to its form."""
    rows: dict[str, str] = {}
    for table in TABLES:
        for name, attributes in read_table(table)["creators"].items():
            rows |= attributes if normalised(name) == creator else {}
    return {(int(row[:4], 16), int(row[6:], 16)): SafePrivate(*form.partition(" ")[::2]) for row, form in rows.items()}


def safe_element(dataset: Dataset, tag: int, form: SafePrivate) -> DataElement | None:
    """Return the element if it is what the table says, also where a sender did not know its VR (OB, UN)."""
    item = dataset.get_item(tag)
    vr, value = str(item.VR or form.vr), item.value
    if form.pattern:
        text = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
        is_safe = re.fullmatch(form.pattern, text.strip(" \0"))
        return DataElement(tag, form.vr, text.strip(" \0")) if is_safe else None
    if not isinstance(value, bytes):
        element = DataElement(tag, vr, value)
        return element if is_number(element) else None
    if str(item.VR) not in NUMBERS and is_typed(value):  # a name, not a number without a VR
        return None
    vr = vr if vr in NUMBERS else form.vr
    numbers = decode_numbers(value, vr, is_little_endian=getattr(item, "is_little_endian", True))
    return DataElement(tag, vr, numbers) if numbers and len(numbers) <= MAX_NUMBERS else None
