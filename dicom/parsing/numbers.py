"""Numbers in a header as devices write them. One that cannot be read counts as absent, and never stops a file.

They are read from the raw bytes where there are any: pydicom raises over text that is no number, tries other VRs, and
chooses between US and SS by attributes that may be missing or wrong.
"""

import re
from collections.abc import Iterable

import numpy as np
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.valuerep import DSfloat, format_number_as_ds

NUMBER_FORM = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")  # PS3.5 6.2, DS
GREATEST_NUMBER = 1e40  # beyond floats of 32 bits; products of greater ones overflow
BLANKS = " \0\t\r\n"
HIDDEN_VRS = ("None", "UN", "OB", "OW")
BINARY_NUMBERS = {  # formats of numpy, by VR
    "US": "u2", "SS": "i2", "UL": "u4", "SL": "i4", "UV": "u8", "SV": "i8", "FL": "f4", "FD": "f8",
    "US or SS": "u2",
}  # fmt: skip


def read_numbers(dataset: Dataset, keyword: str) -> list[float | None]:
    """Read the values of an element, whatever its VR: None for each that is no usable number."""
    return [_usable(value) for value in _values(dataset, keyword)]


def first_number(dataset: Dataset, keyword: str) -> float | None:
    """Read the first value of an element; None if it is absent or no usable number."""
    return next(iter(read_numbers(dataset, keyword)), None)


def first_integer(dataset: Dataset, keyword: str) -> int | None:
    """Read the first value as an integer, such as 1 from `1.00`; None if it is absent or none."""
    number = first_number(dataset, keyword)
    return int(number) if number is not None and number == int(number) else None


def is_empty(dataset: Dataset, keyword: str) -> bool:
    """Whether the element is absent or holds no value, readable or not."""
    return not any(str(value).strip(BLANKS) for value in _values(dataset, keyword))


def number_texts(dataset: Dataset, keyword: str) -> list[str]:
    """Return the values that are numbers as they are written, and "" for each that is none."""
    values = _values(dataset, keyword)
    return ["" if _usable(value) is None else _as_written(value) for value in values]


def _as_written(value: object) -> str:
    return (
        str(value).strip(BLANKS) if isinstance(value, str | DSfloat | int) else format_number_as_ds(float(str(value)))
    )


def read_words(dataset: Dataset, keyword: str) -> np.ndarray:
    """Read an element of 16-bit words (US, SS or OW) as unsigned ones. Raises `ValueError`, `KeyError`."""
    element = _stored_element(dataset, keyword)
    if element is None:
        raise KeyError(keyword)
    value = element.value
    if isinstance(value, bytes):
        return np.frombuffer(value + b"\0" * (len(value) % 2), _order(element, dataset) + "u2").astype(np.uint16)
    return (np.atleast_1d(np.asarray(value, np.int64)) & 0xFFFF).astype(np.uint16)


def is_signed(dataset: Dataset, keyword: str) -> bool | None:
    """Whether the element is SS rather than US; None if its VR does not tell."""
    element = _stored_element(dataset, keyword)
    return {"SS": True, "US": False}.get(str(element.VR)) if element is not None else None


def _values(dataset: Dataset, keyword: str) -> Iterable[object]:
    element = _stored_element(dataset, keyword)
    if element is None or element.value is None:
        return []
    value = element.value
    if isinstance(value, bytes):
        if kind := BINARY_NUMBERS.get(_vr(element)):
            whole = len(value) - len(value) % int(kind[1])
            return np.frombuffer(value[:whole], _order(element, dataset) + kind).tolist()
        value = value.decode("latin-1")
    if isinstance(value, str):
        return value.split("\\")
    return value if isinstance(value, Iterable) else [value]


def _stored_element(dataset: Dataset, keyword: str) -> DataElement | RawDataElement | None:
    return dataset.get_item(tag_for_keyword(keyword) or 0)


def _vr(element: DataElement | RawDataElement) -> str:
    """The VR of a raw element; that of the dictionary where the file has none or hides it."""
    stated = str(element.VR)
    return stated if stated not in HIDDEN_VRS else dictionary_VR(element.tag)


def _order(element: DataElement | RawDataElement, dataset: Dataset) -> str:
    """The order of bytes, as numpy writes it."""
    if isinstance(element, RawDataElement):
        return "<" if element.is_little_endian else ">"
    return ">" if dataset.original_encoding[1] is False else "<"


def _usable(value: object) -> float | None:
    if isinstance(value, str):
        text = value.strip(BLANKS)
        value = float(text) if NUMBER_FORM.fullmatch(text) else None
    if not isinstance(value, int | float) or not abs(value) <= GREATEST_NUMBER:  # NaN is not below it, either
        return None
    return float(value)
