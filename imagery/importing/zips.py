"""The files of a zip archive that a stranger has sent, unpacked one after the other in small pieces.

Nothing is written here, and names are for the report alone. Each file must lie where no other does, unpack to exactly
the length that the directory tells, and match its checksum; what does not is refused, and the others are still taken.
"""

import os
import struct
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings

from imagery.importing.directory import Entry, Limits, read_directory
from imagery.importing.parts import CHUNK, bounded, fault, passed_over

LOCAL = struct.Struct("<4s5H3L2H")  # APPNOTE 4.3.7
STORED, DEFLATED = 0, 8
ENCRYPTED = 0x0001 | 0x0040 | 0x2000  # flags: encrypted, strongly, directory too
STEEP, LARGE = 250, 16 * 1024 * 1024  # times and bytes: what unpacks to more of both is no image
MANY_TIMES = 4  # as large, for all files together
FILES = 2_000  # in an archive that is sent


def limits_of_a_request() -> Limits:
    return Limits(FILES, directory=FILES * 1024, total=MANY_TIMES * settings.MAX_UPLOAD_BYTES)


# Of a file on the machine that somebody has put there who may run commands: its directory must fit into memory.
LIMITS_OF_A_COMMAND = Limits(files=200_000, directory=64 * 1024 * 1024, total=2**63)


def members(descriptor: int, limits: Limits) -> list["Member"]:
    """The files of an open archive, folders left out. Raises `InvalidInput` if it is none or holds too much."""
    entries, directory = read_directory(descriptor, limits)
    packed, size = sum(entry.packed for entry in entries), sum(entry.size for entry in entries)
    if size > MANY_TIMES * LARGE and size > STEEP * packed:
        raise fault("inflates_too_far", "archive")
    starts = sorted(entry.offset for entry in entries)
    return [Member(descriptor, entry, _room(entry, starts, directory)) for entry in entries if not entry.is_folder]


def _room(entry: Entry, starts: list[int], directory: int) -> int:
    """How many bytes there are from the local header of a file to whatever comes next; none for a shared place."""
    after = bisect_right(starts, entry.offset)
    if after > 1 and starts[after - 2] == entry.offset:
        return 0
    return min(starts[after] if after < len(starts) else directory, directory) - entry.offset


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive that stays open. Safe to read from threads: nothing is sought."""

    descriptor: int
    entry: Entry
    room: int  # bytes that it may lie in, its local header included

    @property
    def name(self) -> str:
        return self.entry.name

    @property
    def skipped(self) -> str:
        return "link" if self.entry.is_link else passed_over(self.name)

    def chunks(self) -> Iterator[bytes]:
        """Its bytes, unpacked. Raises `InvalidInput`."""
        self._check()
        return bounded(self._checked(self._unpacked() if self.entry.method == DEFLATED else self._packed()))

    def _check(self) -> None:
        """What can be told before a byte is unpacked."""
        entry = self.entry
        if entry.flags & ENCRYPTED:
            raise fault("encrypted")
        if entry.method not in (STORED, DEFLATED):
            raise fault("unsupported_compression")
        if entry.size > settings.MAX_UPLOAD_BYTES:
            raise fault("too_large")
        if entry.size > LARGE and entry.size > STEEP * entry.packed:
            raise fault("inflates_too_far")

    def _checked(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        seen, checksum = 0, 0
        for chunk in chunks:
            seen, checksum = seen + len(chunk), zlib.crc32(chunk, checksum)
            if seen > self.entry.size:
                raise fault("lying_size")
            yield chunk
        if seen != self.entry.size:
            raise fault("lying_size")
        if checksum != self.entry.checksum:
            raise fault("wrong_checksum")

    def _unpacked(self) -> Iterator[bytes]:
        """Never more than one chunk at a time, however much a few bytes unpack to."""
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        for packed in self._packed():
            if unpacker.eof:
                raise fault("malformed")
            try:
                while chunk := unpacker.decompress(packed, CHUNK):
                    packed = unpacker.unconsumed_tail
                    yield chunk
            except zlib.error as exc:
                raise fault("malformed") from exc
        if not unpacker.eof or unpacker.unused_data:
            raise fault("malformed")

    def _packed(self) -> Iterator[bytes]:
        at, left = self._start(), self.entry.packed
        while left:
            chunk = os.pread(self.descriptor, min(left, CHUNK), at)
            if not chunk:
                raise fault("truncated")
            at, left = at + len(chunk), left - len(chunk)
            yield chunk

    def _start(self) -> int:
        """Where its bytes begin, behind its local header; they must end before anything else begins."""
        try:
            mark, *_, name, extra = LOCAL.unpack(os.pread(self.descriptor, LOCAL.size, self.entry.offset))
        except (struct.error, OverflowError, OSError) as exc:
            raise fault("malformed") from exc
        if mark != b"PK\3\4":
            raise fault("malformed")
        if LOCAL.size + name + extra + self.entry.packed > self.room:
            raise fault("overlapping")
        return self.entry.offset + LOCAL.size + name + extra
