"""Recognise a file by its first bytes, never by its name."""

import re
from typing import BinaryIO

from dicom.refusals import Unreadable

DICOM, PNG, JPEG = "application/dicom", "image/png", "image/jpeg"
PREAMBLE = 128  # bytes before "DICM" (PS3.10 7.1)

# What runs, or unpacks to something that runs, when a file begins with it.
PROGRAMS = (
    b"MZ", b"ZM", b"\x7fELF", b"#!", b"!<arch>", b"dex\n", b"\0asm", b"BC\xc0\xde", b"\x1bLua",
    b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe",  # Mach-O
    b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf", b"\xbe\xba\xfe\xca", b"\xbf\xba\xfe\xca",  # Mach-O for several; Java
    b"PK\3\4", b"PK\5\6", b"PK\7\x08", b"Rar!", b"7z\xbc\xaf", b"MSCF", b"ITSF", b"\x1f\x8b", b"BZh", b"\xfd7zXZ",
    b"\xd0\xcf\x11\xe0", b"L\0\0\0\1\x14\2\0", b"{\\rtf", b"FWS", b"CWS", b"ZWS", b"\xed\xab\xee\xdb",
)  # fmt: skip
# Text that an interpreter, a browser or a viewer acts on, behind blanks and marks of byte order, in any case.
SCRIPTS = (
    b"<", b"%!", b"@echo", b"@rem", b"@if", b"mime-version:", b"content-type:", b"[internetshortcut]", b"[autorun]",
    b"[desktop entry]", b"javascript:", b"vbscript:", b"eval(",
)  # fmt: skip
# These are found anywhere among the first bytes: PDF readers and old browsers do not ask for the beginning.
MARKUP = re.compile(rb"%pdf-|<(!doctype|html|head|body|script|svg|iframe|object|\?)", re.IGNORECASE)
BLANKS = b"\0 \t\n\v\f\r\xef\xbb\xbf\xfe\xff"


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
    """Refuse a DICOM file that is a program, a script or a document as well (CVE-2019-11687).

    Other preambles are taken: devices write their names there, and PS3.10 7.1 leaves the contents to the writer.
    """
    text = preamble.replace(b"\0", b"").lstrip(BLANKS).lower()  # without zeros, UTF-16 reads as ASCII
    if preamble.startswith(PROGRAMS) or text.startswith(SCRIPTS) or MARKUP.search(text):
        raise Unreadable("bad_preamble")
