"""How old somebody was at a study, as research may know it: whole years, everybody of 90 and more as 90."""

import datetime
import re

OLDEST = 90  # years: from here on everybody is of one class
PER_YEAR = {"Y": 1, "M": 12, "W": 52, "D": 365}


def age_on(day: datetime.date, born: datetime.date) -> int | None:
    """Whole years; None for a day before birth."""
    years = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    return min(years, OLDEST) if years >= 0 else None


def age_in_years(text: str) -> int | None:
    """Whole years of a DICOM age such as 045Y, 018M, 012W or 003D; None when it is none."""
    match = re.fullmatch(r"(\d{3})([YMWD])", text)
    return min(int(match[1]) // PER_YEAR[match[2]], OLDEST) if match else None
