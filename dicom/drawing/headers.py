"""The elements beside the pixels that say how they are shown. Damaged ones count as absent."""

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from dicom.drawing.tables import Range
from dicom.parsing.numbers import first_number
from dicom.parsing.texts import first_text

# X-ray angiographic and radiofluoroscopic images, single plane, biplane (retired) and enhanced.
ANGIOGRAMS = frozenset(f"1.2.840.10008.5.1.4.1.1.12.{number}" for number in ("1", "1.1", "2", "2.1", "3"))
FLOAT_PADDING = {  # keywords of the one end of the range and of the other, by kind and size of a pixel
    "f4": ("FloatPixelPaddingValue", "FloatPixelPaddingRangeLimit"),
    "f8": ("DoubleFloatPixelPaddingValue", "DoubleFloatPixelPaddingRangeLimit"),
}
DRAWN_TERMS = {  # that change the picture; others count as absent
    "PixelIntensityRelationship": ("LIN", "LOG", "DISP"),
    "PresentationLUTShape": ("IDENTITY", "INVERSE"),
    "VOILUTFunction": ("LINEAR", "LINEAR_EXACT", "SIGMOID"),
}
INTEGER_PADDING = ("PixelPaddingValue", "PixelPaddingRangeLimit")


def items_of(dataset: Dataset, keyword: str) -> list[Dataset]:
    """Return the items of a sequence; none if it is absent or no sequence."""
    try:
        value = dataset.get(keyword)
    except Exception:  # pydicom raises all kinds on a broken value
        return []
    return list(value) if isinstance(value, Sequence) else []


def term_of(dataset: Dataset, keyword: str) -> str:
    """Return the Defined Term that an element of `DRAWN_TERMS` holds; "" if it holds none."""
    term = first_text(dataset, keyword).upper()
    return term if term in DRAWN_TERMS[keyword] else ""


def functional_groups(header: Dataset, index: int, keyword: str) -> list[Dataset]:
    """Return where to look for the values of a functional group: the frame's own, the shared one, the file itself.

    PS3.3 C.7.6.16. Some writers leave the group of a frame empty, so that the next place counts.
    """
    own = items_of(header, "PerFrameFunctionalGroupsSequence")[index : index + 1]
    shared = items_of(header, "SharedFunctionalGroupsSequence")[:1]
    return [*(item for group in [*own, *shared] for item in items_of(group, keyword)[:1]), header]


def is_for_measuring(header: Dataset, index: int) -> bool:
    """Whether the Modality LUT restores the intensity of X-rays, for measuring and subtraction and not for display.

    Angiograms of LOG or DISP are stored as they are to be seen (PS3.3 C.8.7.1.1.2, PS3.4 N.2.1.2).
    """
    if str(header.get("SOPClassUID") or "") not in ANGIOGRAMS:
        return False
    groups = functional_groups(header, index, "FramePixelDataPropertiesSequence")
    return any(term_of(group, "PixelIntensityRelationship") in ("LOG", "DISP") for group in groups)


def is_inverted(header: Dataset) -> bool:
    """Whether the least value is white (PS3.3 C.7.6.3.1.2, C.11.6.1.2).

    MONOCHROME1 and the Presentation LUT Shape INVERSE say the same, so both together invert once. If photometric
    interpretation and shape contradict each other, the shape is obeyed: it is stated of the output of all other steps.
    """
    shape = term_of(header, "PresentationLUTShape")
    return shape == "INVERSE" if shape else first_text(header, "PhotometricInterpretation") == "MONOCHROME1"


def padding_range(header: Dataset, dtype: np.dtype, stored: Range) -> Range | None:
    """Return the stored values that fill the frame around the image (PS3.3 C.7.5.1.1.2); None if there are none.

    A padding value outside the range of stored values means the same bits in it: writers err about its sign.
    """
    keywords = FLOAT_PADDING.get(dtype.str[1:], INTEGER_PADDING)
    value, limit = (first_number(header, keyword) for keyword in keywords)
    if value is None:
        return None
    ends = [value, value if limit is None else limit]
    if dtype.kind in "ui":
        count = stored[1] - stored[0] + 1
        ends = [(end - stored[0]) % count + stored[0] for end in ends]
    return min(ends), max(ends)
