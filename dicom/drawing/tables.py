"""Look-up tables (PS3.3 C.11.1.1.1, C.11.2.1.1, C.7.6.3.1.5), also those whose descriptor contradicts their data.

Devices write the first value with the wrong sign, and more or fewer bits than the entries have. The sign is chosen so
that the table lies where the values are, the bits so that the entries fit.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset

from dicom.parsing.numbers import is_signed, read_words

MAX_ENTRY_BITS = 16
Range = tuple[float, float]  # least and greatest value


@dataclass(frozen=True)
class Lut:
    """A look-up table for the values from `first` on."""

    first: int
    bits: int  # of an entry, as the descriptor says
    entries: np.ndarray

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Look values up. Those below the table get its first entry, those above its last."""
        places = np.clip(np.rint(np.nan_to_num(values)) - self.first, 0, len(self.entries) - 1)
        return self.entries[places.astype(np.intp)]

    @property
    def used_bits(self) -> int:
        """The bits of an entry by the entries themselves.

        The descriptor is believed if the greatest entry needs as many bits, or one less. Tables of 12 bits are often
        declared as 16, because their entries lie in words.
        """
        needed = max(int(self.entries.max()).bit_length(), 8)
        return needed if needed > self.bits or needed < self.bits - 1 else self.bits


def first_usable_lut(items: object, inputs: Range) -> Lut | None:
    """Read the first table of a sequence that is not broken; None if there is none.

    Args:
        items: the value of the sequence, or anything that a damaged file has in its place.
        inputs: the range of the values to look up.
    """
    for item in items if isinstance(items, Iterable) else ():
        if isinstance(item, Dataset) and (lut := read_lut(item, inputs)):
            return lut
    return None


def read_lut(item: Dataset, inputs: Range, descriptor: str = "LUTDescriptor", data: str = "LUTData") -> Lut | None:
    """Read a table; None if it is broken: no descriptor, or fewer entries than it says."""
    try:
        count, first, bits = (int(word) for word in read_words(item, descriptor)[:3])
        entries = _entries(read_words(item, data), count or 65_536)
    except (ArithmeticError, KeyError, TypeError, ValueError):
        return None
    signed_first = first - 65_536 if first >= 32_768 else first
    prefers_signed = is_signed(item, descriptor)
    choices = [signed_first, first] if prefers_signed or inputs[0] < 0 else [first, signed_first]
    best = max(choices, key=lambda choice: _overlap(inputs, choice, len(entries)))
    return Lut(best, min(bits, MAX_ENTRY_BITS), entries)


def _entries(words: np.ndarray, count: int) -> np.ndarray:
    """Return the entries, from words, or from bytes if there are only so many. Raises `ValueError` if too few."""
    if len(words) < count and 2 * len(words) in (count, count + 1):
        words = words.astype("<u2").view(np.uint8).astype(np.uint16)
    if len(words) < count:
        raise ValueError("too few entries")
    return words[:count]


def _overlap(inputs: Range, first: int, count: int) -> float:
    """Return how much of the table lies where the inputs are."""
    return min(inputs[1], first + count - 1) - max(inputs[0], first)
