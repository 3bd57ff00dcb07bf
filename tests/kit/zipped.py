"""Zip archives made byte by byte (APPNOTE 6.3.10), so that each number in them can lie."""

import struct
import zlib
from dataclasses import dataclass, field

STORED, DEFLATED = 0, 8
ELSEWHERE_16, ELSEWHERE_32 = 0xFFFF, 0xFFFFFFFF


def deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@dataclass
class File:
    """One file of an archive. `says` overrules what the directory tells of it: size, packed, checksum, offset, …"""

    name: str
    data: bytes
    method: int = DEFLATED
    flags: int = 0x0800  # UTF-8
    mode: int = 0o100644
    says: dict = field(default_factory=dict)
    extra: bytes = b""
    packed: bytes = b""

    def __post_init__(self):
        self.packed = self.packed or (deflated(self.data) if self.method == DEFLATED else self.data)

    @property
    def numbers(self):
        return zlib.crc32(self.data), len(self.packed), len(self.data)

    def local(self):
        name = self.name.encode()
        told = struct.pack("<4s5H3L2H", b"PK\3\4", 20, self.flags, self.method, 0, 0, *self.numbers, len(name), 0)
        return told + name + self.packed

    def entry(self, offset):
        name, (checksum, packed, size) = self.name.encode(), self.numbers
        told = {"checksum": checksum, "packed": packed, "size": size, "offset": offset, "mark": b"PK\1\2"} | self.says
        return (
            struct.pack(
                "<4s6H3L5H2L",
                told["mark"], 0x031E, 20, self.flags, self.method, 0, 0,
                told["checksum"], told["packed"], told["size"],
                len(name), len(self.extra), 0, 0, 0, self.mode << 16, told["offset"],
            )
            + name
            + self.extra
        )  # fmt: skip


def archive(*files: File, wide: bool = False, tail: bytes = b"", **says: int) -> bytes:
    """The archive; `says` overrules what its end tells: count, length, start, disk, comment. `wide` adds zip64."""
    body, entries = b"", b""
    for file in files:
        entries += file.entry(len(body))
        body += file.local()
    told = {"count": len(files), "length": len(entries), "start": len(body), "disk": 0, "comment": len(tail)} | says
    numbers = (told["count"], told["count"], told["length"], told["start"])
    end_64 = b""
    if wide:
        at = len(body) + len(entries)
        end_64 = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, *numbers)
        end_64 += struct.pack("<4sLQL", b"PK\6\7", 0, says.get("end_64", at), 1)
        numbers = (ELSEWHERE_16, ELSEWHERE_16, ELSEWHERE_32, ELSEWHERE_32)
    end = struct.pack("<4s4H2LH", b"PK\5\6", told["disk"], 0, *numbers, told["comment"])
    return body + entries + end_64 + end + tail
