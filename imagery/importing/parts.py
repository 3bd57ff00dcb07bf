"""One file of a batch, and the reasons to skip or refuse it before it is read."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from core.exceptions import InvalidInput
from imagery.intake import Upload, receive, spool

BAD_REQUEST, TOO_LARGE, UNSUPPORTED = 400, 413, 415

FAULTS: dict[str, tuple[int, str]] = {
    "not_a_zip": (UNSUPPORTED, "This is not a zip archive."),
    "truncated": (BAD_REQUEST, "This archive ends too early: parts of it are missing."),
    "malformed": (BAD_REQUEST, "This archive is damaged: its parts do not fit together."),
    "split": (UNSUPPORTED, "This archive is one of several volumes. Join them first."),
    "too_many_files": (TOO_LARGE, "This archive contains too many files. Send it in several parts."),
    "inflates_too_far": (TOO_LARGE, "This unpacks to far more than images do."),
    "too_large": (TOO_LARGE, "The file is too large."),
    "encrypted": (UNSUPPORTED, "This file is encrypted inside the archive."),
    "unsupported_compression": (UNSUPPORTED, "This compression is not supported. Use deflate."),
    "overlapping": (BAD_REQUEST, "This file shares bytes with another file of the archive."),
    "lying_size": (BAD_REQUEST, "This file is shorter than the archive says."),
    "wrong_checksum": (BAD_REQUEST, "This file is damaged: its checksum is wrong."),
    "nested_archive": (UNSUPPORTED, "This is an archive inside an archive. Unpack it first."),
    "unreadable": (BAD_REQUEST, "This file cannot be opened."),
}
SKIPPED: dict[str, str] = {
    "dicomdir": "A DICOMDIR lists files; it is not an image.",
    "hidden": "Hidden files are skipped.",
    "link": "Links are not followed.",
    "special": "This is neither a file nor a folder.",
}
# The first bytes of zip, gzip, 7z, rar, xz and bzip2.
ARCHIVES = (b"PK\3\4", b"PK\5\6", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"\xfd7zXZ", b"BZh")
LONGEST_START = max(map(len, ARCHIVES))  # bytes


class Part(Protocol):
    """A file of a batch. `skipped` is a key of `SKIPPED`, or empty."""

    @property
    def name(self) -> str: ...

    @property
    def skipped(self) -> str: ...

    def receive(self) -> AbstractContextManager[Upload]:
        """Write the file where an upload is written. Raises `InvalidInput`."""
        ...


@dataclass(frozen=True)
class FormFile:
    """A file of a form, which the upload handler has written already."""

    file: UploadedFile

    @property
    def name(self) -> str:
        return self.file.name or ""

    @property
    def skipped(self) -> str:
        return skip_reason(self.name)

    def receive(self) -> AbstractContextManager[Upload]:
        if self.file.read(LONGEST_START).startswith(ARCHIVES):
            raise fault("nested_archive")
        self.file.seek(0)
        return receive(self.file)


def receive_chunks(chunks: Iterator[bytes]) -> AbstractContextManager[Upload]:
    """Write chunks where an upload is written: at most the size of an upload, and no archive."""
    return spool(bounded(chunks))


def bounded(chunks: Iterator[bytes]) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        if not size and chunk.startswith(ARCHIVES):
            raise fault("nested_archive")
        size += len(chunk)
        if size > settings.MAX_UPLOAD_BYTES:
            raise fault("too_large")
        yield chunk


def fault(code: str, field: str = "file") -> InvalidInput:
    status, sentence = FAULTS[code]
    return InvalidInput(sentence, code=code, field=field, status=status)


def skip_reason(name: str) -> str:
    """Return why a file of this name is skipped: a key of `SKIPPED`, or nothing."""
    *folders, last = name.replace("\\", "/").split("/")
    if any((part.startswith(".") and part.strip(".")) or part == "__MACOSX" for part in (*folders, last)):
        return "hidden"
    return "dicomdir" if last.upper() == "DICOMDIR" else ""
