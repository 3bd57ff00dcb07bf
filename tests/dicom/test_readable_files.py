"""Files that break the standard and that other programs read: each is read, and shows the picture that it holds."""

import struct

import imagecodecs
import numpy as np
import pytest

from tests.kit import hostile
from tests.kit.cases import failures
from tests.kit.files import real
from tests.kit.hostile import element, item
from tests.kit.untrusted import deidentify, drawn, reason

pytestmark = pytest.mark.filterwarnings("ignore")

GRADIENT = bytes(range(0, 256, 16))
SHOWN = np.rint(np.arange(16).reshape(4, 4) / 15 * 255)
PIXELS = element(hostile.PIXELS, "OW", GRADIENT)
IMAGE = hostile.image()
PLAIN = hostile.part10(IMAGE + PIXELS)
SYNTAX = element(0x00020010, "UI", hostile.EXPLICIT)


def with_meta(meta):
    return bytes(128) + b"DICM" + meta + IMAGE + PIXELS


def implicit(tag, value):
    return struct.pack("<HHL", tag >> 16, tag & 0xFFFF, len(value)) + value


def implicit_meta(*, with_length=True):
    syntax = implicit(0x00020010, (hostile.EXPLICIT + "\0").encode())
    return (implicit(0x00020000, struct.pack("<L", len(syntax))) if with_length else b"") + syntax


def private(vr, value, *, long=False):
    """A private creator, and an element with a VR that the standard does not know."""
    start = struct.pack("<HH2s", 0x0019, 0x1001, vr)
    length = struct.pack("<HL", 0, len(value)) if long else struct.pack("<H", len(value))
    return element(0x00190010, "LO", "PROBE") + start + length + value


def with_extra(extra):
    return hostile.part10(hostile.image(extra=extra) + PIXELS)


def in_private_sequence(content):
    return element(0x00190010, "LO", "PROBE") + element(0x00191002, "SQ", item(hostile.ITEM, len(content)) + content)


READABLE = {
    "zeros behind the file": PLAIN + bytes(3 * 64 * 1024 + 5),
    "a line end behind the file": PLAIN + b"\r\n",
    "blanks behind the file": PLAIN + b" " * 99,
    "an end-of-file character behind the file": PLAIN + b"\x1a",
    "FF behind the file": PLAIN + b"\xff" * 512,
    "data set trailing padding": PLAIN + element(0xFFFCFFFC, "OB", bytes(100)),
    "zeros behind trailing padding": PLAIN + element(0xFFFCFFFC, "OB", bytes(100)) + bytes(100),
    "zeros behind deflated data": hostile.deflated(IMAGE + PIXELS) + bytes(2000),
    "zeros behind the pixels": hostile.part10(IMAGE + element(hostile.PIXELS, "OW", GRADIENT + bytes(8))),
    "meta information without a group length": with_meta(SYNTAX),
    "a group length that is too small": with_meta(element(0x00020000, "UL", struct.pack("<L", 3)) + SYNTAX),
    "a group length that is too large": with_meta(element(0x00020000, "UL", struct.pack("<L", 2**31)) + SYNTAX),
    "a group length without a value": with_meta(element(0x00020000, "UL", b"") + SYNTAX),
    "meta information in implicit VR": with_meta(implicit_meta()),
    "meta information in implicit VR without a group length": with_meta(implicit_meta(with_length=False)),
    "a transfer syntax padded with blanks": with_meta(element(0x00020010, "UI", hostile.EXPLICIT + "   ")),
    "a private element with the VR ??": with_extra(private(b"??", b"ABCD")),
    "a private element with the VR of two zeros": with_extra(private(b"\0\0", b"ABCD")),
    "a private element with a VR in lower case": with_extra(private(b"lo", b"ABCD")),
    "a private element with a VR to come": with_extra(private(b"ZZ", b"ABCD" * 20_000, long=True)),
    "a private element with two odd letters and a short head": with_extra(private(b"XX", b"ABCD")),
    "an unknown VR inside a private sequence": with_extra(in_private_sequence(private(b"??", b"ABCD"))),
    "a known element with the VR ??": with_extra(b"\x10\0\x20\0??\4\0ABCD"),
    "a known element with a blank VR": with_extra(b"\x10\0\x20\0  \4\0ABCD"),
}  # fmt: skip


