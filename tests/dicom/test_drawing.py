"""What a rendered frame looks like, value by value."""

import struct
from pathlib import Path

import data_store
import numpy as np
import pydicom
import pytest

from dicom.limits import Limits
from dicom.refusals import Unreadable
from tests.kit import hostile
from tests.kit.untrusted import draw, drawn

pytestmark = pytest.mark.filterwarnings("ignore")  # as in the child process: pydicom warns of what real files do

PYDICOM = Path(pydicom.__file__).parent / "data" / "test_files"
STORE = Path(data_store.__file__).parent / "data"


def code(data, **wish):
    with pytest.raises(Unreadable) as refusal:
        draw(data, **wish)
    return refusal.value.code


def words(*values):
    """One row of 16-bit pixels."""
    return struct.pack(f"<{len(values)}H", *(value & 0xFFFF for value in values))


def row(*values, tail=b"", **layout):
    pixels = words(*values)
    return hostile.native(pixels, rows=1, columns=len(values), bits=16, tail=tail, **layout)


def decimal(tag, value):
    return hostile.element(tag, "DS", str(value))


def window(center, width, function=None):
    named = hostile.element(0x00281056, "CS", function) if function else b""
    return decimal(0x00281050, center) + decimal(0x00281051, width) + named


def lut(tag, first, depth, entries):
    """A sequence with one look-up table."""
    described = hostile.element(0x00283002, "US", words(len(entries), first, depth))
    table = described + hostile.element(0x00283006, "US", words(*entries))
    return hostile.element(tag, "SQ", hostile.item(hostile.ITEM, len(table)) + table)


def test_without_a_window_the_range_of_the_frame_is_drawn():
    assert drawn(row(100, 150, 200)).tolist() == [[0, 128, 255]]


def test_a_frame_of_one_value_is_black():
    assert drawn(row(7, 7)).tolist() == [[0, 0]]


def test_the_window_of_the_file_is_linear_as_the_standard_writes_it():
    # PS3.3 C.11.2.1.2.1: center 2048, width 4096 runs from 0 to 4095
    assert drawn(row(0, 2048, 4095, 9000, tail=window(2048, 4096))).tolist() == [[0, 128, 255, 255]]


def test_linear_exact_takes_nothing_off_the_width():
    assert drawn(row(0, 50, 100, tail=window(50, 100, "LINEAR_EXACT"))).tolist() == [[0, 128, 255]]


def test_a_sigmoid_is_a_sigmoid():
    values = drawn(row(0, 50, 100, tail=window(50, 100, "SIGMOID")))
    assert values.tolist() == [[round(255 / (1 + np.exp(2))), 128, round(255 / (1 + np.exp(-2)))]]


def test_the_window_asked_for_wins_over_that_of_the_file():
    assert drawn(row(0, 10, tail=window(2048, 4096)), window=(5.5, 11)).tolist() == [[0, 255]]


def test_the_first_of_several_windows_counts():
    several = hostile.element(0x00281050, "DS", "50.5\\900") + hostile.element(0x00281051, "DS", "101\\10")
    assert drawn(row(0, 100, tail=several)).tolist() == [[0, 255]]


@pytest.mark.parametrize("unusable", [window(50, 0), window(50, -1), decimal(0x00281050, 50)])
def test_a_window_that_cannot_be_is_as_good_as_none(unusable):
    assert drawn(row(100, 200, tail=unusable)).tolist() == [[0, 255]]


def test_a_window_of_width_one_is_a_threshold():
    assert drawn(row(9, 11), window=(10, 1)).tolist() == [[0, 255]]


def test_values_are_rescaled_before_the_window():
    rescale = decimal(0x00281052, -1000) + decimal(0x00281053, 2)
    assert drawn(row(500, 600, tail=rescale), window=(100.5, 201)).tolist() == [[0, 255]]


def test_a_modality_lut_comes_before_the_window():
    table = lut(0x00283000, 10, 16, [5, 500, 5000])
    assert drawn(row(9, 11, 13, tail=table), window=(2503, 4996)).tolist() == [[0, 25, 255]]


def test_a_voi_lut_counts_before_a_window():
    both = window(50, 100) + lut(0x00283010, 10, 8, [0, 51, 255])
    assert drawn(row(10, 11, 12, tail=both)).tolist() == [[0, 51, 255]]


