"""Values by their representation (PS3.5 6.2): which may stay as they are, and what replaces the others.

This decides on attributes that the IOD allows and Table E.1-1 does not list. `None` means: may not stay.
"""

import re
from collections.abc import Callable
from numbers import Number
from typing import Any

from pydicom.dataelem import DataElement
from pydicom.multival import MultiValue
from pydicom.uid import UID_dictionary

from dicom.deidentification.allow_list import (
    CODE_STRING,
    DEVICE_WORDS,
    FREE_TEXT,
    NUMBERS,
    PICTURE_DATA,
    PRINTABLE,
    SEXES,
    TEXTS,
    body_parts,
)
from dicom.deidentification.dates import cap_age
from dicom.deidentification.identifying_words import mentions
from dicom.deidentification.replacements import Subject, replacement_uid
from dicom.deidentification.rules import PATIENT_SEX, PREGNANCY_STATUS

DUMMIES: dict[str, Any] = {
    "DA": "19000101", "DT": "19000101", "TM": "000000", "AS": "000D", "UI": "2.25.0", "UR": "urn:removed", "SQ": [],
    **dict.fromkeys(NUMBERS, 0), "US or SS": b"\0\0",
    **dict.fromkeys(("OB", "OW", "OF", "OD", "OL", "OV", "UN", "OB or OW", "US or OW"), b"\0\0"),
}  # fmt: skip
MAX_UNDECIDED_BYTES = 6  # three 16-bit numbers, as in a LUT descriptor
DUMMY_TEXT = "REMOVED"
PREGNANCY_STATES = (1, 2, 3, 4)  # not pregnant, possibly, definitely, unknown (PS3.3 C.2.3)


def judge_value(element: DataElement, words: frozenset[str]) -> Any:
    """Return the value of an unlisted attribute if it may stay. Dates, UIDs and sequences are judged elsewhere."""
    if element.tag == PREGNANCY_STATUS:
        return element.value if element.value in PREGNANCY_STATES else None
    if element.keyword in PICTURE_DATA or is_number(element):
        return element.value
    if element.tag == PATIENT_SEX:
        return apply_to_all(element.value, lambda text: text if text in SEXES else None)
    if element.VR == "CS":
        names = frozenset() if element.keyword in DEVICE_WORDS else words
        return apply_to_all(element.value, lambda text: safe_text(text, CODE_STRING, names))
    if element.VR in TEXTS and element.keyword in FREE_TEXT:
        return apply_to_all(element.value, lambda text: safe_text(text, PRINTABLE, words))
    if element.VR == "AS":
        return apply_to_all(element.value, cap_age)
    return None


def is_number(element: DataElement) -> bool:
    """Whether the value is what its representation says: pydicom returns a DS or IS that it cannot read as text."""
    if element.VR == "US or SS" and isinstance(element.value, bytes):
        return len(element.value) <= MAX_UNDECIDED_BYTES
    value = element.value if isinstance(element.value, MultiValue | list) else [element.value]
    return element.VR in NUMBERS and all(one in (None, "") or isinstance(one, Number) for one in value)


def replace_uids(element: DataElement, subject: Subject) -> Any:
    """Replace UIDs by keyed ones, except those that the standard itself assigns (PS3.6 Annex A)."""

    def replace_uid(uid: str) -> str:
        return uid if uid in UID_dictionary else replacement_uid(subject.secrets, subject.patient, uid)

    return apply_to_all(element.value, replace_uid)


def safe_text(text: str, form: re.Pattern[str], words: frozenset[str]) -> str | None:
    """Return the text if it has this form and names no one. A patient called Hand leaves X-rays their HAND."""
    return text if form.fullmatch(text) and (text in body_parts() or not mentions(text, words)) else None


def apply_to_all(value: Any, rule: Callable[[str], str | None]) -> Any:
    """Apply the rule to each of the values. If one of them may not stay, none does."""
    if value is None or value == "":
        return value
    is_multiple = isinstance(value, MultiValue | list)
    results = [rule(str(one)) if str(one) else "" for one in (value if is_multiple else [value])]
    if None in results:
        return None
    return results if is_multiple else results[0]


def substitute_element(tag: int, vr: str, kind: str) -> DataElement | None:
    """Make the element that replaces a value that may not stay, by the attribute's Type in its IOD (PS3.5 7.4).

    Type 1 needs a value and gets a dummy, Type 2 is left empty, Type 3 is left out. A conditional sequence is left out,
    too: it may not stand without items.
    """
    if kind == "3" or (vr == "SQ" and kind == "1C"):
        return None
    value = DUMMIES.get(vr, DUMMY_TEXT) if kind.startswith("1") else [] if vr == "SQ" else None
    return DataElement(tag, vr, value)
