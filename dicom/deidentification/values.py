"""Values by their representation (PS3.5 6.2): which may stay as they are, and what replaces the others.

This decides on attributes that the IOD allows and Table E.1-1 does not list. `None` means: may not stay.
"""

from collections.abc import Callable
from numbers import Number
from typing import Any

from pydicom.datadict import keyword_for_tag, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.multival import MultiValue
from pydicom.uid import UID_dictionary

from dicom.deidentification.allow_list import (
    CODE_STRING,
    FREE_TEXT,
    LISTS_OF_TERMS,
    MAX_TEXT,
    NUMBERS,
    PICTURE_DATA,
    SEXES,
    TEXTS,
    TYPES_OF_PICTURE,
)
from dicom.deidentification.dates import cap_age
from dicom.deidentification.identity import Identity, dictionary_vr
from dicom.deidentification.replacements import Subject, replacement_uid
from dicom.deidentification.rules import PATIENT_SEX, PREGNANCY_STATUS
from dicom.deidentification.terms import is_defined_term, neutral_term
from dicom.deidentification.vocabulary import is_vocabulary

DUMMIES: dict[str, Any] = {
    "DA": "19000101", "DT": "19000101", "TM": "000000", "AS": "000D", "UI": "2.25.0", "UR": "urn:removed", "SQ": [],
    **dict.fromkeys(NUMBERS, 0), "US or SS": b"\0\0",
    **dict.fromkeys(("OB", "OW", "OF", "OD", "OL", "OV", "UN", "OB or OW", "US or OW"), b"\0\0"),
}  # fmt: skip
MIN_LETTERS = 2  # of a text in place of a table
PIXEL_GROUP = 0x0028
MAX_UNDECIDED_BYTES = 6  # three 16-bit numbers, as in a LUT descriptor
DUMMY_TEXT = "REMOVED"
PREGNANCY_STATES = (1, 2, 3, 4)  # not pregnant, possibly, definitely, unknown (PS3.3 C.2.3)
OTHER = "OTHER"  # in place of one value of Image Type (PS3.3 C.7.6.1.1.2), whose places have meanings


def judge_value(element: DataElement, identity: Identity) -> Any:
    """Return the value of an unlisted attribute if it may stay. Dates, UIDs and sequences are judged elsewhere."""
    if element.tag == PREGNANCY_STATUS:
        return element.value if element.value in PREGNANCY_STATES else None
    declared = set(dictionary_vr(int(element.tag)).split(" or "))
    if element.keyword in PICTURE_DATA and isinstance(element.value, bytes):
        return None if reads_as_text(element.value) else element.value
    if is_number(element):
        return element.value if declared & NUMBERS and not is_record_number(element, identity) else None
    if element.tag == PATIENT_SEX:
        return apply_to_all(element.value, lambda text: text if text in SEXES else None)
    if element.VR in TEXTS and declared & TEXTS:
        return judge_texts(element, identity)
    if element.VR == "AS":
        return apply_to_all(element.value, cap_age)
    return None


def reads_as_text(table: bytes) -> bool:
    """Whether a person may have typed these bytes: a few printable characters of ASCII, letters among them."""
    text = table.strip(b" \0").decode("latin-1")
    is_typed = len(text) <= MAX_TEXT and text.isascii() and text.isprintable()
    return is_typed and sum(map(str.isalpha, text)) >= MIN_LETTERS


def judge_texts(element: DataElement, identity: Identity) -> Any:
    """Return the texts of an attribute that may stay; None if none of them may."""
    keyword = element.keyword

    def judge(text: str) -> str | None:
        safe = is_safe_text(keyword, text, identity)
        return text if safe else OTHER if keyword in TYPES_OF_PICTURE else None

    if keyword in LISTS_OF_TERMS and isinstance(element.value, MultiValue | list):
        return [text for text in map(str, element.value) if judge(text)] or None
    return apply_to_all(element.value, judge)


def is_safe_text(keyword: str, text: str, identity: Identity) -> bool:
    """Whether this is a Defined Term of the attribute, or made of words of devices that name no one here."""
    text = text.strip(" \0")
    if is_defined_term(keyword, text):
        return not text.isdecimal() or not identity.is_mentioned_in(text)
    is_code = dictionary_vr(tag_for_keyword(keyword) or 0) == "CS"
    has_form = CODE_STRING.fullmatch(text) if is_code else keyword in FREE_TEXT and len(text) <= MAX_TEXT
    return bool(has_form) and is_vocabulary(text) and not identity.is_mentioned_in(text)


def is_number(element: DataElement) -> bool:
    """Whether the value is what its representation says: pydicom returns a DS or IS that it cannot read as text."""
    if element.VR == "US or SS" and isinstance(element.value, bytes):
        return len(element.value) <= MAX_UNDECIDED_BYTES
    return element.VR in NUMBERS and all(one in (None, "") or isinstance(one, Number) for one in values_of(element))


def is_record_number(element: DataElement, identity: Identity) -> bool:
    """Whether one of its numbers is a record number or a date of this object. The layout of pixels has neither."""
    is_layout = element.tag >> 16 == PIXEL_GROUP
    return not is_layout and bool(identity.numbers) and any(map(identity.has_number, values_of(element)))


def names_someone(element: DataElement, identity: Identity) -> bool:
    """Whether a private value, a number or a text, names a person, a record or a place of this object."""
    if is_number(element):
        return is_record_number(element, identity)
    return any(identity.is_mentioned_in(str(value)) for value in values_of(element))


def values_of(element: DataElement) -> list[Any]:
    return list(element.value) if isinstance(element.value, MultiValue | list) else [element.value]


def replace_uids(element: DataElement, subject: Subject) -> Any:
    """Replace UIDs by keyed ones, except those that the standard itself assigns (PS3.6 Annex A)."""

    def replace_uid(uid: str) -> str:
        return uid if uid in UID_dictionary else replacement_uid(subject.secrets, subject.patient, uid)

    return apply_to_all(element.value, replace_uid)


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
    dummy = neutral_term(keyword_for_tag(tag)) or DUMMY_TEXT
    value = DUMMIES.get(vr, dummy) if kind.startswith("1") else [] if vr == "SQ" else None
    return DataElement(tag, vr, value)