BROKEN = {
    "no descriptor": b"",
    "no data": hostile.element(0x00283002, "US", words(2, 0, 8)),
    "too few entries": hostile.element(0x00283002, "US", words(9, 0, 8)) + hostile.element(0x00283006, "US", words(1)),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_voi_lut_is_as_good_as_none(kind):
    item = hostile.item(hostile.ITEM, len(BROKEN[kind])) + BROKEN[kind]
    assert drawn(row(100, 200, tail=hostile.element(0x00283010, "SQ", item))).tolist() == [[0, 255]]


def test_monochrome1_is_inverted():
    assert drawn(row(0, 100, photometric="MONOCHROME1")).tolist() == [[255, 0]]


def test_signed_values_are_signed():
    assert drawn(row(-5, 0, 5, signed=1)).tolist() == [[0, 128, 255]]


def test_32_bits_are_drawn_strip_by_strip_to_the_same():
    data = hostile.native(struct.pack("<3L", 0, 2**31, 2**32 - 1), rows=3, columns=1, bits=32)
    assert drawn(data).tolist() == [[0], [128], [255]]


@pytest.mark.parametrize(("tag", "vr", "bits", "form"), [(0x7FE00008, "OF", 32, "<3f"), (0x7FE00009, "OD", 64, "<3d")])
def test_float_pixels_are_drawn_and_what_is_no_number_is_black(tag, vr, bits, form):
    pixels = hostile.element(tag, vr, struct.pack(form, float("nan"), 0.5, 1.5))
    data = hostile.part10(hostile.image(rows=1, columns=3, bits=bits) + pixels)
    assert drawn(data, window=(1, 1)).tolist() == [[0, 0, 255]]


def test_one_bit_is_black_or_white():
    assert drawn(hostile.native(b"\x05\0", rows=1, columns=4, bits=1)).tolist() == [[255, 0, 255, 0]]


def test_each_frame_has_its_own_window():
    # eCT_Supplemental holds its windows in functional groups (PS3.3 C.7.6.16.2.10)
    read = pydicom.dcmread(STORE / "eCT_Supplemental.dcm")
    group = read.PerFrameFunctionalGroupsSequence[1]
    voi = (group.get("FrameVOILUTSequence") or read.SharedFunctionalGroupsSequence[0].FrameVOILUTSequence)[0]
    center, width = (
        pydicom.multival.MultiValue(float, np.atleast_1d(voi[name].value)) for name in ("WindowCenter", "WindowWidth")
    )
    asked = drawn(STORE / "eCT_Supplemental.dcm", frame=1, window=(center[0], width[0]))
    assert (drawn(STORE / "eCT_Supplemental.dcm", frame=1) == asked).all()


def test_frames_are_counted_from_zero():
    data = hostile.native(words(0, 10, 10, 0), rows=1, columns=2, bits=16, frames=2)
    assert (drawn(data, frame=0).tolist(), drawn(data, frame=1).tolist()) == ([[0, 255]], [[255, 0]])


@pytest.mark.parametrize("frame", [-1, 2])
def test_a_frame_that_is_not_there_is_said_not_to_be(frame):
    assert code(hostile.native(bytes(32), frames=2), frame=frame) == "no_such_frame"


@pytest.mark.parametrize(("first", "second"), [("examples_palette.dcm", None), ("OBXXXX1A.dcm", "OBXXXX1A_expb.dcm")])
def test_a_palette_becomes_rgb_in_either_byte_order(first, second):
    path = (PYDICOM if second is None else STORE) / first
    values = drawn(path)
    assert values.shape[2] == 3
    assert (values == drawn(path if second is None else STORE / second)).all()
    assert (values == reference_palette(path)).all()


def reference_palette(path):
    read = pydicom.dcmread(path)
    return pydicom.pixels.apply_color_lut(read.pixel_array, read) >> 8


def test_a_palette_in_segments_becomes_rgb():
    path = STORE / "gdcm-US-ALOKA-16.dcm"
    assert (drawn(path) == reference_palette(path)).all()


@pytest.mark.parametrize(
    "name",
    ["SC_rgb_dcmtk_+eb+cy+np.dcm", "SC_rgb_rle_16bit.dcm", "SC_ybr_full_422_uncompressed.dcm", "SC_rgb_gdcm_KY.dcm"],
)
def test_colour_of_every_kind_becomes_rgb(name):
    red, green, blue = (drawn(PYDICOM / name)[at, 50].astype(int) for at in (5, 25, 45))
    assert max(abs(red - [255, 0, 0])) < 10
    assert max(abs(green - [0, 255, 0])) < 10
    assert max(abs(blue - [0, 0, 255])) < 10


@pytest.mark.parametrize("name", ["MR_small_RLE.dcm", "MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm"])
def test_lossless_compression_loses_nothing(name):
    assert (drawn(PYDICOM / name) == drawn(PYDICOM / "MR_small.dcm")).all()


@pytest.mark.parametrize(
    ("size", "expected"), [(1, (1, 1)), (8, (4, 8)), (16, (8, 16)), (4096, (8, 16)), (None, (8, 16))]
)
def test_size_is_the_longest_side_and_never_enlarges(size, expected):
    assert drawn(hostile.native(bytes(128), rows=8, columns=16), size=size).shape == expected
    assert drawn(hostile.png(16, 8), size=size).shape == expected


@pytest.mark.parametrize("size", [0, -1, 4097])
def test_a_size_that_cannot_be_is_refused(size):
    assert code(hostile.png(), size=size) == "bad_size"


@pytest.mark.parametrize("wish", [(0, 0), (0, -1), (float("nan"), 1), (0, float("inf"))])
def test_a_window_that_cannot_be_is_refused(wish):
    assert code(hostile.png(), window=wish) == "bad_window"


@pytest.mark.parametrize("spare", [0, 1])
def test_a_picture_too_big_to_draw_may_be_asked_for_smaller(spare):
    assert drawn(hostile.png(16, 16), limits=Limits(drawn=256 + spare)).shape == (16, 16)
    assert code(hostile.png(16, 16), limits=Limits(drawn=255)) == "too_big_to_draw"
    assert drawn(hostile.png(16, 16), size=15, limits=Limits(drawn=255)).shape == (15, 15)
