"""Recognise a file by its first bytes, never by its name."""

from typing import BinaryIO

from dicom.refusals import Unreadable

DICOM, PNG, JPEG = "application/dicom", "image/png", "image/jpeg"
PREAMBLE = 128  # bytes before "DICM" (PS3.10 7.1)


def recognise(file: BinaryIO) -> str:
    """Return the media type of a file, and leave it at its start. Raises `empty`, `unknown_format`, `bad_preamble`."""
    file.seek(0)
    head = file.read(PREAMBLE + 4)
    file.seek(0)
    if not head:
        raise Unreadable("empty")
    if head[PREAMBLE:] == b"DICM":
        _check_preamble(head[:PREAMBLE])
        return DICOM
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    raise Unreadable("unknown_format")


def _check_preamble(preamble: bytes) -> None:
    """Allow only zeros or a TIFF header: a DICOM file must not be a program as well (CVE-2019-11687)."""
    if preamble.strip(b"\0") and not preamble.startswith((b"II*\0", b"MM\0*")):
        raise Unreadable("bad_preamble")
