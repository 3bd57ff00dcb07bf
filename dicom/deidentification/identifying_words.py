"""The words that name this patient, searched for in every text that would stay in a copy.

An allow-listed text (a kernel, a body part) is a device's word, unless a person typed a name into it.
"""

import re
from collections.abc import Iterable

from pydicom.dataset import Dataset

from dicom.deidentification.pydicom_quiet import UNREADABLE

MIN_LETTERS = 3  # shorter parts of a name ("Li") occur in too many harmless words
PEOPLE = (0x00100010, 0x00101001, 0x00101005, 0x00101060, 0x00080090, 0x00081050, 0x00081070)
NUMBERS = (0x00100020, 0x00101000, 0x00080050, 0x00200010, 0x00380010)
PLACES = (0x00080080, 0x00080081, 0x00081010, 0x00081040)
TAGS_READ = frozenset(PEOPLE + NUMBERS + PLACES)


def identifying_words(dataset: Dataset) -> frozenset[str]:
    """Collect parts of people's names, and complete record numbers and places, in lower case."""
    parts = (part for name in read_texts(dataset, PEOPLE) for part in re.split(r"[\W_]+", name))
    complete = read_texts(dataset, NUMBERS + PLACES)
    return frozenset(word for word in (*parts, *complete) if len(word) >= MIN_LETTERS and not word.isspace())


def read_texts(dataset: Dataset, tags: Iterable[int]) -> list[str]:
    return [text.strip(" \0") for tag in tags if tag in dataset for text in read_values(dataset, tag)]


def read_values(dataset: Dataset, tag: int) -> list[str]:
    try:
        value = dataset[tag].value
    except UNREADABLE:
        return []
    values = value if isinstance(value, list) or hasattr(value, "append") else [value]
    return [str(one).casefold() for one in values if one]


def mentions(text: str, words: frozenset[str]) -> bool:
    """Whether one of the words occurs in the text as a word of its own."""
    lower = text.casefold()
    return any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", lower.replace("_", " ")) for word in words)
