"""Coded entries (PS3.3 Table 8.8-1): a code of a published scheme says nothing about a patient, its words may.

A code that the standard's own dictionary knows keeps its value and takes the dictionary's meaning. A code of a scheme
whose values have an unmistakable form keeps its value, which then also stands as its meaning. Any other entry (a
hospital's own code, a digit string that may be a record number) is left out as a whole.
"""

import re
from functools import cache
from importlib import import_module

from pydicom.dataset import Dataset

from dicom.deidentification.identity import Identity
from dicom.deidentification.vocabulary import is_vocabulary

CODE_VALUE, SCHEME, MEANING = 0x00080100, 0x00080102, 0x00080104
LONG_VALUE, URN_VALUE = 0x00080119, 0x00080120
CODE_TAGS = frozenset({CODE_VALUE, SCHEME, MEANING, LONG_VALUE, URN_VALUE})
# A segment must have a category and a type: one that nobody published is called Other.
SEGMENT_CODES = frozenset({0x00620003, 0x0062000F})

# Schemes of PS3.16 Table 8-1 whose values no name or number of a patient can look like.
CODE_FORMS = {
    "SRT": re.compile(r"[A-Z]-[0-9A-F]{4,5}"),
    "SNM3": re.compile(r"[A-Z]-[0-9A-F]{4,5}"),
    "99SDM": re.compile(r"[A-Z]-[0-9A-F]{4,5}"),
    "UCUM": re.compile(r"(?:\d{0,3}[A-Za-z%]{0,3}[+-]?\d?(?:[/.]|$)){1,4}"),
    "RADLEX": re.compile(r"RID\d{1,6}"),
    "UMLS": re.compile(r"C\d{7}"),
    "NCIt": re.compile(r"C\d{4,6}"),
    "LN": re.compile(r"\d{1,5}-\d"),
}


def is_coded_entry(item: Dataset) -> bool:
    """Whether this sequence item is a code (with whatever else)."""
    return any(tag in item for tag in (CODE_VALUE, LONG_VALUE, URN_VALUE))


def published_code(item: Dataset, identity: Identity) -> tuple[str, str, str] | None:
    """Return scheme, value and safe meaning of a coded entry; None if the code is not published."""
    scheme, value = read_text(item, SCHEME), read_text(item, CODE_VALUE)
    meaning = published_meanings().get((scheme, value))
    if meaning is None and has_form_of(scheme, value) and not identity.is_mentioned_in(value):
        meaning = value
    return (scheme, value, meaning) if meaning else None


def other() -> Dataset:
    """Make the coded entry "Other"."""
    item = Dataset()
    item.CodingSchemeDesignator, item.CodeValue, item.CodeMeaning = "SCT", "74964007", "Other"
    return item


def has_form_of(scheme: str, value: str) -> bool:
    """Whether codes of this scheme look so. A unit has the form of short names: its parts are words of `vocabulary`."""
    has_form = scheme in CODE_FORMS and CODE_FORMS[scheme].fullmatch(value) is not None
    return has_form and (scheme != "UCUM" or is_vocabulary(value))


def read_text(item: Dataset, tag: int) -> str:
    return str(item[tag].value or "").strip(" \0") if tag in item else ""


@cache
def published_meanings() -> dict[tuple[str, str], str]:
    """Map scheme and value of every code in PS3.16 to its meaning, from pydicom. The import takes half a second."""
    concepts = import_module("pydicom.sr._concepts_dict").concepts
    snomed_rt = import_module("pydicom.sr._snomed_dict").mapping["SRT"]
    meanings = {
        (scheme, value): meaning[:64]  # LO
        for scheme, names in concepts.items()
        for values in names.values()
        for value, (meaning, _) in values.items()
    }
    older = {("SRT", old): meanings[("SCT", new)] for old, new in snomed_rt.items() if ("SCT", new) in meanings}
    return meanings | older
