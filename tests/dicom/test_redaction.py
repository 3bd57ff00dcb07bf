"""Boxes are black in the copy, and everything else is as it was."""

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.uid import ExplicitVRLittleEndian, JPEGBaseline8Bit

from dicom.deidentification.manifest import Box
from dicom.deidentification.scope import CannotBeCleaned
from dicom.refusals import Unreadable
from tests.kit.frames import compressed, native, picture
from tests.kit.untrusted import drawn

WORDS = b"Anna Planted, born 3 February 1937"

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def test_a_box_is_black_and_everything_else_as_it_was(copied):
    copy, _ = copied(native(), boxes=[Box(None, left=10, top=20, width=30, height=40)])
    before, after = native().pixel_array.copy(), copy.pixel_array
    assert (after[20:60, 10:40] == before.min()).all()
    before[20:60, 10:40] = before.min()
    assert (after == before).all()


def test_a_box_of_one_frame_leaves_the_others(copied):
    copy, _ = copied("emri_small_jpeg_2k_lossless.dcm", boxes=[Box(3, left=0, top=0, width=5, height=5)])
    before = dcmread(get_testdata_file("emri_small.dcm", download=False)).pixel_array
    changed = [number for number in range(10) if (copy.pixel_array[number] != before[number]).any()]
    assert changed == [3]


def test_black_is_the_highest_value_where_low_values_are_white(copied):
    dataset = native()
    dataset.PhotometricInterpretation = "MONOCHROME1"
    copy, _ = copied(dataset, boxes=[Box(0, 0, 0, 5, 5)])
    assert (copy.pixel_array[:5, :5] == native().pixel_array.max()).all()


@pytest.mark.parametrize("name", ["SC_rgb_jpeg_dcmtk.dcm", "US1_J2KR.dcm", "examples_ybr_color.dcm", "SC_rgb.dcm"])
def test_a_box_in_a_colour_image_is_black(name, copied):
    copy, _ = copied(name, boxes=[Box(None, 0, 0, 9, 9)])
    assert copy.PhotometricInterpretation == "RGB"
    assert not copy.pixel_array[..., :9, :9, :].any()


def test_black_in_a_palette_is_its_darkest_colour(copied):
    copy, _ = copied("examples_palette.dcm", boxes=[Box(None, 0, 0, 9, 9)])
    chosen = int(copy.pixel_array[0, 0])
    reds, greens, blues = (
        np.frombuffer(copy[f"{colour}PaletteColorLookupTableData"].value, "<u2").astype(int)
        for colour in ("Red", "Green", "Blue")
    )
    assert (reds + greens + blues)[chosen] == (reds + greens + blues).min()


def test_a_redacted_image_is_uncompressed_and_says_that_its_pixels_are_clean(copied):
    copy, manifest = copied("MR_small_jp2klossless.dcm", boxes=[Box(None, 0, 0, 9, 9)])
    assert copy.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert copy.BurnedInAnnotation == "NO"
    assert "113101" in manifest.options
    assert "113101" in {item.CodeValue for item in copy.DeidentificationMethodCodeSequence}


def test_an_image_once_lossy_stays_marked_as_lossy(copied):
    dataset = compressed(JPEGBaseline8Bit, [picture("JPEG")])
    dataset.PhotometricInterpretation = "YBR_FULL_422"
    copy, _ = copied(dataset, boxes=[Box(None, 0, 0, 2, 2)])
    assert (copy.LossyImageCompression, copy.LossyImageCompressionMethod) == ("01", "ISO_10918_1")


def test_no_box_is_drawn_in_a_colour_space_whose_black_is_not_known(copied):
    dataset = dcmread(get_testdata_file("SC_rgb_16bit.dcm", download=False))
    dataset.PhotometricInterpretation = "YBR_FULL"
    with pytest.raises(CannotBeCleaned, match="colour space"):
        copied(dataset, boxes=[Box(None, 0, 0, 5, 5)])


def test_a_palette_of_a_big_endian_image_with_a_box_keeps_its_colours(copied, tmp_path):
    path = Path(get_testdata_file("OBXXXX1A_expb.dcm", download=False))
    copied(dcmread(path), boxes=[Box(None, 0, 0, 9, 9)])
    assert (drawn(tmp_path / "copy")[10:] == drawn(path)[10:]).all()


@pytest.mark.parametrize("box", [Box(1, 0, 0, 5, 5), Box(None, 500, 0, 5, 5), Box(None, 0, 500, 5, 5)])
def test_a_box_outside_the_image_is_refused(box, copied):
    with pytest.raises(Unreadable, match="outside"):
        copied(native(), boxes=[box])


@pytest.mark.parametrize("numbers", [(None, 0, 0, 0, 5), (None, 0, 0, 5, 0), (None, -1, 0, 5, 5), (-1, 0, 0, 5, 5)])
def test_a_box_without_an_area_is_none(numbers):
    with pytest.raises(ValueError, match="box"):
        Box(*numbers)
