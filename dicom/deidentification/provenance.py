"""The marks by which a copy says that it is de-identified, and how (PS3.15 E.1.1, PS3.3 C.7.1.1 and C.12.1.1)."""

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID

from dicom.ages import age_in_years
from dicom.deidentification.manifest import VERSION
from dicom.deidentification.options import Option
from dicom.deidentification.replacements import Subject
from dicom.deidentification.rules import edition

IMPLEMENTATION = UID("2.25.263514021379528814571437526390276134321")

# CID 7050 of PS3.16. Of the patient's characteristics, sex, age, size, weight and pregnancy status are retained.
BASIC = {"113100": "Basic Application Confidentiality Profile"}
CLEAN_PIXELS = {"113101": "Clean Pixel Data Option"}
# LO, at most 64 characters each
METHODS = {
    Option.DEVICES: "Devices: keyed stand-ins",
    Option.SHIFTED_DATES: "Dates and times: shifted together by subject",
    Option.DESCRIPTORS: "Descriptors: technical vocabulary only",
}


def profile_name() -> str:
    return f"PS3.15 {edition()} Basic Application Level Confidentiality Profile"


def option_codes(redacted: bool, options: frozenset[Option]) -> dict[str, str]:
    """Return the codes that a copy carries; a redacted one has clean pixels, too."""
    return BASIC | (CLEAN_PIXELS if redacted else {}) | {option.value: option.meaning for option in sorted(options)}


def mark_deidentified(dataset: Dataset, subject: Subject, redacted: bool) -> None:
    """Write the subject's pseudonym, and what was done. `redacted`: boxes were blacked out."""
    dataset.PatientName = dataset.PatientID = subject.pseudonym
    dataset.PatientIdentityRemoved = "YES"
    keeps_dates = Option.SHIFTED_DATES in subject.options
    dataset.LongitudinalTemporalInformationModified = "MODIFIED" if keeps_dates else "REMOVED"
    methods = [text for option, text in METHODS.items() if option in subject.options]
    dataset.DeidentificationMethod = [f"PS3.15 {edition()} Basic Profile", f"Harrison {VERSION}", *methods]
    dataset.DeidentificationMethodCodeSequence = Sequence(
        [coded_entry(value, meaning) for value, meaning in option_codes(redacted, subject.options).items()]
    )
    if redacted:
        dataset.BurnedInAnnotation = "NO"  # E.3.1


def state_characteristics(dataset: Dataset, subject: Subject) -> None:
    """Write the sex and the age that Harrison tells research, which the doctor may have corrected."""
    if Option.CHARACTERISTICS not in subject.options:
        return
    if subject.sex:
        dataset.PatientSex = subject.sex
    if subject.age is not None and "PatientAge" in dataset and age_in_years(dataset.PatientAge or "") != subject.age:
        dataset.PatientAge = f"{subject.age:03}Y"


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
