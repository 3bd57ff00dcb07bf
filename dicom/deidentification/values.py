"""Values by their representation (PS3.5 6.2): which may stay as they are, and what stands in for one that may not.

This is the judgement on attributes that the IOD allows and Table E.1-1 does not list. `None` means: may not stay.
"""

import re
from collections.abc import Callable
from numbers import Number
from typing import Any

from pydicom.dataelem import DataElement
from pydicom.multival import MultiValue
from pydicom.uid import UID_dictionary

from .allow_list import CODE_STRING, DEVICE_WORDS, FREE_TEXT, NUMBERS, PICTURE, PRINTABLE, SEXES, TEXTS, body_parts
from .dates import capped_age, earlier, time_of_day
from .identifying_words import mentions
from .replacements import Secrets, replacement_uid
from .rules import PATIENT_SEX

DUMMIES: dict[str, Any] = {
    "DA": "19000101", "DT": "19000101", "TM": "000000", "AS": "000D", "UI": "2.25.0", "UR": "urn:removed", "SQ": [],
    **dict.fromkeys(NUMBERS, 0), "US or SS": b"\0\0",
    **dict.fromkeys(("OB", "OW", "OF", "OD", "OL", "OV", "UN", "OB or OW", "US or OW"), b"\0\0"),
}  # fmt: skip
WIDEST_UNDECIDED = 6  # bytes: three 16-bit numbers, as in a LUT descriptor
DUMMY_TEXT = "REMOVED"


def judged(element: DataElement, words: frozenset[str]) -> Any:
    """The value of an unlisted attribute if it may stay. Dates, UIDs and sequences are not asked here."""
    if element.keyword in PICTURE or is_number(element):
        return element.value
    if element.tag == PATIENT_SEX:
        return every(element.value, lambda text: text if text in SEXES else None)
    if element.VR == "CS":
        names = frozenset() if element.keyword in DEVICE_WORDS else words
        return every(element.value, lambda text: safe_text(text, CODE_STRING, names))
    if element.VR in TEXTS and element.keyword in FREE_TEXT:
        return every(element.value, lambda text: safe_text(text, PRINTABLE, words))
    if element.VR == "AS":
        return every(element.value, capped_age)
    return None


def is_number(element: DataElement) -> bool:
    """Whether the value is what its representation says: pydicom hands over a DS or IS that it cannot read as text."""
    if element.VR == "US or SS" and isinstance(element.value, bytes):
        return len(element.value) <= WIDEST_UNDECIDED
    value = element.value if isinstance(element.value, MultiValue | list) else [element.value]
    return element.VR in NUMBERS and all(one in (None, "") or isinstance(one, Number) for one in value)


def shifted(element: DataElement, days: int) -> Any:
    """A DA or DT value `days` earlier; a TM value as it is, when it is one."""
    return every(element.value, time_of_day if element.VR == "TM" else lambda text: earlier(text, days))


def replaced_uids(element: DataElement, secrets: Secrets) -> Any:
    """Keyed UIDs, but for those that the standard itself has given out (PS3.6 Annex A)."""
    return every(element.value, lambda uid: uid if uid in UID_dictionary else replacement_uid(secrets, uid))


def safe_text(text: str, form: re.Pattern[str], words: frozenset[str]) -> str | None:
    """The text if it has this form and names nobody. A patient called Hand does not take the HAND from X-rays."""
    return text if form.fullmatch(text) and (text in body_parts() or not mentions(text, words)) else None


def every(value: Any, rule: Callable[[str], str | None]) -> Any:
    """The rule applied to each of the values. One that may not stay takes the others with it."""
    if value is None or value == "":
        return value
    many = isinstance(value, MultiValue | list)
    results = [rule(str(one)) if str(one) else "" for one in (value if many else [value])]
    if None in results:
        return None
    return results if many else results[0]


def stand_in(tag: int, vr: str, kind: str) -> DataElement | None:
    """What takes the place of a value that may not stay, by the attribute's Type in its IOD (PS3.5 7.4).

    Type 1 needs a value and gets a dummy, Type 2 is left empty, Type 3 is left out.
    """
    if kind == "3":
        return None
    value = DUMMIES.get(vr, DUMMY_TEXT) if kind.startswith("1") else [] if vr == "SQ" else None
    return DataElement(tag, vr, value)
