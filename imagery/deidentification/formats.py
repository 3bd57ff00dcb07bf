"""Telling files apart by their first bytes, whatever they are called."""

from enum import Enum
from pathlib import Path


class Format(Enum):
    DICOM = "application/dicom"
    PNG = "image/png"
    JPEG = "image/jpeg"


def format_of(path: Path) -> Format | None:
    """What the file begins like; None when it is none of ours. DICOM without its preamble is not recognised."""
    with path.open("rb") as file:
        start = file.read(132)
    if start[128:] == b"DICM":
        return Format.DICOM
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return Format.PNG
    return Format.JPEG if start.startswith(b"\xff\xd8\xff") else None
