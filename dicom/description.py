"""What is known of a file once it has been read: plain values that travel as JSON and are checked on arrival."""

import datetime
from dataclasses import asdict, dataclass, field, fields
from typing import Any

DICOM, PNG, JPEG = "application/dicom", "image/png", "image/jpeg"


@dataclass(frozen=True)
class PatientFacts:
    """Who the patient is, as the file says. Identity: the values never show in `repr`, so never in a log."""

    name: str = field(default="", repr=False)  # (0010,0010) PN
    record_number: str = field(default="", repr=False)  # (0010,0020) LO
    issuer: str = field(default="", repr=False)  # (0010,0021) LO
    birth_date: datetime.date | None = field(default=None, repr=False)  # (0010,0030) DA
    sex: str = field(default="", repr=False)  # (0010,0040) CS: M, F, O or ""
    age: str = field(default="", repr=False)  # (0010,1010) AS, such as 045Y
    address: str = field(default="", repr=False)  # (0010,1040) LO
    telephone: str = field(default="", repr=False)  # (0010,2154) SH
    other_ids: tuple[str, ...] = field(default=(), repr=False)  # (0010,1000) LO and (0010,1002) SQ


@dataclass(frozen=True)
class Description:
    """What a file holds. Strings are "" and dates None where the file is silent."""

    media_type: str
    rows: int  # pixels, as displayed
    columns: int  # pixels, as displayed
    frames: int = 1
    modality: str = ""  # (0008,0060) CS
    body_part: str = ""  # (0018,0015) CS
    study_description: str = ""  # (0008,1030) LO
    series_description: str = ""  # (0008,103E) LO
    study_uid: str = ""  # (0020,000D) UI
    series_uid: str = ""  # (0020,000E) UI
    sop_instance_uid: str = ""  # (0008,0018) UI
    sop_class_uid: str = ""  # (0008,0016) UI
    transfer_syntax_uid: str = ""  # (0002,0010) UI
    study_date: datetime.date | None = None  # (0008,0020) DA
    series_number: int | None = None  # (0020,0011) IS
    instance_number: int | None = None  # (0020,0013) IS
    patient: PatientFacts | None = None
    burned_in_annotation: str = ""  # (0028,0301) CS: YES, NO or ""
    conversion_type: str = ""  # (0008,0064) CS, such as DV or SD
    photometric_interpretation: str = ""  # (0028,0004) CS


def to_json(description: Description) -> dict[str, Any]:
    """The description as values that JSON knows."""
    return _plain(asdict(description))


def from_json(facts: Any) -> Description:
    """The description again. Raises `ValueError` or `TypeError` for anything that `to_json` does not make.

    The facts come from a process that has read hostile bytes, so each one is checked before it is believed.
    """
    values = _checked(Description, facts)
    if facts["patient"] is not None:
        values["patient"] = PatientFacts(**_checked(PatientFacts, facts["patient"]))
    if values["media_type"] not in (DICOM, PNG, JPEG) or min(values["rows"], values["columns"], values["frames"]) < 1:
        raise ValueError("no description of an image")
    return Description(**values)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value.isoformat() if isinstance(value, datetime.date) else value


def _checked(kind: type, facts: Any) -> dict[str, Any]:
    if set(facts) != {each.name for each in fields(kind)}:
        raise ValueError("other facts than agreed")
    return {each.name: _READERS[each.type](facts[each.name]) for each in fields(kind)}


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 324 or not (value.isprintable()):
        raise ValueError("no short text")
    return value


def _whole(value: Any) -> int:
    if type(value) is not int or abs(value) > 2**31:
        raise ValueError("no whole number")
    return value


def _optional(reader: Any) -> Any:
    return lambda value: None if value is None else reader(value)


_READERS: dict[Any, Any] = {
    str: _text,
    int: _whole,
    int | None: _optional(_whole),
    datetime.date | None: _optional(datetime.date.fromisoformat),
    tuple[str, ...]: lambda values: tuple(_text(value) for value in values[:100]),
    PatientFacts | None: lambda value: None,
}
