"""The marks by which a copy says that it is de-identified, and how (PS3.15 E.1.1, PS3.3 C.7.1.1 and C.12.1.1)."""

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID

from dicom.deidentification.manifest import VERSION
from dicom.deidentification.rules import edition

IMPLEMENTATION = UID("2.25.263514021379528814571437526390276134321")

# CID 7050 of PS3.16. Of the patient's characteristics, sex, age, size and weight are retained.
BASIC = {"113100": "Basic Application Confidentiality Profile"}
CLEAN_PIXELS = {"113101": "Clean Pixel Data Option"}
OPTIONS = {
    "113107": "Retain Longitudinal Temporal Information Modified Dates Option",
    "113108": "Retain Patient Characteristics Option",
    "113111": "Retain Safe Private Option",
}


def profile_name() -> str:
    return f"PS3.15 {edition()} Basic Application Level Confidentiality Profile"


def option_codes(redacted: bool) -> dict[str, str]:
    """Return the codes that a copy carries; a redacted one has clean pixels, too."""
    return BASIC | (CLEAN_PIXELS if redacted else {}) | OPTIONS


def mark_deidentified(dataset: Dataset, pseudonym: str, redacted: bool) -> None:
    """Write the pseudonym, and what was done.

    Args:
        pseudonym: at most 64 characters (LO).
        redacted: whether boxes were blacked out.
    """
    dataset.PatientName = dataset.PatientID = pseudonym
    dataset.PatientIdentityRemoved = "YES"
    dataset.LongitudinalTemporalInformationModified = "MODIFIED"
    dataset.DeidentificationMethod = [f"PS3.15 {edition()} Basic Profile", f"Harrison {VERSION}"]
    dataset.DeidentificationMethodCodeSequence = Sequence(
        [coded_entry(value, meaning) for value, meaning in option_codes(redacted).items()]
    )
    if redacted:
        dataset.BurnedInAnnotation = "NO"  # E.3.1


def coded_entry(value: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning[:64]
    return item


def file_meta(dataset: Dataset, transfer_syntax: str) -> FileMetaDataset:
    """Make a new File Meta Information (PS3.10 7.1), without anything of the sender's."""
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\x00\x01"
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = UID(transfer_syntax)
    meta.ImplementationClassUID = IMPLEMENTATION
    meta.ImplementationVersionName = f"HARRISON_{VERSION}"
    return meta
