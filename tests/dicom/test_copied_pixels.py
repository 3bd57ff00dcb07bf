"""Pixels come through untouched, what hides beside them does not, and boxes are blacked out."""

import hashlib
import io
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataelem import DataElement
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless, JPEGBaseline8Bit

from dicom.deidentification.manifest import Box
from dicom.deidentification.scope import CannotBeCleaned
from dicom.parsing.codestream import without_comments
from dicom.refusals import Unreadable
from tests.kit.planted import planted_file
from tests.kit.untrusted import deidentify, drawn

WORDS = b"Anna Planted, born 3 February 1937"

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@pytest.fixture
def clean(tmp_path):
    """Clean a dataset, or a test file of this name; gives the copy as a dataset, and the manifest."""

    def cleaned(original, **options):
        dataset = dcmread(get_testdata_file(original, download=False)) if isinstance(original, str) else original
        dataset.save_as(tmp_path / "original")
        manifest = deidentify(tmp_path / "original", tmp_path / "copy", **options).manifest
        return dcmread(tmp_path / "copy"), manifest

    return cleaned


def native():
    return dcmread(get_testdata_file("CT_small.dcm", download=False))


def compressed(syntax, frames):
    """A secondary capture of 8 bits and 16×16 pixels whose frames are these."""
    dataset = dcmread(get_testdata_file("SC_rgb.dcm", download=False))
    dataset.Rows = dataset.Columns = 16
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset[0x7FE00010] = DataElement(0x7FE00010, "OB", encapsulate(frames))
    dataset[0x7FE00010].is_undefined_length = True
    return dataset


def picture(kind, **options):
    """A 16×16 colour picture as a JPEG or a JPEG 2000 codestream."""
    output = io.BytesIO()
    colours = np.arange(16 * 16 * 3, dtype=np.uint8).reshape(16, 16, 3)
    Image.fromarray(colours).save(output, kind, **options)
    return output.getvalue()


def pixels_of(frame):
    return np.array(Image.open(io.BytesIO(frame)))


def test_bytes_behind_the_last_pixel_go(clean):
    dataset = native()
    dataset.PixelData += WORDS
    copy, _ = clean(dataset)
    assert copy.PixelData == native().PixelData


def test_bits_that_no_pixel_uses_are_cleared(clean):
    dataset = native()
    dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 12, 11, 0
    picture = np.frombuffer(dataset.PixelData, "<u2") & 0x0FFF
    dataset.PixelData = (picture | 0xA000).astype("<u2").tobytes()
    copy, _ = clean(dataset)
    assert copy.PixelData == picture.astype("<u2").tobytes()


def test_the_sign_of_a_pixel_stays(clean):
    dataset = native()
    dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 12, 11, 1
    negative = np.full((128, 128), -1000, "<i2")
    dataset.PixelData = negative.tobytes()
    copy, _ = clean(dataset)
    assert (copy.pixel_array == negative).all()


def test_too_few_pixels_are_refused(clean):
    dataset = native()
    dataset.PixelData = dataset.PixelData[:-2]
    with pytest.raises(Unreadable, match="length of the pixel data"):
        clean(dataset)


def test_pixels_of_floating_point_numbers_are_refused(clean):
    dataset = native()
    dataset.FloatPixelData = np.zeros((128, 128), "<f4").tobytes()
    dataset.BitsAllocated = 32
    del dataset.PixelData
    with pytest.raises(CannotBeCleaned, match="floating point"):
        clean(dataset)


def test_pixels_that_cannot_be_decoded_are_refused(clean):
    with pytest.raises((CannotBeCleaned, Unreadable), match="decoded"):
        clean(compressed(JPEGBaseline8Bit, [b"\xff\xd8 no picture \xff\xd9"]))


def test_the_manifest_has_the_digest_of_the_decoded_pixels(clean):
    copy, manifest = clean("MR_small_RLE.dcm")
    assert manifest.pixels_sha256 == hashlib.sha256(copy.pixel_array.astype("<i2").tobytes()).hexdigest()


def test_the_same_picture_has_one_pixel_digest_in_every_lossless_syntax(clean):
    names = ("MR_small.dcm", "MR_small_bigendian.dcm", "MR_small_RLE.dcm", "MR_small_jp2klossless.dcm")
    assert len({clean(name)[1].pixels_sha256 for name in names}) == 1


def test_a_compressed_image_stays_compressed(clean):
    copy, _ = clean("MR_small_jp2klossless.dcm")
    assert copy.file_meta.TransferSyntaxUID == JPEG2000Lossless


# Words inside compressed frames

