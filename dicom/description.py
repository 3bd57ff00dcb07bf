"""The description of a file and of its patient: plain values that travel as JSON."""

import datetime
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class PatientFacts:
    """The patient as the file names them. Identity: no value shows in `repr`, so none can reach a log."""

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
    """The contents of a file. A string is "" and a date is None where the file does not say."""

    media_type: str
    rows: int  # pixels, as displayed; 0 if there are none
    columns: int  # pixels, as displayed; 0 if there are none
    frames: int = 1
    modality: str = ""  # (0008,0060) CS
    body_part: str = ""  # (0018,0015) CS
    study_description: str = ""  # (0008,1030) LO
    study_uid: str = ""  # (0020,000D) UI
    series_uid: str = ""  # (0020,000E) UI
    sop_instance_uid: str = ""  # (0008,0018) UI
    study_date: datetime.date | None = None  # (0008,0020) DA
    patient: PatientFacts | None = None
    no_picture: str = ""  # why the pixels cannot be shown: of `refusals.NO_PICTURE`, or no_pixels

    def as_json(self) -> dict[str, Any]:
        """The description as values that JSON knows."""
        return _without_dates(asdict(self))

    @classmethod
    def from_json(cls, reply: Mapping[str, Any]) -> "Description":
        """Read what `as_json` wrote, once it has been checked against the checks of `dicom.replies`."""
        patient = reply["patient"]
        if patient is not None:
            other_ids = tuple(patient["other_ids"])
            patient = PatientFacts(**patient | {"birth_date": _date(patient["birth_date"]), "other_ids": other_ids})
        return cls(**dict(reply) | {"study_date": _date(reply["study_date"]), "patient": patient})


def _without_dates(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_dates(item) for key, item in value.items()}
    return value.isoformat() if isinstance(value, datetime.date) else value


def _date(text: str | None) -> datetime.date | None:
    return None if text is None else datetime.date.fromisoformat(text)
