"""Dates and times as ISO 8601 writes them. Other notations are refused: 02/03/2020 is two days in two countries."""

import re
from datetime import UTC, date, datetime

DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
TIME = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)
YEARS = range(1900, 3000)  # of times: a difference of hours never leaves what Python and the databases can hold


def parse_date(text: str) -> date:
    """Raise `ValueError` with a sentence unless the text is a day of the calendar, such as 2026-01-31."""
    if not DATE.fullmatch(text):
        raise ValueError("Use a date like 2026-01-31 (ISO 8601).")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"There is no day {text} in the calendar.") from None


def parse_time(text: str) -> datetime:
    """Return a time in UTC; without an offset it is UTC, and a day alone begins at midnight.

    Raises `ValueError` with a sentence.
    """
    if not TIME.fullmatch(text):
        raise ValueError("Use a time like 2026-01-31T09:30:00Z (ISO 8601). In an address write the sign + as %2B.")
    try:
        time = datetime.fromisoformat(text)
        time = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"There is no time {text} in the calendar.") from None
    if time.year not in YEARS:
        raise ValueError(f"Use a time of the years {YEARS.start} to {YEARS.stop - 1}.")
    return time
