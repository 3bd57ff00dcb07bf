"""The files of a zip archive that a user sends, read by `zipfile` in small chunks; nothing is unpacked to disk.

`zipfile` believes a directory of any length, and before Python 3.11.8 files that share their bytes: both are refused
here. Each file has the size and the checksum of the directory, or it is refused and the others are still taken.
"""

import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from stat import S_ISLNK
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from django.conf import settings

from imagery.importing.parts import fault, receive_chunks, skip_reason
from imagery.intake import Upload
from imagery.storage import CHUNK_BYTES

MIB = 1024 * 1024
END = struct.Struct("<4s4H2LH")  # APPNOTE 4.3.16
END_64, LOCATOR_64_BYTES = struct.Struct("<4sQ2H2L4Q"), 20  # 4.3.14 and 4.3.15
MAX_COMMENT_BYTES = 65_535
LOCAL_HEADER_BYTES = 30  # without the name
ENCRYPTED = 0x0001 | 0x0040 | 0x2000  # flags: encrypted, strongly encrypted, directory encrypted
MAX_RATIO, LARGE_BYTES = 250, 16 * MIB  # no image unpacks to more of both
ARCHIVE_FACTOR = 4  # all files together may be as large as so many uploads
MAX_FILES = 2_000  # in an archive that is sent
MAX_NAME_LENGTH = 500  # characters that are reported
DAMAGE = (BadZipFile, NotImplementedError, ValueError, OSError, EOFError, OverflowError, struct.error, zlib.error)


@dataclass(frozen=True)
class ArchiveLimits:
    """The bounds of one archive."""

    files: int
    directory: int  # bytes of the central directory
    total: int  # bytes, unpacked


def request_limits() -> ArchiveLimits:
    return ArchiveLimits(MAX_FILES, directory=MAX_FILES * 1024, total=ARCHIVE_FACTOR * settings.MAX_UPLOAD_BYTES)


# For a file on this machine, which only administrators put there: its directory must fit into memory.
COMMAND_LIMITS = ArchiveLimits(files=200_000, directory=64 * MIB, total=2**63)


def open_archive(file: BinaryIO, limits: ArchiveLimits) -> list["ZipMember"]:
    """Return the files of an open archive, without its folders. Raises `InvalidInput` about the archive."""
    refuse_large_directory(file, limits)
    try:
        archive = ZipFile(file)
    except DAMAGE as exc:
        raise fault("malformed", "archive") from exc
    entries = archive.infolist()
    packed, size = sum(entry.compress_size for entry in entries), sum(entry.file_size for entry in entries)
    if len(entries) > limits.files:
        raise fault("too_many_files", "archive")
    if size > limits.total or (size > ARCHIVE_FACTOR * LARGE_BYTES and size > MAX_RATIO * packed):
        raise fault("inflates_too_far", "archive")
    overlapping = find_overlapping(entries, archive.start_dir)
    return [ZipMember(archive, entry, entry in overlapping) for entry in entries if not entry.is_dir()]


def refuse_large_directory(file: BinaryIO, limits: ArchiveLimits) -> None:
    """Raise `InvalidInput` unless the end record, read as `zipfile` reads it, has a directory that fits into memory."""
    length = file.seek(0, 2)
    file.seek(max(0, length - END.size - MAX_COMMENT_BYTES - LOCATOR_64_BYTES - END_64.size))
    tail = file.read()
    at = len(tail) - END.size
    if not (tail[at:].startswith(b"PK\5\6") and tail.endswith(b"\0\0")):
        at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < END.size:
        file.seek(0)
        raise fault("truncated" if file.read(4) == b"PK\3\4" else "not_a_zip", "archive")
    _, disk, first_disk, _, _, directory, _, _ = END.unpack_from(tail, at)
    if (disk, first_disk) != (0, 0):
        raise fault("split", "archive")
    at_64 = at - LOCATOR_64_BYTES - END_64.size
    if at_64 >= 0 and tail[at_64:].startswith(b"PK\6\6") and tail[at_64 + END_64.size :].startswith(b"PK\6\7"):
        directory = END_64.unpack_from(tail, at_64)[8]
    if directory > limits.directory:
        raise fault("too_many_files", "archive")


def find_overlapping(entries: list[ZipInfo], directory_start: int) -> set[ZipInfo]:
    """Return the entries whose bytes reach into the next entry or into the directory, and those of a shared start."""
    ordered = sorted(entries, key=lambda entry: entry.header_offset)
    limits = [*(entry.header_offset for entry in ordered[1:]), directory_start]
    starts = Counter(entry.header_offset for entry in entries)
    return {
        entry
        for entry, limit in zip(ordered, limits, strict=False)
        if least_end(entry) > limit or starts[entry.header_offset] > 1
    }


def least_end(entry: ZipInfo) -> int:
    return entry.header_offset + LOCAL_HEADER_BYTES + len(entry.orig_filename) + entry.compress_size


@dataclass(frozen=True, slots=True)
class ZipMember:
    """One file of an archive that stays open; threads may read members at the same time."""

    archive: ZipFile
    entry: ZipInfo
    overlaps: bool

    @property
    def name(self) -> str:
        return self.entry.filename[:MAX_NAME_LENGTH]

    @property
    def skipped(self) -> str:
        made_on_unix = self.entry.create_system == 3
        return "link" if made_on_unix and S_ISLNK(self.entry.external_attr >> 16) else skip_reason(self.name)

    def receive(self) -> AbstractContextManager[Upload]:
        return receive_chunks(self.chunks())

    def chunks(self) -> Iterator[bytes]:
        """Unpack the file. Raises `InvalidInput`."""
        self._refuse_unsupported()
        size = 0
        try:
            with self.archive.open(self.entry) as file:
                while chunk := file.read(CHUNK_BYTES):
                    size += len(chunk)
                    yield chunk
        except DAMAGE as exc:
            raise fault("wrong_checksum" if "CRC" in str(exc) else "malformed") from exc
        if size != self.entry.file_size:
            raise fault("lying_size")

    def _refuse_unsupported(self) -> None:
        entry = self.entry
        if entry.flag_bits & ENCRYPTED:
            raise fault("encrypted")
        if entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise fault("unsupported_compression")
        if self.overlaps:
            raise fault("overlapping")
        if entry.file_size > settings.MAX_UPLOAD_BYTES:
            raise fault("too_large")
        if entry.file_size > LARGE_BYTES and entry.file_size > MAX_RATIO * entry.compress_size:
            raise fault("inflates_too_far")
