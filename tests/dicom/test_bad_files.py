"""What bad and hostile files get: a reason, quickly, and nothing else."""

import pytest

from dicom.limits import MIB
from dicom.refusals import REASONS
from dicom.worker import answer_request
from tests.kit import hostile
from tests.kit.untrusted import opened, reason

pytestmark = pytest.mark.filterwarnings("ignore")  # as in the child process: pydicom warns of what real files do

WORDS = hostile.element(hostile.PIXELS, "OW", bytes(16))


def encapsulated(fragments, **layout):
    return hostile.encapsulated(fragments, hostile.JPEG, rows=16, columns=16, **layout)


JPEG = hostile.jpeg()
BAD = {
    "empty": (b"", "empty"),
    "text": (b"no picture", "unknown_format"),
    "a program and a picture": (hostile.native(preamble=b"MZ" + bytes(126)), "bad_preamble"),
    "DICM and nothing": (bytes(128) + b"DICM", "no_transfer_syntax"),
    "no transfer syntax": (hostile.part10(hostile.image(), syntax=""), "no_transfer_syntax"),
    "meta information that ends too early": (hostile.native()[:150], "truncated"),
    "meta information of 4 GiB": (bytes(128) + b"DICM" + hostile.head(0x00020001, "OB", 2**32 - 2), "truncated"),
    "MPEG": (hostile.native(syntax=hostile.MPEG), "unsupported_transfer_syntax"),
    "JPEG Extended of 8 bits": (hostile.encapsulated([JPEG], hostile.JPEG_12_BIT, rows=16, columns=16), ""),
    "no pixels": (hostile.part10(hostile.image()), "no_pixels"),
    "two kinds of pixels": (
        hostile.part10(hostile.image() + hostile.element(0x7FE00008, "OF", bytes(64)) + WORDS),
        "malformed",
    ),
    "an element twice": (hostile.part10(hostile.image() + hostile.element(0x00280010, "US", 9) + WORDS), "malformed"),
    "a VR that is none": (hostile.part10(b"\x08\0\x60\0zz\2\0OT" + hostile.image() + WORDS), "malformed"),
    "no rows": (hostile.native(rows=0), "malformed"),
    "fewer bits allocated than stored": (hostile.native(bits=8, stored=9), "malformed"),
    "two samples": (hostile.native(bytes(32), samples=2), "unsupported_pixels"),
    "24 bits": (hostile.native(bytes(48), bits=24), "unsupported_pixels"),
    "an unknown photometric interpretation": (hostile.native(photometric="HSV"), "unsupported_pixels"),
    "native pixels in a colour of JPEG 2000": (
        hostile.native(bytes(48), samples=3, photometric="YBR_RCT"),
        "unsupported_pixels",
    ),
    "a palette that is not there": (hostile.native(photometric="PALETTE COLOR"), "undrawable"),
    "fewer pixels than said": (hostile.native(bytes(14)), "pixel_length"),
    "more pixels than said": (hostile.native(bytes(32)), "pixel_length"),
    "a little padding": (hostile.native(bytes(20)), ""),
    "a pixel length that lies": (
        hostile.part10(hostile.image() + hostile.head(hostile.PIXELS, "OW", 16) + bytes(14)),
        "truncated",
    ),
    "a pixel length of 4 GB": (
        hostile.part10(hostile.image() + hostile.head(hostile.PIXELS, "OW", 2**32 - 2) + bytes(16)),
        "truncated",
    ),
    "native pixels in fragments": (
        hostile.encapsulated([bytes(16)], hostile.EXPLICIT),
        "pixel_length",
    ),
    "compressed pixels without fragments": (hostile.native(syntax=hostile.JPEG), "malformed"),
    "an offset table and nothing else": (encapsulated([]), "frame_count"),
    "fewer fragments than frames": (encapsulated([JPEG], frames=2), "frame_count"),
    "more frames than said": (encapsulated([JPEG] * 3, frames=2), "frame_count"),
    "three fragments, two of them empty, for two frames": (encapsulated([b"", JPEG, b""], frames=2), "frame_count"),
    "fragments without an end": (encapsulated([JPEG], end=False), "truncated"),
    "a JPEG of another size": (encapsulated([hostile.jpeg(32, 32)]), "size_mismatch"),
    "a JPEG that says it is huge": (encapsulated([hostile.sized_jpeg(JPEG, 65_000, 65_000)]), "size_mismatch"),
    "a JPEG of colours in grey": (encapsulated([hostile.jpeg(mode="RGB")]), "size_mismatch"),
    "a JPEG that is none": (encapsulated([bytes(100)]), "undecodable"),
    "a JPEG that breaks off": (encapsulated([JPEG[:-40]]), "undecodable"),
    "a JPEG that is all fill bytes": (encapsulated([b"\xff" * 4 * MIB]), "undecodable"),
    "a JPEG 2000 that is none": (hostile.encapsulated([b"\0\0\0\x0cjP  "], hostile.JPEG_2000), "undecodable"),
    "an RLE that is too short to be so large": (hostile.rle_bomb(), "size_mismatch"),
    "an RLE with another number of segments": (
        hostile.encapsulated([hostile.rle_frame(b"\xf1\0", b"\xf1\0")], hostile.RLE),
        "undecodable",
    ),
    "an RLE that runs over": (
        hostile.encapsulated([hostile.rle_frame(b"\x81\0" * 9, b"\x81\0" * 9)], hostile.RLE, bits=16),
        "undecodable",
    ),
    "deflated data that breaks off": (hostile.deflated(hostile.image() + WORDS)[:-9], "truncated"),
    "deflated data that is none": (hostile.part10(b"\xff" * 99, hostile.DEFLATED), "malformed"),
    "more behind deflated data": (hostile.deflated(hostile.image() + WORDS) + b"x" * 9, "malformed"),
    "a delimiter where none belongs": (hostile.part10(hostile.item(hostile.SEQUENCE_END) + WORDS), "malformed"),
    "an item longer than its sequence": (
        hostile.part10(hostile.element(0x00081115, "SQ", hostile.item(hostile.ITEM, 90)) + hostile.image() + WORDS),
        "malformed",
    ),
    "a sequence without an end": (
        hostile.part10(hostile.head(0x00081115, "SQ", hostile.UNDEFINED) + hostile.item(hostile.ITEM, 0)),
        "truncated",
    ),
    "a sequence of anything but items": (
        hostile.part10(hostile.element(0x00081115, "SQ", WORDS) + hostile.image() + WORDS),
        "malformed",
    ),
    "fragments of anything but items": (
        hostile.part10(hostile.image() + hostile.head(hostile.PIXELS, "OB", hostile.UNDEFINED) + WORDS),
        "malformed",
    ),
    "a PNG that breaks off": (hostile.png()[:-30], "truncated"),
    "a PNG without its end": (hostile.png()[:-12], "truncated"),
    "a PNG with a bit turned": (hostile.png()[:60] + b"\x55" + hostile.png()[61:], "undecodable"),
    "an animated PNG": (hostile.png(save_all=True, append_images=[hostile.Image.new("L", (16, 16))]), "animated"),
    "a JPEG without its end": (JPEG[:-2], "truncated"),
    "a JPEG without its end, but with a thumbnail": (
        JPEG[:2] + b"\xff\xe2\0\x06\xff\xd9\0\0" + JPEG[2:-2],
        "truncated",
    ),
    "a JPEG that is cut": (JPEG[: len(JPEG) // 2], "truncated"),
    "a PNG of 60 Mpx": (hostile.png_bomb(10_000, 6_000), "too_many_pixels"),
    "a PNG that is too wide": (hostile.png_bomb(20_001, 1), "too_wide"),
}  # fmt: skip


def test_a_bad_file_is_refused_for_the_right_reason():
    assert {kind: reason(data) for kind, (data, _) in BAD.items()} == {kind: code for kind, (_, code) in BAD.items()}


@pytest.mark.parametrize("extended", [False, True])
def test_an_offset_table_says_where_frames_begin(extended):
    frame = JPEG + b"\0" * (len(JPEG) % 2)
    halves = [frame[:100], frame[100:]] * 2
    starts = [0, len(frame) + 16]
    form = "<2Q" if extended else "<2L"
    table = hostile.struct.pack(form, *starts)
    tail = hostile.element(0x7FE00001, "OV", table) if extended else b""
    assert reason(encapsulated(halves, frames=2, table=b"" if extended else table, tail=tail)) == ""


def test_frames_of_several_fragments_are_told_apart_by_how_they_begin():
    halves = [JPEG[:100], JPEG[100:]]
    assert reason(encapsulated([JPEG] * 2, frames=2)) == ""
    assert reason(encapsulated(halves * 2, frames=2)) == ""
    assert reason(encapsulated(halves, frames=1)) == ""


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), "too_costly"),
        (RecursionError(), "too_deep"),
        (RuntimeError("Jane Roe"), "malformed"),
        (KeyboardInterrupt(), "malformed"),
    ],
)
def test_whatever_a_library_raises_becomes_a_reason(error, expected, monkeypatch):
    def fail(*_):
        raise error

    monkeypatch.setattr("dicom.opened_file.recognise", fail)
    assert answer_request(opened(b"x"), {"do": "describe"}, None) == ({"refused": expected}, b"")


def test_every_reason_is_a_client_error_and_a_sentence():
    for status, sentence in REASONS.values():
        assert 400 <= status < 500
        assert sentence.endswith(".")
