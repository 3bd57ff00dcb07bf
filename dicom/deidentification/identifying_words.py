"""The last net: the words that name this patient, looked for in every text that would stay.

An allow-listed text (a kernel, a body part) is a device's word, unless somebody typed a name into it.
"""

import re
from collections.abc import Iterable

from pydicom.dataset import Dataset

from .pydicom_quiet import UNREADABLE

LEAST = 3  # letters: shorter parts of a name ("Li") would strike at too many harmless words
PEOPLE = (0x00100010, 0x00101001, 0x00101005, 0x00101060, 0x00080090, 0x00081050, 0x00081070)
NUMBERS = (0x00100020, 0x00101000, 0x00080050, 0x00200010, 0x00380010)
PLACES = (0x00080080, 0x00080081, 0x00081010, 0x00081040)


def identifying_words(dataset: Dataset) -> frozenset[str]:
    """Parts of the names of people, and whole record numbers and places, in lower case."""
    people = (part for name in texts(dataset, PEOPLE) for part in re.split(r"[\W_]+", name))
    whole = texts(dataset, NUMBERS + PLACES)
    return frozenset(word for word in (*people, *whole) if len(word) >= LEAST and not word.isspace())


def texts(dataset: Dataset, tags: Iterable[int]) -> list[str]:
    return [text.strip(" \0") for tag in tags if tag in dataset for text in readable(dataset, tag)]


def readable(dataset: Dataset, tag: int) -> list[str]:
    try:
        value = dataset[tag].value
    except UNREADABLE:
        return []
    values = value if isinstance(value, list) or hasattr(value, "append") else [value]
    return [str(one).casefold() for one in values if one]


def mentions(text: str, words: frozenset[str]) -> bool:
    """Whether one of the words stands in the text as a word of its own."""
    lower = text.casefold()
    return any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", lower.replace("_", " ")) for word in words)
