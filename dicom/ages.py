"""Ages as research may know them: whole years, and 90 for everyone of 90 or more."""

import datetime
import re

MAX_AGE = 90  # years
UNITS_PER_YEAR = {"Y": 1, "M": 12, "W": 52, "D": 365}


def age_on(day: datetime.date, born: datetime.date) -> int | None:
    """Return the age in whole years, or None for a day before birth."""
    years = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    return min(years, MAX_AGE) if years >= 0 else None


def age_in_years(text: str) -> int | None:
    """Return the whole years of a DICOM age such as 045Y, 018M, 012W or 003D, or None if it is not one."""
    match = re.fullmatch(r"(\d{3})([YMWD])", text)
    return min(int(match[1]) // UNITS_PER_YEAR[match[2]], MAX_AGE) if match else None
