"""Descriptions that people type ("AX T2 FLAIR"): a text stays only if each of its words is a technical one.

A word is technical if `data/vocabulary.json` lists it or if it is a number with its unit. A bare number could be a part
of a date or of a record number, and a single letter an initial: a text may have one of each.
"""

import re
import unicodedata
from functools import cache

from dicom.deidentification.identity import Identity
from dicom.deidentification.rules import read_table

MAX_DESCRIPTION = 64  # characters (LO)
SEPARATORS = re.compile(r"[\s_/+,;:()\[\]<>&*^-]+")
WITHOUT = re.compile(r"\bw/o\b")
BARE_NUMBER = re.compile(r"\d{1,2}")
NUMBER = r"(?:0|[1-9]\d{0,2})(?:\.\d{1,2})?"  # no zero in front, as parts of dates have
UNITS = "mm|cm|t|tesla|kv|kvp|mas|ma|msec|sec|s|min|ml|mg|hz|mhz|deg|dir|dirs|ch|sl|slices|nex|%"
NUMBER_WITH_UNIT = re.compile(rf"{NUMBER}(?:{UNITS})|{NUMBER}(?:x{NUMBER}){{1,2}}(?:mm|cm)?")
PARAMETER = re.compile(
    r"(?:b=?|[pcgi]tv[npt]?)\d{1,4}|(?:tr|te|ti|fa|nex|nsa|etl|dir|ch|ph|ser|se|img|p|r|x|s)=?\d{1,3}"
)
LETTERS = frozenset("lrwc")  # left, right, with, contrast


def clean_description(text: str, identity: Identity) -> str | None:
    """Return the text if it is technical and names nobody of the object, else None."""
    text = text.strip(" \0")
    if len(text) > MAX_DESCRIPTION or not text.isprintable() or identity.is_mentioned_in(text):
        return None
    lower = WITHOUT.sub("wo", unicodedata.normalize("NFC", text).lower())
    tokens = [token.strip(".") for token in SEPARATORS.split(lower)]
    unlisted = [token for token in tokens if token and not is_technical(token)]
    numbers = [token for token in unlisted if BARE_NUMBER.fullmatch(token)]
    letters = [token for token in unlisted if token in LETTERS]
    return text if len(numbers) <= 1 and len(letters) <= 1 and len(numbers + letters) == len(unlisted) else None


def is_technical(word: str) -> bool:
    """Whether a word in lower case is of the vocabulary, or a number that says what it counts."""
    if word in vocabulary() or NUMBER_WITH_UNIT.fullmatch(word) or PARAMETER.fullmatch(word):
        return True
    return word[:2] in ("t1", "t2") and word[2:] in vocabulary()  # T2FLAIR


@cache
def vocabulary() -> frozenset[str]:
    """Read the technical words, in lower case."""
    return frozenset(word for words in read_table("vocabulary.json")["words"].values() for word in words) - LETTERS
