"""Which objects can be cleaned at all: images whose every attribute we know."""

from pydicom.dataset import Dataset
from pydicom.uid import UID, AllTransferSyntaxes

from .errors import CannotBeCleaned
from .rules import is_image_class

STORAGE = "1.2.840.10008.5.1.4.1.1."

# Families of SOP Classes (PS3.4 B.5) and why they are kept out, the longer beginnings first.
REFUSED = (
    ("88.", "A structured report is text about the patient."),
    ("104.", "An encapsulated document may say anything about the patient."),
    ("11.", "A presentation state holds drawings and notes of its reader."),
    ("77.1.1.1", "A video may show or say anything."),
    ("77.1.2.1", "A video may show or say anything."),
    ("77.1.4.1", "A video may show or say anything."),
    ("77.1.6", "A whole-slide image comes with a photograph of the slide's label."),
    ("9.", "A waveform is no image, and its annotations are text."),
    ("66", "Derived data such as segmentations describe their findings in free text."),
    ("481.", "Radiotherapy objects describe plans and persons in free text."),
)
UNKNOWN = "The attributes of this kind of object are not known, so nobody can tell which name the patient."


def check(dataset: Dataset) -> None:
    """Pass the objects that can be cleaned.

    Raises:
        CannotBeCleaned: with the code `sop_class` or `transfer_syntax`; or `damaged`, when it has no UID.
    """
    sop_class = str(dataset.get("SOPClassUID", ""))
    if not is_image_class(sop_class):
        raise CannotBeCleaned("sop_class", refusal(sop_class))
    if not dataset.get("SOPInstanceUID"):
        raise CannotBeCleaned("damaged", "The object has no SOP Instance UID.")
    if not is_still(UID(dataset.file_meta.get("TransferSyntaxUID", ""))):
        raise CannotBeCleaned("transfer_syntax", "This transfer syntax holds video, or pixels kept elsewhere.")


def refusal(sop_class: str) -> str:
    """Why objects of this SOP Class are kept out, in a sentence."""
    family = sop_class.removeprefix(STORAGE)
    return next((reason for start, reason in REFUSED if family.startswith(start)), UNKNOWN)


def is_still(syntax: UID) -> bool:
    """Whether the pixels of this transfer syntax are images in the file: no video stream, no reference (JPIP)."""
    if syntax not in AllTransferSyntaxes:
        return False
    return not any(word in syntax.name for word in ("MPEG", "HEVC", "JPIP", "SMPTE"))
