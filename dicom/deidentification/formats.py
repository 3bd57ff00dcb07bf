"""Telling files apart by their first bytes, whatever they are called."""

from enum import Enum
from typing import BinaryIO


class Format(Enum):
    DICOM = "application/dicom"
    PNG = "image/png"
    JPEG = "image/jpeg"


def format_of(file: BinaryIO) -> Format | None:
    """What the file begins like; None when it is none of ours. DICOM without its preamble is not recognised."""
    file.seek(0)
    start = file.read(132)
    file.seek(0)
    if start[128:] == b"DICM":
        return Format.DICOM
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return Format.PNG
    return Format.JPEG if start.startswith(b"\xff\xd8\xff") else None
