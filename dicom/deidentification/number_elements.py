"""Elements of numbers, read from the original so that the copy is drawn as the original is.

Devices write numbers under other VRs, and values beside them that are none. Drawing reads the numbers among them, so
the copy holds the same numbers under the VR of the standard. Nothing that is no number gets through.
"""

from pydicom.datadict import dictionary_has_tag, dictionary_VR, keyword_for_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from dicom.parsing.numbers import is_empty, number_texts


def number_element(dataset: Dataset, tag: int) -> DataElement | None:
    """Return an element of numbers; None if the standard has no numbers here. Raises `ValueError` if none is readable.

    An unreadable value among readable ones is left empty, since values of several elements belong together.
    """
    vr = dictionary_VR(tag) if dictionary_has_tag(tag) else ""
    if vr in ("DS", "IS"):
        return _text_element(dataset, tag, vr)
    if vr == "US or SS" and dataset[tag].VR == "SS" and dataset[tag].VM > 1:
        count, *others = dataset[tag].value
        return DataElement(tag, "SS", [count & 0xFFFF, *others])  # of a LUT descriptor: unsigned, whatever the VR says
    return None


def _text_element(dataset: Dataset, tag: int, vr: str) -> DataElement:
    keyword = keyword_for_tag(tag)
    texts = number_texts(dataset, keyword)
    if not any(texts) and not is_empty(dataset, keyword):
        raise ValueError("no value is a number")
    return DataElement(tag, vr, texts[0] if len(texts) == 1 else texts or None)
