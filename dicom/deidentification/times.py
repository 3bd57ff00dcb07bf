"""Moving dates and times of day back together, so that every interval of a patient stays to the second.

All dates of a patient move by the same days and all times of day by the same part of a day, at most four hours: a scan
in the daytime stays on its day, and no log of a hospital holds its time.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydicom.datadict import dictionary_has_tag, keyword_for_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from dicom.deidentification.dates import DATE_TIME, clean_time, move_back
from dicom.deidentification.pydicom_quiet import UNREADABLE
from dicom.deidentification.replacements import Secrets, days_earlier, seconds_earlier
from dicom.deidentification.values import apply_to_all

CLOCK = re.compile(r"(\d{2})(\d{2})?(\d{2})?(\.\d{1,6})?")
DAY_SECONDS = 24 * 60 * 60


@dataclass(frozen=True)
class Shift:
    """How far all dates and times of one patient move back."""

    days: int
    seconds: int  # of a day, on top of the days

    def move_date(self, text: str, clock: str = "") -> str | None:
        """Move a DA value; `clock` is the TM value that stands beside it, if there is one. None if it is no date."""
        seconds = seconds_of(clock)
        crosses_midnight = seconds is not None and seconds < self.seconds
        return move_back(text, self.days + crosses_midnight)

    def move_time(self, text: str) -> str | None:
        """Move a TM value, as precise as it was. None if it is no time."""
        clock = clean_time(text)
        seconds = seconds_of(clock or "")
        if clock is None or seconds is None:
            return None
        moved = (seconds - self.seconds) % DAY_SECONDS
        digits, dot, fraction = clock.partition(".")
        return f"{moved // 3600:02}{moved // 60 % 60:02}{moved % 60:02}"[: len(digits)] + dot + fraction

    def move_date_time(self, text: str) -> str | None:
        """Move a DT value, as precise as it was. None if it is no date. A value without hours moves by days."""
        match = DATE_TIME.fullmatch(text.strip(" \0"))
        if not match or not match[4]:
            return move_back(text, self.days)
        clock = match[4]
        date, time = self.move_date(text.strip(" \0")[:8], clock), self.move_time(clock)
        return date + time if date and time else None


def shift_of(secrets: Secrets, patient: str) -> Shift:
    """Return the shift of this patient, derived from the project's key."""
    return Shift(days_earlier(secrets, patient), seconds_earlier(secrets, patient))


def seconds_of(clock: str) -> int | None:
    """Count the full seconds since midnight of a TM value; None if it is none."""
    match = CLOCK.fullmatch(clean_time(clock) or "")
    if not match:
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.groups()[:3])
    return hours * 3600 + minutes * 60 + seconds


def shift_element(element: DataElement, level: Dataset, shift: Shift) -> Any:
    """Move the values of a DA, DT or TM element. `level` holds the time of day that belongs to a date."""
    if element.VR == "TM":
        return apply_to_all(element.value, shift.move_time)
    if element.VR == "DT":
        return apply_to_all(element.value, shift.move_date_time)
    clocks = iter(clocks_beside(level, int(element.tag)))
    return apply_to_all(element.value, lambda text: shift.move_date(text, next(clocks, "")))


def clocks_beside(level: Dataset, tag: int) -> Iterable[str]:
    """Return the times of day that belong to the dates of this attribute: Study Time to Study Date."""
    keyword = keyword_for_tag(tag) if dictionary_has_tag(tag) else ""
    try:
        value = level.get(re.sub("Date(?!.*Date)", "Time", keyword)) if "Date" in keyword else None
    except UNREADABLE:
        return ()
    return [str(clock) for clock in value] if isinstance(value, MultiValue) else [str(value or "")]
