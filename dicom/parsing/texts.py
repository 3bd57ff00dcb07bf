"""Texts in a header that name one of a few terms, whatever their VR."""

from pydicom.dataset import Dataset


def first_text(dataset: Dataset, keyword: str) -> str:
    """Return the first value of an element without padding; "" if it is absent or unreadable."""
    try:
        value = dataset.get(keyword)
    except Exception:  # pydicom raises all kinds on a broken value
        return ""
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    if not isinstance(value, str):
        value = next(iter(value), "") if hasattr(value, "__iter__") else ""
    return str(value).partition("\\")[0].strip(" \0")
