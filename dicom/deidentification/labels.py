"""Labels of segments and of regions of interest: technical words, or a number in place of what a person typed."""

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from dicom.deidentification.descriptors import clean_description
from dicom.deidentification.identity import Identity
from dicom.deidentification.option_tags import LABELS


def clean_label(element: DataElement, level: Dataset, identity: Identity, *, keeps_technical: bool) -> str:
    """Return the label if it is technical and the project keeps those, else its stand-in such as "ROI 1"."""
    technical = clean_description(str(element.value or ""), identity) if keeps_technical else None
    if technical:
        return technical
    word, keyword = LABELS[int(element.tag)]
    number = level.get(keyword) if keyword else None
    return f"{word} {int(number)}" if isinstance(number, int) and not isinstance(number, bool) else word