def test_a_file_that_others_read_shows_its_picture():
    def check(name):
        assert reason(READABLE[name]) == ""
        assert np.abs(drawn(READABLE[name]) - SHOWN).max() <= 1

    assert failures(READABLE, check) == {}


MALFORMED = {
    "words behind the file": PLAIN + b"Anna Planted",
    "words behind zeros": PLAIN + bytes(512) + b"Anna Planted",
    "an unknown VR of a known element": with_extra(b"\x10\0\x20\0zz\4\0ABCD"),
    "an unknown VR of a known element with a long head": with_extra(b"\x08\0\x40\x11??\4\0ABCD"),
}


def test_what_does_not_fit_is_still_refused():
    assert {
        name: reason(data) for name, data in MALFORMED.items() if reason(data) not in ("malformed", "truncated")
    } == {}


# --- Fragments ------------------------------------------------------------------------------------------------------

SHADES = (40, 120, 200)
NOISE = np.random.default_rng(1).integers(0, 2, (16, 16), np.uint8)
FRAMES = [hostile.saved(hostile.Image.new("L", (16, 16), shade), "JPEG", quality=95) for shade in SHADES]
EVEN = [frame + b"\0" * (len(frame) % 2) for frame in FRAMES]
HALVES = [half for frame in EVEN for half in (frame[:400], frame[400:])]
STARTS = np.cumsum([0] + [len(frame) + 8 for frame in EVEN[:-1]])
RLE = [hostile.rle_frame(bytes([0x81, shade]) * 2) for shade in SHADES]
RLE_HALVES = [half for frame in RLE for half in (frame[:32], frame[32:])]
JPEG_LS, JPEG_2000 = "1.2.840.10008.1.2.4.80", hostile.JPEG_2000


def encoded(syntax):
    """Three frames of this syntax, each of even length."""
    encode = imagecodecs.jpegls_encode if syntax == JPEG_LS else imagecodecs.jpeg2k_encode
    options = {} if syntax == JPEG_LS else {"codecformat": "j2k", "reversible": True}
    frames = [encode(np.full((16, 16), shade, np.uint8) ^ NOISE, **options) for shade in SHADES]
    return [frame + b"\0" * (len(frame) % 2) for frame in frames]


def cut(frames, size):
    """Fragments of so many bytes, none of which reaches into the next frame."""
    return [frame[at : at + size] for frame in frames for at in range(0, len(frame), size)]


def in_fragments(fragments, offsets=(), extended=(), syntax=hostile.JPEG):
    tail = element(0x7FE00001, "OV", struct.pack(f"<{len(extended)}Q", *extended)) if extended else b""
    table = struct.pack(f"<{len(offsets)}L", *offsets)
    window = element(0x00281050, "DS", "128") + element(0x00281051, "DS", "256")
    return hostile.encapsulated(fragments, syntax, table=table, frames=3, rows=16, columns=16, tail=window + tail)


FRAGMENTED = {
    "one fragment a frame": in_fragments(EVEN),
    "an empty fragment at the end": in_fragments([*EVEN, b""]),
    "empty fragments between": in_fragments([EVEN[0], b"", EVEN[1], b"", EVEN[2]]),
    "a table of one zero": in_fragments(EVEN, [0]),
    "a table of zeros": in_fragments(EVEN, [0, 0, 0]),
    "a table that points nowhere": in_fragments(EVEN, [7, 7, 7]),
    "a table with too many entries": in_fragments(EVEN, [0, 2, 4, 6]),
    "a table that counts from itself": in_fragments(EVEN, STARTS + 20),
    "a table that counts without the heads of items": in_fragments(EVEN, STARTS - [0, 8, 16]),
    "a table in descending order": in_fragments(EVEN, STARTS[::-1]),
    "an extended table of zeros": in_fragments(EVEN, extended=[0, 0, 0]),
    "an extended table that points nowhere": in_fragments(EVEN, extended=[2**63, 1, 9]),
    "an extended table of another length": in_fragments(EVEN, extended=[0]),
    "several fragments a frame": in_fragments(HALVES),
    "several fragments a frame and a wrong table": in_fragments(HALVES, [0, 0, 0]),
    "several fragments a frame and a table of one zero": in_fragments(HALVES, [0]),
    "several fragments a frame and an empty one": in_fragments([*HALVES, b""]),
    "RLE and an empty fragment": in_fragments([*RLE, b""], syntax=hostile.RLE),
    "RLE and an empty fragment behind a table": in_fragments([*RLE, b""], [0, 76, 152], syntax=hostile.RLE),
    "RLE in several fragments": in_fragments(RLE_HALVES, syntax=hostile.RLE),
    "RLE in several fragments and a wrong table": in_fragments(RLE_HALVES, [1, 2, 3], syntax=hostile.RLE),
    "JPEG-LS in several fragments": in_fragments(cut(encoded(JPEG_LS), 40), syntax=JPEG_LS),
    "JPEG-LS in several fragments and a wrong table": in_fragments(cut(encoded(JPEG_LS), 40), [0] * 3, syntax=JPEG_LS),
    "JPEG 2000 in several fragments": in_fragments(cut(encoded(JPEG_2000), 60), syntax=JPEG_2000),
}  # fmt: skip


