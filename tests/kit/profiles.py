"""ICC profiles (ICC.1:2001-04) whose curves are straight, so that the picture they mean can be worked out by hand."""

import struct

import numpy as np

PRIMARIES = {  # of sRGB, adapted to D50
    b"rXYZ": (0.4361, 0.2225, 0.0139),
    b"gXYZ": (0.3851, 0.7169, 0.0971),
    b"bXYZ": (0.1431, 0.0606, 0.7141),
}
D50 = (0.9642, 1.0, 0.8249)
STRAIGHT = b"curv" + bytes(8)


def xyz(*values: float) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(struct.pack(">l", round(value * 65_536)) for value in values)


def straight_profile(space: bytes) -> bytes:
    """A profile of the space `RGB ` or `GRAY`: values are proportional to light."""
    described = {b"desc": b"desc" + bytes(4) + struct.pack(">L", 5) + b"line\0" + bytes(78), b"wtpt": xyz(*D50)}
    if space == b"GRAY":
        return packed_profile(space, described | {b"kTRC": STRAIGHT})
    curves = dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), STRAIGHT)
    return packed_profile(space, described | curves | {name: xyz(*values) for name, values in PRIMARIES.items()})


def packed_profile(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    table, body, start = struct.pack(">L", len(tags)), b"", 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        table += name + struct.pack(">LL", start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    head = struct.pack(">L4xL4s4s4s", start + len(body), 0x02400000, b"mntr", space, b"XYZ ")
    head += struct.pack(">6H", 2020, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + xyz(*D50)[8:]
    return head.ljust(128, b"\0") + table + body


def in_srgb(values: np.ndarray) -> np.ndarray:
    """Values of 8 bits that are proportional to light, as sRGB (IEC 61966-2-1)."""
    light = values / 255
    curved = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(curved * 255).astype(np.uint8)
