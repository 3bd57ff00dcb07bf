"""The texts that may stay although no list of the standard has them: words of devices and short numbers.

`data/device_words.json` holds the words. A text stays if each of its words is one of them: "Br40d", "HEAD FILTER"
or "syngo MR E11". Numbers are bounded, because a longer one may be a record number, a date or a telephone number.
"""

import re
import unicodedata
from functools import cache

from dicom.deidentification.rules import read_table

MAX_DIGITS = 5  # of a text with words
MAX_DIGITS_ALONE = 4  # of a text without
MAX_RUN = 3  # digits in a row
MAX_RUN_AT_LETTER = 2  # at a single letter: B30f is a kernel, B305 may be a bed
TOKEN = re.compile(r"[^\W_]+")
PART = re.compile(r"[^\W\d_]+|\d+")
PUNCTUATION = re.compile(r"[\s_\-+*/.,:;()\[\]<>#%&='|\"~^!?@\\]*")
B_VALUE = re.compile(r"(?<![^\W_])b(?:value)?[ =_]?\d{1,3}0(?!\d)", re.IGNORECASE)
DATE = re.compile(r"(?<!\d)(?:\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{2,4}[./-]\d{1,2}[./-]\d{1,2})(?![\d.])")


def is_vocabulary(text: str) -> bool:
    """Whether the text is made of words of devices, single letters and short numbers alone."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    numbered = B_VALUE.sub("b ", plain)
    if DATE.search(numbered) or not PUNCTUATION.fullmatch(TOKEN.sub("", numbered)):
        return False
    digits = sum(character.isdigit() for character in numbered)
    has_words = any(character.isalpha() for character in plain)
    return digits <= (MAX_DIGITS if has_words else MAX_DIGITS_ALONE) and all(map(is_known, TOKEN.findall(numbered)))


def is_known(token: str) -> bool:
    """Whether a run of letters and digits is a word, or made of words and short numbers: t2, br40d, 35cm, ve11."""
    if token in words():
        return True
    parts = PART.findall(token)
    letters = [part for part in parts if not part.isdecimal()]
    longest = MAX_RUN_AT_LETTER if any(len(part) == 1 for part in letters) else MAX_RUN
    return all(len(part) <= longest if part.isdecimal() else is_word(part) for part in parts)


def is_word(letters: str) -> bool:
    """Whether these letters are a word, or a single letter of the Latin alphabet."""
    return letters in words() or (len(letters) == 1 and letters.isascii())


@cache
def words() -> frozenset[str]:
    """Read the words, in small letters."""
    return frozenset(word for theme in read_table("device_words.json")["themes"].values() for word in theme)
