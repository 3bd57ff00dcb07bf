"""A DICOM file whose pixels nobody can decode is kept all the same; a damaged file is refused for the true reason."""

import pytest

from dicom.refusals import NO_PICTURE, REASONS
from dicom.worker import answer_request
from tests.kit import hostile
from tests.kit.untrusted import describe, opened

pytestmark = pytest.mark.filterwarnings("ignore")

JPEG, JPEG_XL, HEVC = hostile.jpeg(), "1.2.840.10008.1.2.4.110", "1.2.840.10008.1.2.4.107"
VIDEO = b"\0\0\1\xb3" * 9
SIZE = {"rows": 16, "columns": 16}
PALETTE = {"photometric": "PALETTE COLOR"}
WITHOUT_PICTURE = {
    "video of MPEG-4": (hostile.encapsulated([VIDEO], hostile.MPEG, frames=30, **SIZE), "unsupported_transfer_syntax"),
    "video of more frames than are drawn": (
        hostile.encapsulated([VIDEO], HEVC, frames=9_000, **SIZE), "unsupported_transfer_syntax",
    ),
    "JPEG XL": (hostile.encapsulated([b"\xff\x0a" * 9], JPEG_XL, **SIZE), "unsupported_transfer_syntax"),
    "a private transfer syntax": (hostile.encapsulated([b"x" * 9], "1.2.3.4.5", **SIZE), "unsupported_transfer_syntax"),
    "a JPEG that breaks off": (hostile.encapsulated([JPEG[:-40]], hostile.JPEG, **SIZE), "undecodable"),
    "a JPEG that is none": (hostile.encapsulated([b"Jane Roe"], hostile.JPEG, **SIZE), "undecodable"),
    "a JPEG of another size": (hostile.encapsulated([hostile.jpeg(32, 32)], hostile.JPEG, **SIZE), "size_mismatch"),
    "a JPEG 2000 that is none": (hostile.encapsulated([b"Jane Roe"], hostile.JPEG_2000, **SIZE), "undecodable"),
    "a JPEG-LS that is none": (hostile.encapsulated([JPEG], "1.2.840.10008.1.2.4.80", **SIZE), "undecodable"),
    "RLE whose runs do not fit": (
        hostile.encapsulated([hostile.rle_frame(b"\x82\0" * 3)], hostile.RLE, **SIZE), "undecodable",
    ),
    "a palette that is not there": (hostile.native(bytes(256), **SIZE, **PALETTE), "undrawable"),
}  # fmt: skip


def test_a_file_without_a_picture_is_described_by_its_header():
    found = {}
    for name, (content, _) in WITHOUT_PICTURE.items():
        description = describe(content)
        assert (description.rows, description.columns, description.modality) == (16, 16, "OT"), name
        found[name] = description.no_picture
    assert found == {name: reason for name, (_, reason) in WITHOUT_PICTURE.items()}
    assert set(found.values()) == NO_PICTURE


def test_the_number_of_frames_of_a_video_is_that_of_its_header():
    assert describe(WITHOUT_PICTURE["video of more frames than are drawn"][0]).frames == 9_000


def test_drawing_a_file_without_a_picture_gives_the_same_reason():
    request = {"do": "draw", "frame": 0, "size": None, "window": None}
    found = {name: answer_request(opened(data), request, None)[0] for name, (data, _) in WITHOUT_PICTURE.items()}
    assert found == {name: {"refused": reason} for name, (_, reason) in WITHOUT_PICTURE.items()}


PLAIN = hostile.native(bytes(256), **SIZE)
REFUSED = {
    "cut in the header": (PLAIN[:200], "truncated"),
    "cut in the pixels": (PLAIN[:-9], "truncated"),
    "cut in the fragments": (hostile.encapsulated([JPEG], hostile.JPEG, **SIZE)[:-30], "truncated"),
    "a video that is cut": (hostile.encapsulated([b"x" * 90], hostile.MPEG, **SIZE)[:-30], "truncated"),
    "a header without rows": (hostile.native(bytes(256), rows=0, columns=16), "malformed"),
    "no pixels": (hostile.part10(hostile.image(**SIZE)), "no_pixels"),
    "a program": (hostile.native(bytes(256), preamble=b"MZ".ljust(128), **SIZE), "bad_preamble"),
}  # fmt: skip


def test_a_damaged_file_is_still_refused_for_the_true_reason():
    replies = {name: answer_request(opened(data), {"do": "describe"}, None)[0] for name, (data, _) in REFUSED.items()}
    assert replies == {name: {"refused": reason} for name, (_, reason) in REFUSED.items()}


def test_only_reasons_about_pixels_speak_of_pixels_that_cannot_be_decoded():
    assert [code for code, (_, sentence) in REASONS.items() if "cannot be decoded" in sentence] == ["undecodable"]


def test_a_bug_while_reading_a_header_is_not_blamed_on_the_pixels(monkeypatch):
    monkeypatch.setattr("dicom.opened_file.describe_dicom", lambda *_: 1 / 0)
    assert answer_request(opened(PLAIN), {"do": "describe"}, None) == ({"refused": "malformed"}, b"")
