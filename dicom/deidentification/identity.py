"""All that names the people, places and records of one object, and the search for it in every value that would stay.

Names are collected at any depth: from each person name, from the attributes of Table E.1-1 that hold record numbers and
places, and from dates. They are compared without case, accents and width of letters, in any order, joined ("doejane")
and abbreviated ("jdoe"). Short names ("Li") are found as words. A text that shares one ideograph, kana or Hangul
syllable with a name is taken to hold it: in these scripts nothing separates words.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import permutations
from typing import Any

from pydicom.datadict import dictionary_VR, keyword_for_tag
from pydicom.dataset import Dataset

from dicom.deidentification import rules
from dicom.deidentification.pydicom_quiet import UNREADABLE

MAX_PARTS = 6  # of one name that are joined with each other
MIN_INSIDE = 5  # letters of a name that is found inside longer words; shorter ones are found as words
MIN_NUMBER_INSIDE = 4  # characters of a record number
MIN_DIGITS = 5  # of a record number that is compared with numbers: a shorter one is a size or a count
MIN_PLACE = 3  # letters
DAY = 8  # digits of a date: year, month and day
TOKEN = re.compile(r"[^\W_]+")
PART = re.compile(r"[^\W\d_]+|\d+")
# Keywords in Table E.1-1 whose values are numbers of persons and records, or places.
RECORDS = re.compile(r".*(?:ID|IDs|Identifier|Number|Numbers|Identification|Locator|TelecomInformation)")
PLACES = re.compile(r".*(?:Name|Address|Organization|Location|Residence|AETitle|Issuer\w*|ReceivingAE|RequestingAE)")
NO_TERMS = frozenset(
    {"ClinicalTrialProtocolName", "StructureSetName", "RTPlanName", "ROIName", "EntityName", "ProtocolName"}
)
# Letters that Unicode does not take apart, and how names in passports spell them and those with an umlaut.
SPELLED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
EXPANDED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
# Blocks of letters that are written without blanks between words.
UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]")


@dataclass(frozen=True)
class Identity:
    """The texts that name the people and records of one object.

    Attributes:
        words: found as words of a text.
        inside: found anywhere in a text without its blanks and punctuation.
        characters: ideographs, kana and Hangul of names.
        numbers: digits that are compared with numbers.
    """

    words: frozenset[str] = frozenset()
    inside: frozenset[str] = frozenset()
    characters: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()

    @classmethod
    def of(cls, dataset: Dataset) -> "Identity":
        """Collect from the object and all its sequences."""
        found: dict[str, set[str]] = {"people": set(), "records": set(), "places": set(), "dates": set()}
        for kind, text in identifying_texts(dataset):
            found[kind].add(text)
        names = {form for text in found["people"] for form in forms_of_name(text)}
        records = {form for text in found["records"] for form in forms_of_record(text)}
        dates = {form for text in found["dates"] for form in forms_of_date(text)}
        days = {date for date in dates if len(date) == DAY}
        places = {squeeze(text) for text in found["places"] if len(squeeze(text)) >= MIN_PLACE}
        return cls(
            words=frozenset(names | records | places | dates),
            inside=frozenset(
                {name for name in names | places if len(name) >= MIN_INSIDE}
                | {record for record in records | dates if len(record) >= MIN_NUMBER_INSIDE}
            ),
            characters=frozenset(UNSPACED.findall(" ".join(map(fold, found["people"] | found["places"])))),
            numbers=frozenset(one.lstrip("0") for one in records | days if one.isdecimal() and len(one) >= MIN_DIGITS),
        )

    def is_mentioned_in(self, text: str) -> bool:
        """Whether the text names one of them."""
        return any(self._is_in(form) for form in forms(text))

    def has_number(self, value: Any) -> bool:
        """Whether a number is one of the record numbers or dates."""
        return str(value).strip().removesuffix(".0").lstrip("+0") in self.numbers

    def _is_in(self, folded: str) -> bool:
        tokens = TOKEN.findall(folded)
        squeezed = "".join(tokens)
        candidates = {*tokens, squeezed, *(part for part in PART.findall(folded) if len(part) > 2 or part.isalpha())}
        return (
            not self.words.isdisjoint(candidates)
            or any(name in squeezed for name in self.inside)
            or not self.characters.isdisjoint(folded)
        )


def identifying_texts(dataset: Dataset) -> Iterator[tuple[str, str]]:
    """Yield each identifying text with its kind, at any depth. What cannot be read names no one in a copy either."""
    for tag in list(dataset.keys()):
        vr = str(dataset.get_item(tag).VR or dictionary_vr(int(tag)))
        kind = kind_of(int(tag), vr)
        if kind is None and vr != "SQ":
            continue
        try:
            value = dataset[tag].value
        except UNREADABLE:
            continue
        if vr == "SQ":
            for item in value or ():
                yield from identifying_texts(item)
        elif value:
            several = value if isinstance(value, list) or hasattr(value, "append") else [value]
            yield from ((str(kind), str(one).strip(" \0")) for one in several if one)


@cache
def kind_of(tag: int, vr: str) -> str | None:
    """Tell whether an attribute holds names of people, numbers of records, places or dates."""
    if vr == "PN":
        return "people"
    if vr in ("DA", "DT"):
        return "dates"
    keyword = keyword_for_tag(tag)
    if tag not in rules.profile() or vr not in ("SH", "LO", "AE", "ST", "LT", "UC", "UT") or keyword in NO_TERMS:
        return None
    if RECORDS.fullmatch(keyword):
        return "records"
    return "places" if PLACES.fullmatch(keyword) else None


@cache
def dictionary_vr(tag: int) -> str:
    try:
        return dictionary_VR(tag)
    except KeyError:
        return ""


def fold(text: str) -> str:
    """Make letters comparable: one width, no case, no accents."""
    lower = unicodedata.normalize("NFKC", text).casefold().translate(SPELLED)
    bare = "".join(one for one in unicodedata.normalize("NFKD", lower) if unicodedata.category(one) != "Mn")
    return unicodedata.normalize("NFC", bare)


def forms(text: str) -> set[str]:
    """Spell a text with and without the letters that stand for an umlaut."""
    return {fold(text), fold(unicodedata.normalize("NFKC", text).casefold().translate(EXPANDED))}


def squeeze(text: str) -> str:
    return "".join(TOKEN.findall(fold(text)))


def forms_of_name(name: str) -> Iterator[str]:
    """Yield the parts of each component group (PS3.5 6.2.1), joined and with initials. Single letters name no one."""
    for group in name.split("="):
        for spelled in forms(group):
            parts = TOKEN.findall(spelled)[:MAX_PARTS]
            joined = ["".join(parts), "".join(reversed(parts)), *parts]
            for first, second in permutations(parts, 2):
                joined += [first + second, first[0] + second, first + second[0]]
            yield from (form for form in joined if len(form) > 1)


def forms_of_record(number: str) -> Iterator[str]:
    """Yield a record number and its longer parts, with and without leading zeros. A single character is no record."""
    folded = fold(number)
    parts = [part for part in TOKEN.findall(folded) + PART.findall(folded) if len(part) >= MIN_NUMBER_INSIDE]
    for form in (squeeze(number), *parts):
        yield from (one for one in (form, form.lstrip("0")) if len(one) > 1)


def forms_of_date(date: str) -> Iterator[str]:
    """Yield the ways in which a day is written with digits alone."""
    digits = "".join(re.findall(r"\d", date))[:DAY]
    if len(digits) == DAY:
        year, month, day = digits[:4], digits[4:6], digits[6:]
        yield from (
            digits,
            day + month + year,
            month + day + year,
            digits[2:],
            day + month + year[2:],
            month + day + year[2:],
        )
