"""PNG and JPEG: described as displayed, drawn without anything but pixels."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from dicom.deidentification.engine import deidentify
from dicom.opened_file import OpenedFile
from dicom.refusals import Unreadable
from tests.kit import hostile
from tests.kit.cases import failures
from tests.kit.profiles import in_srgb, straight_profile
from tests.kit.untrusted import SUBJECT, describe, draw, drawn, opened, reason

pytestmark = pytest.mark.filterwarnings("ignore")  # as in the child process: Pillow warns of broken Exif


def orientation(value):
    """Exif that asks for an orientation; 6 turns by 90 degrees clockwise."""
    exif = Image.Exif()
    exif[0x0112] = value
    return exif


@pytest.mark.parametrize("kind", ["png", "jpeg"])
@pytest.mark.parametrize("mode", ["1", "L", "RGB"])
def test_a_picture_is_described(kind, mode):
    described = describe(getattr(hostile, kind)(30, 20, mode))
    assert described.media_type == f"image/{kind}"
    assert (described.rows, described.columns, described.frames) == (20, 30, 1)
    assert described.patient is None


@pytest.mark.parametrize("kind", ["png", "jpeg"])
@pytest.mark.parametrize(("value", "size"), [(1, (20, 30)), (3, (20, 30)), (6, (30, 20)), (8, (30, 20))])
def test_rows_and_columns_are_as_displayed(kind, value, size):
    described = describe(getattr(hostile, kind)(30, 20, exif=orientation(value)))
    assert (described.rows, described.columns) == size


BEYOND_THE_END = b"Exif\0\0II*\0\xff\xff\xff\x7f"
WORDY = b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\2\0\4\0\0\0abc\0\0\0\0\0"  # the orientation is "abc"


@pytest.mark.parametrize("exif", [BEYOND_THE_END, WORDY])
def test_a_picture_with_broken_exif_is_taken_as_it_lies(exif):
    described = describe(hostile.jpeg(30, 20, exif=exif))
    assert (described.rows, described.columns) == (20, 30)


def test_a_picture_has_one_frame():
    with pytest.raises(Unreadable, match="no such frame"):
        draw(hostile.png(), frame=1)


def test_the_png_carries_no_metadata():
    exif = Image.Exif()
    exif[0x010E] = "Jane Roe"
    options = {"exif": exif, "icc_profile": b"Jane Roe", "dpi": (300, 300)}
    for data in (hostile.jpeg(comment=b"Jane Roe", **options), hostile.png(mode="P", **options)):
        chunks = {rendered[at : at + 4] for rendered in [draw(data)] for at in chunk_starts(rendered)}
        assert chunks == {b"IHDR", b"IDAT", b"IEND"}


def chunk_starts(png):
    at = 8
    while at < len(png):
        yield at + 4
        at += 12 + int.from_bytes(png[at : at + 4], "big")


@pytest.mark.parametrize("mode", ["P", "RGBA", "LA"])
def test_what_is_transparent_is_drawn_on_black(mode):
    clear = Image.new("RGBA", (2, 1), (255, 255, 255, 0))
    clear.putpixel((1, 0), (255, 255, 255, 255))
    assert drawn(hostile.saved(clear.convert(mode), "PNG"))[0, :, 0].tolist() == [0, 255]


def test_a_cmyk_jpeg_becomes_rgb():
    assert drawn(hostile.jpeg(mode="CMYK")).shape == (16, 16, 3)


def test_a_deep_grey_png_is_drawn_over_its_whole_range_or_in_a_window():
    data = hostile.saved(Image.fromarray(np.array([[0, 32768, 65535]], np.uint16)), "PNG")
    assert drawn(data).tolist() == [[0, 128, 255]]
    assert drawn(data, window=(32768, 100)).tolist() == [[0, 129, 255]]


def test_a_picture_is_drawn_upright():
    assert drawn(hostile.png(2, 4, exif=orientation(6))).tolist() == np.rot90(drawn(hostile.png(2, 4)), -1).tolist()


RAMP = np.arange(256, dtype=np.uint8).reshape(16, 16)
COLOURS = np.stack([RAMP, RAMP[::-1], RAMP.T], -1)
COARSE = 12  # of 255: libraries of profiles calculate dark greys coarsely; without the profile the difference is 60
PROFILED = {  # pictures with a profile, and what they show
    "colour": (Image.fromarray(COLOURS), b"RGB ", in_srgb(COLOURS)),
    "grey": (Image.fromarray(RAMP), b"GRAY", np.repeat(in_srgb(RAMP)[..., None], 3, -1)),
    "half transparent": (Image.fromarray(COLOURS).convert("RGBA"), b"RGB ", in_srgb(COLOURS)),
    "grey with a profile of colours": (Image.fromarray(RAMP), b"RGB ", RAMP),
}


def test_doctor_and_research_see_the_colours_that_the_profile_means():
    def check(kind):
        picture, space, expected = PROFILED[kind]
        original = opened(hostile.saved(picture, "PNG", icc_profile=straight_profile(space)))
        shown, copy = np.asarray(original.image(0)), BytesIO()
        assert np.abs(shown.astype(int) - expected).max() <= COARSE
        deidentify(original, SUBJECT, [], copy)
        assert (np.asarray(OpenedFile(copy).image(0)) == shown).all()

    assert failures(PROFILED, check) == {}


BEHIND = b"\0\0\0\x18ftypmp42" + b"Anna Planted" + bytes(100_000)


def two_pictures():
    """A JPEG of two pictures, as phones write them (MPO)."""
    colours = [Image.new("RGB", (16, 16), colour) for colour in ((200, 10, 10), (10, 10, 200))]
    return hostile.saved(colours[0], "MPO", save_all=True, append_images=colours[1:], quality=95)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "MPO"])
def test_bytes_behind_the_end_of_a_picture_are_no_part_of_it_or_of_its_copy(kind, tmp_path):
    content = two_pictures() if kind == "MPO" else hostile.picture(kind, 16, 16, "RGB")
    assert (drawn(content + BEHIND) == drawn(content)).all()
    with (tmp_path / "copy").open("w+b") as target:
        deidentify(opened(content + BEHIND), SUBJECT, [], target)
    assert b"Anna" not in (tmp_path / "copy").read_bytes()


def test_a_jpeg_of_several_pictures_shows_its_first():
    assert np.abs(drawn(two_pictures()).astype(int) - (200, 10, 10)).max() < 5


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_picture_without_its_end_is_cut_whatever_lies_behind(kind):
    content = hostile.picture(kind, 16, 16, "RGB")[: -2 if kind == "JPEG" else -12]
    assert [reason(content), reason(content + bytes(100_000))] == ["truncated", "truncated"]


def test_chunks_of_any_length_end():
    start = hostile.png()[:33]
    for length in (0, 1, 2**31, 2**32 - 1):
        assert reason(start + length.to_bytes(4) + b"tEXt" + bytes(64)) in ("truncated", "undecodable"), length