def test_frames_are_found_whatever_the_offset_table_says():
    def check(name):
        for index, shade in enumerate(SHADES):
            assert np.abs(drawn(FRAGMENTED[name], frame=index).astype(int) - shade).max() <= 2

    assert failures(FRAGMENTED, check) == {}


# --- Preambles ------------------------------------------------------------------------------------------------------

HARMLESS = [
    b"GE Medical Systems/DICOM", b"\\\1", b"Rubo DICOM Viewer demo. ", b"\0\x04\x1b\x1cmdat", b"II*\0", b"MM\0*",
    b"x" * 128, bytes(127) + b"\1", b"\xff" * 128, b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8\xff\xe0", b"M",
    b"Siemens <AG> Medical", b"Imported by PACS", b"variant 7", b"functional imaging",
    "Grün".encode("latin-1"), "狐".encode("gb18030"),
]  # fmt: skip
HARMFUL = [
    b"MZ\x90\0", b"\x7fELF\2\1\1", b"#!/bin/sh\n", b"#! /usr/bin/env python", b"%PDF-1.7", b"PK\3\4", b"PK\5\6",
    b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe",
    b"\xca\xfe\xba\xbf", b"\xbe\xba\xfe\xca", b"\xbf\xba\xfe\xca", b"<html>", b"<HTML ", b"<!DOCTYPE html>",
    b"<script>alert(1)</script>", b" \r\n\t<script>", b"\xef\xbb\xbf<?xml version='1.0'?>", b"<svg onload=x>",
    b"\xff\xfe<\0h\0t\0m\0l\0", b"\xfe\xff\0<\0h\0t\0m\0l", b"<?php system($_GET[0]);", b"\0\0<html>", b"<!-- x",
    b"GIF89a/*<script>", b"text %pdf-1.4", b"%!PS-Adobe", b"@echo off\r\n", b"@ECHO OFF", b"Rar!\x1a\7", b"MSCF\0",
    b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b\x08", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"L\0\0\0\1\x14\2\0", b"dex\n035\0",
    b"\0asm\1\0\0\0", b"{\\rtf1", b"MIME-Version: 1.0\r\n", b"[InternetShortcut]\r\nURL=", b"!<arch>\n",
]  # fmt: skip


def with_preamble(start):
    return hostile.native(GRADIENT, preamble=start.ljust(128, b"\0"))


def test_a_preamble_is_refused_only_if_it_makes_the_file_something_else_too():
    assert [start for start in HARMLESS if reason(with_preamble(start)) != ""] == []
    assert [start for start in HARMFUL if reason(with_preamble(start)) != "bad_preamble"] == []


def test_a_copy_has_a_preamble_of_zeros_and_nothing_behind_its_end(tmp_path):
    words = b"Anna Planted"
    (tmp_path / "plain").write_bytes(real("CT_small.dcm"))
    (tmp_path / "original").write_bytes(words.ljust(128, b"x") + real("CT_small.dcm")[128:] + bytes(512))
    for name in ("plain", "original"):
        deidentify(tmp_path / name, tmp_path / f"copy of {name}")
    copy = (tmp_path / "copy of original").read_bytes()
    assert copy[:132] == bytes(128) + b"DICM"
    assert words not in copy and copy == (tmp_path / "copy of plain").read_bytes()
