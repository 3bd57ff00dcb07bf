"""Which objects can be cleaned at all: images whose every attribute is known."""

from pydicom.dataset import Dataset

from dicom.deidentification.rules import is_image_class

STORAGE = "1.2.840.10008.5.1.4.1.1."

# Families of SOP Classes (PS3.4 B.5) and why they are kept out, the longer beginnings first.
REFUSED_FAMILIES = (
    ("88.", "A structured report is text about the patient."),
    ("104.", "An encapsulated document may say anything about the patient."),
    ("11.", "A presentation state holds drawings and notes of its reader."),
    ("77.1.1.1", "A video may show or say anything."),
    ("77.1.2.1", "A video may show or say anything."),
    ("77.1.4.1", "A video may show or say anything."),
    ("77.1.6", "A whole-slide image comes with a photograph of the slide's label."),
    ("9.", "A waveform is no image, and its annotations are text."),
    ("66", "Derived data such as surfaces describe their findings in free text."),
    ("481.", "Radiotherapy plans and records describe persons in free text."),
)
UNKNOWN_FAMILY = "The attributes of this kind of object are not known, so nobody can tell which name the patient."


class CannotBeCleaned(Exception):
    """No research copy of this object can be made. The sentence is for people, and quotes nothing from the object."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def check_scope(header: Dataset) -> None:
    """Raise `CannotBeCleaned` unless this is an image of a known class that has a UID."""
    sop_class = str(header.get("SOPClassUID", ""))
    if not is_image_class(sop_class):
        raise CannotBeCleaned(reason_of_refusal(sop_class))
    if not header.get("SOPInstanceUID"):
        raise CannotBeCleaned("The object has no SOP Instance UID.")


def reason_of_refusal(sop_class: str) -> str:
    """Say why objects of this SOP Class are kept out."""
    family = sop_class.removeprefix(STORAGE)
    return next((reason for start, reason in REFUSED_FAMILIES if family.startswith(start)), UNKNOWN_FAMILY)
