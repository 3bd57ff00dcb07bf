"""Whether text may be written into the pixels themselves, which no cleaning of attributes reaches.

Images straight from a device that writes nothing into them pass; all others wait for a person. `BurnedInAnnotation` is
believed if it says YES and never if it says NO: it is wrong or absent on nearly every file.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset

KEYWORDS_READ = (
    "SOPClassUID", "Modality", "BurnedInAnnotation", "RecognizableVisualFeatures", "ConversionType", "ImageType",
    "SamplesPerPixel", "Columns", "Rows", "BitsStored",
)  # fmt: skip
TAGS_READ = frozenset(int(tag_for_keyword(keyword) or 0) for keyword in KEYWORDS_READ)
# Modalities (PS3.3 C.7.3.1.1.1) whose devices leave the pixels to the picture. The pixels of a segmentation are masks.
PLAIN = frozenset({"CT", "MR", "CR", "DX", "MG", "NM", "PT", "SEG"})
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
# Words in Image Type by which devices mark reports, dose sheets and screenshots.
SCREEN_WORDS = ("SCREEN", "CAPTURE", "REPORT", "DOSE", "PROTOCOL", "SUMMARY", "TEXT", "BIOMETRY", "PASTED")
# Width and height of common displays and of video: no detector and no reconstruction has them.
SCREENS = frozenset({
    (640, 480), (720, 480), (720, 576), (768, 576), (800, 600), (1024, 768), (1152, 864), (1280, 720), (1280, 800),
    (1280, 960), (1280, 1024), (1366, 768), (1400, 1050), (1440, 900), (1600, 900), (1600, 1200), (1680, 1050),
    (1920, 1080), (1920, 1200), (2560, 1440), (2560, 1600), (3840, 2160),
})  # fmt: skip


@dataclass(frozen=True)
class Assessment:
    """Whether a research copy may be released without a person having checked it.

    Attributes:
        state: "clean" (it may), "quarantine" (a person must look), "refused" (no copy can be made).
        reasons: sentences; none when clean.
    """

    state: Literal["clean", "quarantine", "refused"]
    reasons: tuple[str, ...] = ()


PICTURE_ADVICE = "PNG and JPEG files may contain burned-in text. Check the image, black out any text, then release it."
OF_A_PICTURE = Assessment("quarantine", (PICTURE_ADVICE,))


def assess(header: Dataset) -> Assessment:
    """Judge a DICOM object that can be cleaned by its header. The pixels themselves are not examined."""
    reasons = tuple(signs_of_text(header))
    return Assessment("quarantine" if reasons else "clean", reasons)


def signs_of_text(header: Dataset) -> Iterator[str]:
    """Yield each reason to think that there is text in the pixels."""
    if (modality := upper_text(header, "Modality")) not in PLAIN:
        yield f"Images of modality {modality if modality.isalpha() else 'unknown'} often carry text in their pixels."
    if upper_text(header, "BurnedInAnnotation") == "YES":
        yield "The file says that its pixels carry annotations."
    if upper_text(header, "RecognizableVisualFeatures") == "YES":
        yield "The file says that the patient can be recognized in it."
    if "ConversionType" in header or upper_text(header, "SOPClassUID").startswith(SECONDARY_CAPTURE):
        yield "The image was converted or captured, not taken straight from a device."
    yield from screenshot_signs(header)


def screenshot_signs(header: Dataset) -> Iterator[str]:
    """Yield each sign that an image was taken from a screen."""
    if any(word in upper_text(header, "ImageType") for word in SCREEN_WORDS):
        yield "Its Image Type tells of a report or a screenshot."
    if header.get("SamplesPerPixel", 1) != 1:
        yield "It is in colour, as screenshots are and images of these devices are not."
    if (header.get("Columns"), header.get("Rows")) in SCREENS:
        yield "It has the size of a screen."
    if upper_text(header, "Modality") in ("CT", "MR", "PT") and header.get("BitsStored", 16) <= 8:
        yield "It has only 8 bits a pixel, as screenshots have."


def upper_text(header: Dataset, keyword: str) -> str:
    """Read a value as one text in upper case; "" if it is absent."""
    return str(header.get(keyword) or "").strip().upper()
