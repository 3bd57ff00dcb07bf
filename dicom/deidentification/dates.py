"""Moving dates back by whole days, so that the intervals between a patient's dates stay.

The time of day stays as it is. A time zone does not: it says where the patient was.
"""

import re
from datetime import datetime, timedelta

# PS3.5 6.2: DT is YYYYMMDDHHMMSS.FFFFFF&ZZXX, and may stop after the year, the month and so on. DA is its first
# eight digits; ACR-NEMA wrote them with dots.
DATE_TIME = re.compile(r"(\d{4})(\d{2})?(\d{2})?((?:\d{2}){0,3}(?:\.\d{1,6})?)([+-]\d{4})?")
DOTTED = re.compile(r"(\d{4})\.(\d{2})\.(\d{2})")
TIME = re.compile(r"(?:[01]\d|2[0-3])(?:[0-5]\d(?:[0-5]\d|60)?)?(?:\.\d{1,6})?")
AGE = re.compile(r"(\d{3})([DWMY])")
OLDEST_YEARS = 90  # patients of this age and older are one group


def move_back(text: str, days: int) -> str | None:
    """Move a DA or DT value back by `days`, as precise as it was. None if it is not a date."""
    match = DATE_TIME.fullmatch(DOTTED.sub(r"\1\2\3", text.strip(" \0")))
    if not match:
        return None
    year, month, day, clock, _ = match.groups()
    try:
        moved = datetime(int(year), int(month or 1), int(day or 1)) - timedelta(days=days)
    except (ValueError, OverflowError):
        return None
    return f"{moved:%Y%m%d}".zfill(8)[: 4 + 2 * bool(month) + 2 * bool(day)] + clock


def clean_time(text: str) -> str | None:
    """Return a TM value without the colons of ACR-NEMA. None if it is not one."""
    clock = text.strip(" \0").replace(":", "")
    return clock if TIME.fullmatch(clock) else None


def cap_age(text: str) -> str | None:
    """Return an AS value, with 90 years and more as 090Y. None if it is not an age."""
    match = AGE.fullmatch(text.strip(" \0").upper())
    if not match:
        return None
    number, unit = match.groups()
    return f"{OLDEST_YEARS:03}Y" if unit == "Y" and int(number) >= OLDEST_YEARS else match[0]
