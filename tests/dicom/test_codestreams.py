"""Words inside compressed frames go, and every loop over a frame ends."""

from contextlib import suppress
from struct import pack, unpack
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit

from dicom.parsing.codestream import without_comments
from tests.kit.frames import compressed, picture, pixels_of

WORDS = b"Anna Planted, born 3 February 1937"

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

SOS, COD = picture("JPEG").rfind(b"\xff\xda"), picture("JPEG2000", no_jp2=True).find(b"\xff\x52")
UNKNOWN_SEGMENT = b"\xff\x6f" + (len(WORDS) + 2).to_bytes(2) + WORDS


def with_inserted(frame, at, words):
    return frame[:at] + words + frame[at:]


FRAMES = {
    "JPEG comment": picture("JPEG", comment=WORDS),
    "JPEG application segment": picture("JPEG", exif=b"Exif\0\0" + WORDS),
    "JPEG trailing bytes": picture("JPEG") + WORDS,
    "JPEG between segments": with_inserted(picture("JPEG"), SOS, WORDS),
    "JPEG 2000 unknown segment": with_inserted(picture("JPEG2000", no_jp2=True), COD, UNKNOWN_SEGMENT),
    "JPEG 2000 comment": picture("JPEG2000", no_jp2=True, comment=WORDS),
    "JPEG 2000 trailing bytes": picture("JPEG2000", no_jp2=True) + WORDS,
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_words_in_a_compressed_frame_go_and_its_pixels_stay(frame):
    assert WORDS in frame
    assert WORDS not in without_comments(frame, 256)
    assert (pixels_of(without_comments(frame, 256)) == pixels_of(frame)).all()


@pytest.mark.parametrize("name", ["JPEG comment", "JPEG trailing bytes"])
def test_words_in_the_frames_of_an_object_go(name, copied, tmp_path):
    copied(compressed(JPEGBaseline8Bit, [FRAMES[name]]))
    assert WORDS in (tmp_path / "original").read_bytes()
    assert WORDS not in (tmp_path / "copy").read_bytes()


@pytest.mark.parametrize("name", ["MR_small_RLE.dcm", "SC_rgb_rle_16bit.dcm", "emri_small_RLE.dcm"])
def test_bytes_behind_the_runs_of_rle_go(name, copied, tmp_path):
    dataset = dcmread(get_testdata_file(name, download=False))
    count = int(dataset.get("NumberOfFrames", 1))
    frames = [frame + WORDS for frame in generate_frames(dataset.PixelData, number_of_frames=count)]
    dataset[0x7FE00010].value = encapsulate(frames)
    copy, _ = copied(dataset)
    assert WORDS in (tmp_path / "original").read_bytes()
    assert WORDS not in (tmp_path / "copy").read_bytes()
    assert (copy.pixel_array == dcmread(get_testdata_file(name, download=False)).pixel_array).all()


def test_bytes_before_the_runs_of_rle_go(copied, tmp_path):
    original = dcmread(get_testdata_file("MR_small_RLE.dcm", download=False))
    (frame,) = generate_frames(original.PixelData, number_of_frames=1)
    count, first, second = unpack("<3L", frame[:12])
    header = pack("<3L", count, first + len(WORDS), second + len(WORDS)).ljust(64, b"\0")
    dataset = dcmread(get_testdata_file("MR_small_RLE.dcm", download=False))
    dataset[0x7FE00010].value = encapsulate([header + WORDS + frame[64:]])
    copy, _ = copied(dataset)
    assert WORDS not in (tmp_path / "copy").read_bytes()
    assert (copy.pixel_array == original.pixel_array).all()


def test_a_frame_in_a_file_format_of_its_own_is_taken_out_of_it(copied, tmp_path):
    boxed = picture("JPEG2000")
    words = (len(WORDS) + 8).to_bytes(4) + b"xml " + WORDS
    dataset = compressed(JPEG2000Lossless, [boxed[:12] + words + boxed[12:] + words])
    dataset.PhotometricInterpretation = "YBR_RCT"
    copy, _ = copied(dataset)
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


def test_any_number_of_tile_parts_without_a_length_takes_no_longer_than_their_bytes():
    start = FRAMES["JPEG 2000 comment"][: PSOT - 6]
    tile_parts = (b"\xff\x90\0\x0a\0\0" + bytes(4) + b"\0\1") * 200_000
    begun = process_time()
    with suppress(ValueError):
        without_comments(start + tile_parts, 256)
    assert process_time() - begun < 5  # quadratic it takes minutes


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
