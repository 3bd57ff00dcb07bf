"""Which character sets the text of a file is in, as its Specific Character Set says or as its bytes show.

Many devices misspell the terms of PS3.3 C.12.1.1.2, write the names of code pages, or write UTF-8 without saying so.
"""

import re
from collections.abc import Iterable, Sequence

from pydicom.charset import python_encoding

UTF_8 = "ISO_IR 192"
# Bytes above 127 that are UTF-8 are next to never anything else, so these terms give way to them.
VAGUE = {"", "ISO_IR 6", "ISO_IR 100", "ISO 2022 IR 6", "ISO 2022 IR 100", "cp1252"}
NUMBERS_OF_LATIN = {
    1: 100,
    2: 101,
    3: 109,
    4: 110,
    5: 144,
    6: 127,
    7: 126,
    8: 138,
    9: 148,
    11: 166,
}  # ISO 8859 to ISO-IR
CODE_PAGES = frozenset((
    437, 720, 737, 775, 850, 852, 855, 857, 858, *range(860, 867), 869, 874, 932, 949, 950, *range(1250, 1259),
))  # fmt: skip
WORDS = {
    "ASCII": "", "USASCII": "", "ISOIR6": "", "UTF8": UTF_8, "UNICODE": UTF_8, "65001": UTF_8, "ISO10646": UTF_8,
    "ISO2022IR192": UTF_8, "GB2312": "GB18030", "EUCCN": "GB18030", "936": "GB18030", "GBK": "GBK",
    "GB18030": "GB18030", "SHIFTJIS": "ISO_IR 13", "SJIS": "ISO_IR 13", "31J": "cp932",
    "EUCJP": "euc_jp", "EUCKR": "cp949", "KSC5601": "cp949", "BIG5": "big5", "KOI8R": "koi8_r", "KOI8U": "koi8_u",
    "TIS620": "ISO_IR 166", "ISOIR203": "iso8859_15", "ISO2022IR203": "iso8859_15",
    **{f"LATIN{number}": f"ISO_IR {NUMBERS_OF_LATIN[number]}" for number in range(1, 5)}, "LATIN9": "iso8859_15",
}  # fmt: skip
DEFINED = {re.sub("[^A-Z0-9]", "", term): term for term in python_encoding if term}
ISO_8859 = re.compile(r"(?:ISO)?8859(?:P)?(\d{1,2})")
PREFIXES = re.compile(r"^(?:WINDOWS|WIN|CODEPAGE|CP|MS|IBM|DOS)")
ESCAPES = re.compile("\x1b[\x20-\x2f]+[\x30-\x7e]")
CHINESE, CHINESE_ESCAPE = ["", "ISO 2022 IR 58"], b"\x1b$)A"


def python_charsets(value: bytes) -> list[str]:
    """Return the terms of a Specific Character Set as pydicom writes them, without terms that mean nothing."""
    first, *others = (python_charset(term) for term in value.decode("latin-1").split("\\"))
    return [first or "", *filter(None, others)]


def python_charset(text: str) -> str | None:
    """Return a defined term, or Python's name of another code page; None if it is neither."""
    word = re.sub("[^A-Z0-9]", "", text.upper())
    if not word or word in DEFINED:
        return DEFINED.get(word, "")
    if match := ISO_8859.fullmatch(word):
        number = int(match[1])
        return f"ISO_IR {NUMBERS_OF_LATIN[number]}" if number in NUMBERS_OF_LATIN else WORDS.get(f"LATIN{number - 6}")
    word = PREFIXES.sub("", word)
    if word in WORDS:
        return WORDS[word]
    return f"cp{word}" if word.isdecimal() and int(word) in CODE_PAGES else None


def character_set(declared: bytes, texts: Iterable[bytes]) -> Sequence[str]:
    """Choose the terms by which the texts of a file are read."""
    terms = python_charsets(declared)
    if len(terms) == 1 and terms[0] in VAGUE and is_utf_8(texts):
        return [UTF_8]
    return terms


def is_utf_8(texts: Iterable[bytes]) -> bool:
    """Whether there are bytes above 127, and all of them are UTF-8."""
    beyond_ascii = [text for text in texts if not text.isascii()]
    try:
        return bool([text.decode() for text in beyond_ascii])
    except UnicodeDecodeError:
        return False


def without_escapes(text: str) -> str:
    """Remove the escape sequences that a decoder left."""
    return ESCAPES.sub("", text)