FRAMES = {
    "JPEG comment": picture("JPEG", comment=WORDS),
    "JPEG application segment": picture("JPEG", exif=b"Exif\0\0" + WORDS),
    "JPEG trailing bytes": picture("JPEG") + WORDS,
    "JPEG 2000 comment": picture("JPEG2000", no_jp2=True, comment=WORDS),
    "JPEG 2000 trailing bytes": picture("JPEG2000", no_jp2=True) + WORDS,
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_words_in_a_compressed_frame_go_and_its_pixels_stay(frame):
    assert WORDS in frame
    assert WORDS not in without_comments(frame, 256)
    assert (pixels_of(without_comments(frame, 256)) == pixels_of(frame)).all()


@pytest.mark.parametrize("name", ["JPEG comment", "JPEG trailing bytes"])
def test_words_in_the_frames_of_an_object_go(name, clean, tmp_path):
    clean(compressed(JPEGBaseline8Bit, [FRAMES[name]]))
    assert WORDS in (tmp_path / "original").read_bytes()
    assert WORDS not in (tmp_path / "copy").read_bytes()


@pytest.mark.parametrize("name", ["MR_small_RLE.dcm", "SC_rgb_rle_16bit.dcm", "emri_small_RLE.dcm"])
def test_bytes_behind_the_runs_of_rle_go(name, clean, tmp_path):
    dataset = dcmread(get_testdata_file(name, download=False))
    count = int(dataset.get("NumberOfFrames", 1))
    frames = [frame + WORDS for frame in generate_frames(dataset.PixelData, number_of_frames=count)]
    dataset[0x7FE00010].value = encapsulate(frames)
    copy, _ = clean(dataset)
    assert WORDS in (tmp_path / "original").read_bytes()
    assert WORDS not in (tmp_path / "copy").read_bytes()
    assert (copy.pixel_array == dcmread(get_testdata_file(name, download=False)).pixel_array).all()


def test_a_frame_in_a_file_format_of_its_own_is_taken_out_of_it(clean, tmp_path):
    boxed = picture("JPEG2000")
    words = (len(WORDS) + 8).to_bytes(4) + b"xml " + WORDS
    dataset = compressed(JPEG2000Lossless, [boxed[:12] + words + boxed[12:] + words])
    dataset.PhotometricInterpretation = "YBR_RCT"
    copy, _ = clean(dataset)
    assert WORDS not in (tmp_path / "copy").read_bytes()
    (frame,) = generate_frames(copy.PixelData, number_of_frames=1)
    assert frame.startswith(b"\xff\x4f") and (pixels_of(frame) == pixels_of(boxed)).all()


@pytest.mark.parametrize(
    "frame",
    [b"RIFF Anna", b"\x01\0\0\0\x40\0\0\0".ljust(64, b"\0") + b"\x7fab"],
    ids=["unknown", "runs that do not fit"],
)
def test_a_frame_of_an_unknown_kind_is_refused(frame):
    with pytest.raises(ValueError):
        without_comments(frame, 256)


PSOT = FRAMES["JPEG 2000 comment"].index(b"\xff\x90\0\x0a") + 6  # the length of the first tile-part (A.4.2)


@pytest.mark.parametrize("length", [0, 1, 8, 12, 13, 2**32 - 1])
def test_a_tile_part_of_any_length_is_cleaned_or_refused_and_ends(length):
    frame = FRAMES["JPEG 2000 comment"]
    frame = frame[:PSOT] + length.to_bytes(4) + frame[PSOT + 4 :]
    try:
        assert WORDS not in without_comments(frame, 256)
    except ValueError:
        assert length  # 0 means: to the end of the codestream, and real encoders write it


def test_words_behind_a_last_tile_part_without_a_length_go():
    frame = FRAMES["JPEG 2000 trailing bytes"]
    frame = frame[:PSOT] + bytes(4) + frame[PSOT + 4 :]
    assert WORDS in frame and WORDS not in without_comments(frame, 256)


def test_the_colour_transform_of_adobe_stays():
    frame = picture("JPEG", keep_rgb=True)
    assert b"Adobe" in without_comments(frame, 256)


@given(st.binary(max_size=200))
def test_no_frame_changes_its_length(data):
    for start in (b"\xff\xd8", b"\xff\x4f\xff\x51"):
        with suppress(ValueError):
            assert len(without_comments(start + data, 100)) == len(start + data)


# Boxes


def test_a_box_is_black_and_everything_else_as_it_was(clean):
    copy, _ = clean(native(), boxes=[Box(None, left=10, top=20, width=30, height=40)])
    before, after = native().pixel_array.copy(), copy.pixel_array
    assert (after[20:60, 10:40] == before.min()).all()
    before[20:60, 10:40] = before.min()
    assert (after == before).all()


def test_a_box_of_one_frame_leaves_the_others(clean):
    copy, _ = clean("emri_small_jpeg_2k_lossless.dcm", boxes=[Box(3, left=0, top=0, width=5, height=5)])
    before = dcmread(get_testdata_file("emri_small.dcm", download=False)).pixel_array
    changed = [number for number in range(10) if (copy.pixel_array[number] != before[number]).any()]
    assert changed == [3]


def test_black_is_the_highest_value_where_low_values_are_white(clean):
    dataset = native()
    dataset.PhotometricInterpretation = "MONOCHROME1"
    copy, _ = clean(dataset, boxes=[Box(0, 0, 0, 5, 5)])
    assert (copy.pixel_array[:5, :5] == native().pixel_array.max()).all()


@pytest.mark.parametrize("name", ["SC_rgb_jpeg_dcmtk.dcm", "US1_J2KR.dcm", "examples_ybr_color.dcm", "SC_rgb.dcm"])
def test_a_box_in_a_colour_image_is_black(name, clean):
    copy, _ = clean(name, boxes=[Box(None, 0, 0, 9, 9)])
    assert copy.PhotometricInterpretation == "RGB"
    assert not copy.pixel_array[..., :9, :9, :].any()


def test_black_in_a_palette_is_its_darkest_colour(clean):
    copy, _ = clean("examples_palette.dcm", boxes=[Box(None, 0, 0, 9, 9)])
    chosen = int(copy.pixel_array[0, 0])
    reds, greens, blues = (
        np.frombuffer(copy[f"{colour}PaletteColorLookupTableData"].value, "<u2").astype(int)
        for colour in ("Red", "Green", "Blue")
    )
    assert (reds + greens + blues)[chosen] == (reds + greens + blues).min()


def test_a_redacted_image_is_uncompressed_and_says_that_its_pixels_are_clean(clean):
    copy, manifest = clean("MR_small_jp2klossless.dcm", boxes=[Box(None, 0, 0, 9, 9)])
    assert copy.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert copy.BurnedInAnnotation == "NO"
    assert "113101" in manifest.options
    assert "113101" in {item.CodeValue for item in copy.DeidentificationMethodCodeSequence}


def test_an_image_once_lossy_stays_marked_as_lossy(clean):
    dataset = compressed(JPEGBaseline8Bit, [picture("JPEG")])
    dataset.PhotometricInterpretation = "YBR_FULL_422"
    copy, _ = clean(dataset, boxes=[Box(None, 0, 0, 2, 2)])
    assert (copy.LossyImageCompression, copy.LossyImageCompressionMethod) == ("01", "ISO_10918_1")


def test_no_box_is_drawn_in_a_colour_space_whose_black_is_not_known(clean):
    dataset = dcmread(get_testdata_file("SC_rgb_16bit.dcm", download=False))
    dataset.PhotometricInterpretation = "YBR_FULL"
    with pytest.raises(CannotBeCleaned, match="colour space"):
        clean(dataset, boxes=[Box(None, 0, 0, 5, 5)])


def test_a_palette_of_a_big_endian_image_with_a_box_keeps_its_colours(clean, tmp_path):
    path = Path(get_testdata_file("OBXXXX1A_expb.dcm", download=False))
    clean(dcmread(path), boxes=[Box(None, 0, 0, 9, 9)])
    assert (drawn(tmp_path / "copy")[10:] == drawn(path)[10:]).all()


@pytest.mark.parametrize("box", [Box(1, 0, 0, 5, 5), Box(None, 500, 0, 5, 5), Box(None, 0, 500, 5, 5)])
def test_a_box_outside_the_image_is_refused(box, clean):
    with pytest.raises(Unreadable, match="outside"):
        clean(native(), boxes=[box])


@pytest.mark.parametrize("numbers", [(None, 0, 0, 0, 5), (None, 0, 0, 5, 0), (None, -1, 0, 5, 5), (-1, 0, 0, 5, 5)])
def test_a_box_without_an_area_is_none(numbers):
    with pytest.raises(ValueError, match="box"):
        Box(*numbers)


def test_pixels_of_a_planted_file_are_readable(tmp_path):
    planted = dcmread(planted_file(tmp_path / "rle", [], syntax="encapsulated"))
    assert len(list(generate_frames(planted.PixelData, number_of_frames=1))) == 1
