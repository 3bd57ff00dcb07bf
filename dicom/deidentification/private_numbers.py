"""Numbers in the bytes of a private element whose VR may be lost."""

import re
import struct
from math import isfinite

FORMATS = {"US": "H", "SS": "h", "UL": "L", "SL": "l", "UV": "Q", "SV": "q", "FL": "f", "FD": "d"}
FLOATS = ("FL", "FD")
INTEGER = re.compile(r"[+-]?\d{1,10}")
DECIMAL = re.compile(r"[+-]?(?:\d{1,10}(?:\.\d{0,14})?|\.\d{1,14})(?:[eE][+-]?\d{1,3})?")
MIN_TYPED_BYTES = 8  # of a text with other characters than letters

Numbers = list[int] | list[float] | list[str]


def decode_numbers(data: bytes, vr: str, *, is_little_endian: bool) -> Numbers | None:
    """Return the numbers that the bytes hold in this VR; None if they are none.

    Digits in place of a binary float are read, too: some senders write every private value as text.
    """
    if vr not in FORMATS:
        return read_texts(data, INTEGER if vr == "IS" else DECIMAL)
    if vr in FLOATS and (texts := read_texts(data, DECIMAL)):
        return [float(text) for text in texts]
    size = struct.calcsize(f"<{FORMATS[vr]}")
    if not data or len(data) % size:
        return None
    numbers = list(struct.unpack(f"{'<' if is_little_endian else '>'}{len(data) // size}{FORMATS[vr]}", data))
    return numbers if all(isfinite(number) for number in numbers) else None


def is_typed(data: bytes) -> bool:
    """Whether the bytes are text, such as a name, and not numbers written as text.

    Fewer than eight bytes need to be letters alone: one binary number often has a few printable bytes.
    """
    text = data.rstrip(b" \0")
    if len(data) < MIN_TYPED_BYTES:
        return text.isalpha()
    has_letters = text.isascii() and text.decode().isprintable() and sum(map(str.isalpha, text.decode())) > 1
    return has_letters and read_texts(data, DECIMAL) is None


def read_texts(data: bytes, form: re.Pattern[str]) -> list[str] | None:
    """Split a DS or IS value; None if one part is no number."""
    try:
        parts = [part.strip() for part in data.decode("ascii").strip(" \0").split("\\")]
    except UnicodeDecodeError:
        return None
    return parts if all(form.fullmatch(part) for part in parts) else None
