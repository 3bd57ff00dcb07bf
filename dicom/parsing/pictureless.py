"""DICOM objects without pixels that are kept all the same: what they hold is drawn over other images."""

from pydicom.dataset import Dataset
from pydicom.uid import RTStructureSetStorage

from dicom.parsing.frames import KEYWORDS
from dicom.parsing.layout import Layout
from dicom.parsing.part10 import Part10

CLASSES = frozenset({RTStructureSetStorage})
NO_LAYOUT = Layout(
    rows=0, columns=0, frames=1, samples=1, allocated=8, stored=8, high_bit=7, signed=False, planar=0,
    photometric="MONOCHROME2", keyword="PixelData", vr="OB",
)  # fmt: skip


def is_pictureless(part10: Part10, header: Dataset) -> bool:
    """Whether the object has no pixels by its class: a structure set holds contours."""
    return header.get("SOPClassUID") in CLASSES and not any(tag in part10.elements for tag in KEYWORDS)
