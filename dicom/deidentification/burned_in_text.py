"""What may be written into the pixels themselves, which no cleaning of attributes reaches.

Only what comes straight from a device that writes nothing into its images passes; whatever else waits for a person.
`BurnedInAnnotation` is believed when it says YES and never when it says NO: it is wrong or absent on nearly every file.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from pydicom import dcmread
from pydicom.dataset import Dataset

from .errors import CannotBeCleaned
from .formats import Format, format_of
from .pydicom_quiet import UNREADABLE, quietly
from .scope import check

# Modalities (PS3.3 C.7.3.1.1.1) whose devices leave the pixels to the picture.
PLAIN = frozenset({"CT", "MR", "CR", "DX", "MG", "NM", "PT"})
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
    """Whether a research copy may be released without a person having looked at it.

    Attributes:
        state: "clean" (it may), "quarantine" (a person must look), "refused" (no copy can be made).
        reasons: sentences; none when clean.
    """

    state: Literal["clean", "quarantine", "refused"]
    reasons: tuple[str, ...] = ()


OF_A_PICTURE = Assessment("quarantine", ("Whoever makes a PNG or a JPEG may write anything into its pixels.",))


def assess(source: Path) -> Assessment:
    """Judge an original by its kind and its header. The pixels themselves are not looked at."""
    with source.open("rb") as file:
        return assess_open(file)


def assess_open(file: BinaryIO) -> Assessment:
    """The same of a file that is open."""
    kind = format_of(file)
    if kind is None:
        return Assessment("refused", ("The file is neither DICOM nor PNG nor JPEG.",))
    if kind is not Format.DICOM:
        return OF_A_PICTURE
    try:
        with quietly():
            dataset = dcmread(file, stop_before_pixels=True)
            check(dataset)
            return assess_read(dataset)
    except CannotBeCleaned as refusal:
        return Assessment("refused", (refusal.sentence,))
    except UNREADABLE:
        return Assessment("refused", ("The file cannot be read as DICOM.",))


def assess_read(dataset: Dataset) -> Assessment:
    """The same of a DICOM object that can be cleaned."""
    reasons = tuple(risks(dataset))
    return Assessment("quarantine" if reasons else "clean", reasons)


def risks(dataset: Dataset) -> Iterator[str]:
    """Each reason to think that there is text in the pixels."""
    if (modality := words(dataset, "Modality")) not in PLAIN:
        yield f"Images of modality {modality if modality.isalpha() else 'unknown'} often carry text in their pixels."
    if words(dataset, "BurnedInAnnotation") == "YES":
        yield "The file says that its pixels carry annotations."
    if words(dataset, "RecognizableVisualFeatures") == "YES":
        yield "The file says that the patient can be recognized in it."
    if "ConversionType" in dataset or words(dataset, "SOPClassUID").startswith(SECONDARY_CAPTURE):
        yield "The image was converted or captured, not taken straight from a device."
    yield from screenshot_signs(dataset)


def screenshot_signs(dataset: Dataset) -> Iterator[str]:
    """What an image has when it was taken from a screen."""
    if any(word in words(dataset, "ImageType") for word in SCREEN_WORDS):
        yield "Its Image Type tells of a report or a screenshot."
    if dataset.get("SamplesPerPixel", 1) != 1:
        yield "It is in colour, as screenshots are and images of these devices are not."
    if (dataset.get("Columns"), dataset.get("Rows")) in SCREENS:
        yield "It has the size of a screen."
    if words(dataset, "Modality") in ("CT", "MR", "PT") and dataset.get("BitsStored", 16) <= 8:
        yield "It has only 8 bits a pixel, as screenshots have."


def words(dataset: Dataset, keyword: str) -> str:
    """The value as one text in upper case; empty when absent."""
    return str(dataset.get(keyword) or "").strip().upper()
