"""A DICOM file described: what it shows, of whom, and proof that its pixels decode."""

import datetime
import re
from typing import Any, BinaryIO

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence

from dicom.description import DICOM, Description, PatientFacts
from dicom.drawing.frame import draw_frame
from dicom.limits import LIMITS, Limits
from dicom.parsing.frames import Frames
from dicom.parsing.part10 import open_part10

TEXT_LENGTHS = {  # characters, by VR (PS3.5 table 6.2-1)
    "Modality": 16,
    "BodyPartExamined": 16,
    "StudyDescription": 64,
    "SeriesDescription": 64,
    "BurnedInAnnotation": 16,
    "ConversionType": 16,
    "PhotometricInterpretation": 16,
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
    "SeriesNumber",
    "InstanceNumber",
    "PatientBirthDate",
    "OtherPatientIDs",
    "OtherPatientIDsSequence",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
]
WANTED = frozenset(int(tag_for_keyword(keyword) or 0) for keyword in [*TEXT_LENGTHS, *OTHERS])
UID_FORM = re.compile(r"[0-9]+(\.[0-9]+)*")
DATE_FORM = re.compile(r"(\d{4})\.?(\d{2})\.?(\d{2})")  # the dots are of ACR-NEMA times (PS3.5 6.2, DA)
AGE_FORM = re.compile(r"\d{3}[DWMY]")


def describe_dicom(file: BinaryIO, limits: Limits = LIMITS) -> Description:
    """Read the header, decode the pixels, and draw the first frame: what is taken in can be shown."""
    part10 = open_part10(file, limits)
    header = part10.header(WANTED)
    frames = Frames(part10, header)
    for index in checked_frames(frames.layout.frames, frames.layout.rows * frames.layout.columns, limits):
        draw_frame(frames, header, index)
    return Description(
        media_type=DICOM,
        rows=frames.layout.rows,
        columns=frames.layout.columns,
        frames=frames.layout.frames,
        modality=text(header, "Modality"),
        body_part=text(header, "BodyPartExamined"),
        study_description=text(header, "StudyDescription"),
        series_description=text(header, "SeriesDescription"),
        study_uid=uid(header.get("StudyInstanceUID")),
        series_uid=uid(header.get("SeriesInstanceUID")),
        sop_instance_uid=uid(header.get("SOPInstanceUID")),
        sop_class_uid=uid(header.get("SOPClassUID")) or uid(part10.media_sop_class),
        transfer_syntax_uid=part10.transfer_syntax,
        study_date=date(header, "StudyDate"),
        series_number=whole(header, "SeriesNumber"),
        instance_number=whole(header, "InstanceNumber"),
        patient=patient(header),
        burned_in_annotation=text(header, "BurnedInAnnotation"),
        conversion_type=text(header, "ConversionType"),
        photometric_interpretation=text(header, "PhotometricInterpretation"),
    )


def checked_frames(frames: int, pixels: int, limits: Limits) -> list[int]:
    """Which frames are decoded on arrival: all, or the first and the last where all would take too long."""
    return list(range(frames)) if frames * pixels <= limits.checked_pixels else sorted({0, frames - 1})


def patient(header: Dataset) -> PatientFacts:
    """Who the patient is."""
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
    """The other record numbers, from the retired element and from the sequence, each once, at most 100."""
    retired, items = _value(header, "OtherPatientIDs") or (), _value(header, "OtherPatientIDsSequence")
    listed = [retired] if isinstance(retired, str) else list(retired)
    listed += [_value(item, "PatientID") for item in items] if isinstance(items, Sequence) else []
    return tuple(dict.fromkeys(filter(None, (clean(each, 64) for each in listed))))[:100]


def text(header: Dataset, keyword: str) -> str:
    """A value as clean text, "" if it is absent or cannot be read."""
    return clean(_value(header, keyword), TEXT_LENGTHS[keyword])


def clean(value: Any, length: int) -> str:
    """At most so many characters: blanks of every kind as one space, none around, no control characters."""
    if isinstance(value, MultiValue):
        value = "\\".join(str(each) for each in value)
    words = "".join(each if each.isprintable() else " " * each.isspace() for each in str(value or "")).split()
    return " ".join(words)[:length].strip()


def uid(value: Any) -> str:
    """A UID of at most 64 digits and dots (PS3.5 chapter 9), "" for anything else."""
    found = clean(value, 65)
    return found if len(found) <= 64 and UID_FORM.fullmatch(found) else ""


def date(header: Dataset, keyword: str) -> datetime.date | None:
    """A date, None if it is absent or no day of the calendar."""
    found = DATE_FORM.fullmatch(clean(_value(header, keyword), 16))
    try:
        return datetime.date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def whole(header: Dataset, keyword: str) -> int | None:
    """A whole number of 32 bits (PS3.5 6.2, IS), None if it is absent or no such number."""
    try:
        number = int(clean(_value(header, keyword), 16))
    except ValueError:
        return None
    return number if -(2**31) <= number < 2**31 else None


def _value(header: Dataset, keyword: str) -> Any:
    """The value of an element, None if it is absent. One that cannot be read is as good as absent: it is optional."""
    try:
        return header.get(keyword)
    except Exception:  # pydicom raises all kinds on a broken value
        return None
