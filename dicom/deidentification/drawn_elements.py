"""Elements that drawing reads, written so that the copy is drawn as the original is.

Devices write numbers and terms under other VRs, and values beside them that are none. Drawing reads them all the same,
so the copy holds the same numbers and terms under the VR of the standard. Nothing else gets through.
"""

from pydicom.datadict import dictionary_has_tag, dictionary_VR, keyword_for_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from dicom.drawing.headers import DRAWN_TERMS, term_of
from dicom.parsing.numbers import is_empty, number_texts


def drawn_element(dataset: Dataset, tag: int) -> DataElement | None:
    """Return an element of numbers or terms; None if the standard has neither here. Raises `ValueError` if unreadable.

    An unreadable value among readable ones is left empty, since values of several elements belong together.
    """
    vr, keyword = dictionary_VR(tag) if dictionary_has_tag(tag) else "", keyword_for_tag(tag)
    if keyword in DRAWN_TERMS:
        return _term_element(dataset, tag, keyword)
    if vr in ("DS", "IS"):
        return _number_element(dataset, tag, vr, keyword)
    if vr == "US or SS" and dataset[tag].VR == "SS" and dataset[tag].VM > 1:
        count, *others = dataset[tag].value
        return DataElement(tag, "SS", [count & 0xFFFF, *others])  # of a LUT descriptor: unsigned, whatever the VR says
    return None


def _term_element(dataset: Dataset, tag: int, keyword: str) -> DataElement:
    term = term_of(dataset, keyword)
    if not term:
        raise ValueError("no term of the standard")
    return DataElement(tag, "CS", term)


def _number_element(dataset: Dataset, tag: int, vr: str, keyword: str) -> DataElement:
    texts = number_texts(dataset, keyword)
    if not any(texts) and not is_empty(dataset, keyword):
        raise ValueError("no value is a number")
    return DataElement(tag, vr, texts[0] if len(texts) == 1 else texts or None)
