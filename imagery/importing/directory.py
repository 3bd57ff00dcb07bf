"""The central directory of a zip archive (APPNOTE 6.3.10, 4.3.6), read without believing a single number.

Python's own `zipfile` is not asked: it loads a directory of any length, believes its numbers, and before 3.11.8 unpacks
files that share their bytes.
"""

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from stat import S_IFMT, S_ISLNK

from imagery.importing.parts import fault

END = struct.Struct("<4s4H2LH")  # 4.3.16
LOCATOR = struct.Struct("<4sLQL")  # 4.3.15
END_64 = struct.Struct("<4sQ2H2L4Q")  # 4.3.14
ENTRY = struct.Struct("<4s6H3L5H2L")  # 4.3.12
COMMENT = 65_535  # bytes, at most
ELSEWHERE_16, ELSEWHERE_32 = 0xFFFF, 0xFFFFFFFF  # the number is in a zip64 field
ZIP64 = 1  # id of the extra field (4.5.3)
UTF8 = 0x0800
LONGEST_NAME = 500  # characters that are told


@dataclass(frozen=True)
class Limits:
    """What one archive may hold."""

    files: int
    directory: int  # bytes of the central directory
    total: int  # bytes, unpacked


@dataclass(frozen=True, slots=True)
class Entry:
    """What the directory says of one file."""

    name: str
    flags: int
    method: int
    checksum: int
    packed: int  # bytes
    size: int  # bytes, unpacked
    offset: int  # of its local header
    is_link: bool

    @property
    def is_folder(self) -> bool:
        return self.name.endswith("/")


def read_directory(descriptor: int, limits: Limits) -> tuple[list[Entry], int]:
    """All entries, and where the directory begins. Raises `InvalidInput` for the archive as a whole."""
    count, length, start = _end(descriptor)
    if count > limits.files or length > limits.directory:
        raise fault("too_many_files", "archive")
    entries = list(_entries(os.pread(descriptor, length, start), limits))
    if len(entries) != count:
        raise fault("malformed", "archive")
    if sum(entry.size for entry in entries) > limits.total:
        raise fault("inflates_too_far", "archive")
    return entries, start


def _end(descriptor: int) -> tuple[int, int, int]:
    """How many entries there are, and length and position of the directory, which ends where its end record begins."""
    whole = os.fstat(descriptor).st_size
    tail_at = max(0, whole - END.size - COMMENT)
    tail = os.pread(descriptor, whole - tail_at, tail_at)
    at = tail.rfind(b"PK\5\6", 0, len(tail) - END.size + 4)
    if at < 0:
        raise fault("truncated" if os.pread(descriptor, 4, 0) == b"PK\3\4" else "not_a_zip", "archive")
    _, disk, first_disk, here, count, length, start, comment = END.unpack_from(tail, at)
    end = tail_at + at
    if (disk, first_disk) != (0, 0) or here != count:
        raise fault("split", "archive")
    if count == ELSEWHERE_16 or ELSEWHERE_32 in (length, start):
        count, length, start, end = _end_64(descriptor, end)
    if start + length != end or tail_at + at + END.size + comment != whole:
        raise fault("malformed", "archive")
    return count, length, start


def _end_64(descriptor: int, end: int) -> tuple[int, int, int, int]:
    """The same from the zip64 record, and where that is."""
    try:
        mark, _, position, _ = LOCATOR.unpack(os.pread(descriptor, LOCATOR.size, max(0, end - LOCATOR.size)))
        mark_64, *_, here, count, length, start = END_64.unpack(os.pread(descriptor, END_64.size, position))
    except (struct.error, OverflowError, OSError) as exc:
        raise fault("malformed", "archive") from exc
    if (mark, mark_64) != (b"PK\6\7", b"PK\6\6") or here != count:
        raise fault("malformed", "archive")
    return count, length, start, position


def _entries(directory: bytes, limits: Limits) -> Iterator[Entry]:
    at, seen = 0, 0
    while at < len(directory):
        seen += 1
        if seen > limits.files:
            raise fault("too_many_files", "archive")
        entry, at = _entry(directory, at)
        yield entry


def _entry(directory: bytes, at: int) -> tuple[Entry, int]:
    """The entry at this position, and the position of the next."""
    try:
        mark, made_by, _, flags, method, _, _, checksum, packed, size, *lengths, _, _, outside, offset = (
            ENTRY.unpack_from(directory, at)
        )
    except struct.error as exc:
        raise fault("malformed", "archive") from exc
    name_end = at + ENTRY.size + lengths[0]
    extra_end = name_end + lengths[1]
    after = extra_end + lengths[2]
    if mark != b"PK\1\2" or after > len(directory):
        raise fault("malformed", "archive")
    size, packed, offset = _numbers(directory[name_end:extra_end], size, packed, offset)
    name = directory[at + ENTRY.size : name_end].decode("utf-8" if flags & UTF8 else "cp437", "replace")
    is_link = made_by >> 8 == 3 and S_ISLNK(S_IFMT(outside >> 16))  # made on Unix
    return Entry(name[:LONGEST_NAME], flags, method, checksum, packed, size, offset, is_link), after


def _numbers(extra: bytes, *numbers: int) -> list[int]:
    """Size, packed size and offset; those that are elsewhere from the zip64 extra field, in this order."""
    wide = _extra(extra, ZIP64) if ELSEWHERE_32 in numbers else b""
    told = iter(struct.unpack(f"<{len(wide) // 8}Q", wide[: len(wide) // 8 * 8]))
    try:
        return [next(told) if number == ELSEWHERE_32 else number for number in numbers]
    except StopIteration as exc:
        raise fault("malformed", "archive") from exc


def _extra(extra: bytes, wanted: int) -> bytes:
    at = 0
    while at + 4 <= len(extra):
        id, length = struct.unpack_from("<2H", extra, at)
        if id == wanted:
            return extra[at + 4 : at + 4 + length]
        at += 4 + length
    return b""
