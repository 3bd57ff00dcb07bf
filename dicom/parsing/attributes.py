"""Read the image and its patient from a DICOM header, as clean values."""

import datetime
import re
from typing import Any

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence

from dicom.description import Description, PatientFacts
from dicom.formats import DICOM
from dicom.parsing.charsets import without_escapes
from dicom.parsing.layout import Layout
from dicom.parsing.outline import Element

TEXT_LENGTHS = {  # characters, by VR (PS3.5 table 6.2-1)
    "Modality": 16,
    "BodyPartExamined": 16,
    "StudyDescription": 64,
    "PatientName": 194,  # three groups of 64 and two "="
    "PatientID": 64,
    "IssuerOfPatientID": 64,
    "PatientSex": 16,
    "PatientAge": 4,
    "PatientAddress": 64,
    "PatientTelephoneNumbers": 16,
}
OTHERS = [
    "SpecificCharacterSet",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SOPInstanceUID",
    "SOPClassUID",
    "StudyDate",
    "PatientBirthDate",
    "OtherPatientIDs",
    "OtherPatientIDsSequence",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
    "PresentationLUTShape",
]
WANTED = frozenset(int(tag_for_keyword(keyword) or 0) for keyword in [*TEXT_LENGTHS, *OTHERS])
UID_FORM = re.compile(r"[0-9]+(\.[0-9]+)*")
DATE_FORM = re.compile(r"(\d{4})\.?(\d{2})\.?(\d{2})")  # the dots are of ACR-NEMA times (PS3.5 6.2, DA)
AGE_FORM = re.compile(r"\d{3}[DWMY]")


def is_wanted(element: Element) -> bool:
    """Whether describing and drawing need this element."""
    return element.tag in WANTED or element.tag >> 16 == 0x0028


def describe_dicom(header: Dataset, layout: Layout, no_picture: str = "") -> Description:
    """Read what a header says of the image and its patient."""
    return Description(
        media_type=DICOM,
        rows=layout.rows,
        columns=layout.columns,
        frames=max(layout.frames, 1),
        modality=text(header, "Modality"),
        body_part=text(header, "BodyPartExamined"),
        study_description=text(header, "StudyDescription"),
        study_uid=uid(header, "StudyInstanceUID"),
        series_uid=uid(header, "SeriesInstanceUID"),
        sop_instance_uid=uid(header, "SOPInstanceUID"),
        study_date=date(header, "StudyDate"),
        patient=patient_facts(header),
        no_picture=no_picture,
    )


def patient_facts(header: Dataset) -> PatientFacts:
    """Read who the patient is."""
    sex, age = text(header, "PatientSex"), text(header, "PatientAge")
    return PatientFacts(
        name=text(header, "PatientName"),
        record_number=text(header, "PatientID"),
        issuer=text(header, "IssuerOfPatientID"),
        birth_date=date(header, "PatientBirthDate"),
        sex=sex if sex in ("M", "F", "O") else "",
        age=age if AGE_FORM.fullmatch(age) else "",
        address=text(header, "PatientAddress"),
        telephone=text(header, "PatientTelephoneNumbers"),
        other_ids=other_ids(header),
    )


def other_ids(header: Dataset) -> tuple[str, ...]:
    """Read the other record numbers from the retired element and the sequence: each once, at most 100."""
    retired, items = _value(header, "OtherPatientIDs") or (), _value(header, "OtherPatientIDsSequence")
    listed = [retired] if isinstance(retired, str) else list(retired)
    listed += [_value(item, "PatientID") for item in items] if isinstance(items, Sequence) else []
    return tuple(dict.fromkeys(filter(None, (clean_text(number, 64) for number in listed))))[:100]


def text(header: Dataset, keyword: str) -> str:
    """Read a value as clean text; "" if it is absent or unreadable."""
    return clean_text(_value(header, keyword), TEXT_LENGTHS[keyword])


def clean_text(value: Any, length: int) -> str:
    """Cut to so many characters, with single spaces for blanks of every kind and without control characters."""
    if isinstance(value, MultiValue):
        value = "\\".join(str(part) for part in value)
    letters = without_escapes(str(value or ""))
    words = "".join(letter if letter.isprintable() else " " * letter.isspace() for letter in letters).split()
    return " ".join(words)[:length].strip()


def uid(header: Dataset, keyword: str) -> str:
    """Read a UID of at most 64 digits and dots (PS3.5 chapter 9); "" for anything else."""
    value = clean_text(_value(header, keyword), 65)
    return value if len(value) <= 64 and UID_FORM.fullmatch(value) else ""


def date(header: Dataset, keyword: str) -> datetime.date | None:
    """Read a date; None if it is absent or not a day of the calendar."""
    match = DATE_FORM.fullmatch(clean_text(_value(header, keyword), 16))
    try:
        return datetime.date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def _value(header: Dataset, keyword: str) -> Any:
    """Read the value of an element; None if it is absent or unreadable, since all of them are optional."""
    try:
        return header.get(keyword)
    except Exception:  # pydicom raises all kinds on a broken value
        return None
