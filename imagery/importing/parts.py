"""One file of many, and why it may be passed over or refused before anything is read of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from django.conf import settings

from core.exceptions import InvalidInput

BAD, TOO_BIG, UNSUPPORTED = 400, 413, 415

FAULTS: dict[str, tuple[int, str]] = {
    "not_a_zip": (UNSUPPORTED, "This is not a zip archive."),
    "truncated": (BAD, "This archive ends too early: parts of it are missing."),
    "malformed": (BAD, "This archive is damaged: its parts do not fit together."),
    "split": (UNSUPPORTED, "This archive is one of several volumes: join them first."),
    "too_many_files": (TOO_BIG, "This archive holds too many files: send it in several parts."),
    "inflates_too_far": (TOO_BIG, "This unpacks to far more than images do."),
    "too_large": (TOO_BIG, "The file is too large."),
    "encrypted": (UNSUPPORTED, "This file is encrypted inside the archive."),
    "unsupported_compression": (UNSUPPORTED, "This file is compressed in a way that is not supported: use deflate."),
    "overlapping": (BAD, "This file shares bytes with another of the archive."),
    "lying_size": (BAD, "This file is not as long as the archive says."),
    "wrong_checksum": (BAD, "This file is damaged: its checksum is wrong."),
    "nested_archive": (UNSUPPORTED, "This is an archive inside an archive: unpack it first."),
    "unreadable": (BAD, "This file cannot be opened."),
}
SKIPPED: dict[str, str] = {
    "dicomdir": "A DICOMDIR lists files and is none.",
    "hidden": "Hidden files are passed over.",
    "link": "Links are not followed.",
    "special": "This is neither a file nor a folder.",
}
# How archives begin: zip, gzip, 7z, rar, xz, bzip2.
ARCHIVES = (b"PK\3\4", b"PK\5\6", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"\xfd7zXZ", b"BZh")
CHUNK = 64 * 1024  # bytes


class Part(Protocol):
    """What `upload_image` reads from, with a name; `skipped` is a key of `SKIPPED`, or empty."""

    @property
    def name(self) -> str: ...

    @property
    def skipped(self) -> str: ...

    def chunks(self) -> Iterator[bytes]:
        """Its bytes. Raises `InvalidInput`."""
        ...


@dataclass(frozen=True)
class Sent:
    """A part of a form."""

    file: Any

    @property
    def name(self) -> str:
        return self.file.name or ""

    @property
    def skipped(self) -> str:
        return passed_over(self.name)

    def chunks(self) -> Iterator[bytes]:
        return bounded(self.file.chunks())


def fault(code: str, field: str = "file") -> InvalidInput:
    status, sentence = FAULTS[code]
    return InvalidInput(sentence, code=code, field=field, status=status)


def passed_over(name: str) -> str:
    """Why a file of this name is not looked at: a key of `SKIPPED`, or nothing."""
    *folders, last = name.replace("\\", "/").split("/")
    if any((part.startswith(".") and part.strip(".")) or part == "__MACOSX" for part in (*folders, last)):
        return "hidden"
    return "dicomdir" if last.upper() == "DICOMDIR" else ""


def bounded(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, up to the size of an upload, and no archive. Raises `InvalidInput`."""
    seen = 0
    for chunk in chunks:
        if not seen and chunk.startswith(ARCHIVES):
            raise fault("nested_archive")
        seen += len(chunk)
        if seen > settings.MAX_UPLOAD_BYTES:
            raise fault("too_large")
        yield chunk
