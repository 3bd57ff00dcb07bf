"""Pixels come through unchanged, and what hides beside them does not."""

import hashlib

import imagecodecs
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataelem import DataElement
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit, JPEGLosslessSV1, RLELossless

from dicom.deidentification.scope import CannotBeCleaned
from dicom.refusals import Unreadable
from tests.kit.frames import compressed, encode_rle, native
from tests.kit.planted import planted_file
from tests.kit.untrusted import SECRETS

WORDS = b"Anna Planted, born 3 February 1937"

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def test_bytes_behind_the_last_pixel_go(copied):
    dataset = native()
    dataset.PixelData += WORDS
    copy, _ = copied(dataset)
    assert copy.PixelData == native().PixelData


def test_bits_that_no_pixel_uses_are_cleared(copied):
    dataset = native()
    dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 12, 11, 0
    picture = np.frombuffer(dataset.PixelData, "<u2") & 0x0FFF
    dataset.PixelData = (picture | 0xA000).astype("<u2").tobytes()
    copy, _ = copied(dataset)
    assert copy.PixelData == picture.astype("<u2").tobytes()


def test_bits_around_a_pixel_at_the_top_of_its_word_are_cleared(copied):
    dataset = native()
    dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 12, 13, 0
    picture = np.frombuffer(dataset.PixelData, "<u2") & 0x3FFC
    dataset.PixelData = (picture | 0xC003).astype("<u2").tobytes()
    copy, _ = copied(dataset)
    assert copy.PixelData == picture.astype("<u2").tobytes()


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLosslessSV1])
def test_bits_that_no_pixel_uses_are_not_in_a_copy_of_compressed_frames(syntax, copied):
    dataset = native()
    dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 12, 11, 0
    values = np.frombuffer(dataset.PixelData, "<u2").reshape(128, 128) & 0x0FFF
    overlay = values | 0xA000
    is_rle = syntax == RLELossless
    frame = encode_rle(overlay) if is_rle else imagecodecs.ljpeg_encode(overlay, bitspersample=16)
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset[0x7FE00010] = DataElement(0x7FE00010, "OB", encapsulate([frame]))
    dataset[0x7FE00010].is_undefined_length = True
    copy, _ = copied(dataset)
    assert copy.PixelData == values.astype("<u2").tobytes()


def test_the_sign_of_a_pixel_stays(copied):
    dataset = native()
    dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 12, 11, 1
    negative = np.full((128, 128), -1000, "<i2")
    dataset.PixelData = negative.tobytes()
    copy, _ = copied(dataset)
    assert (copy.pixel_array == negative).all()


def test_too_few_pixels_are_refused(copied):
    dataset = native()
    dataset.PixelData = dataset.PixelData[:-2]
    with pytest.raises(Unreadable, match="length of the pixel data"):
        copied(dataset)


def test_pixels_of_floating_point_numbers_are_refused(copied):
    dataset = native()
    dataset.FloatPixelData = np.zeros((128, 128), "<f4").tobytes()
    dataset.BitsAllocated = 32
    del dataset.PixelData
    with pytest.raises(CannotBeCleaned, match="floating point"):
        copied(dataset)


def test_pixels_that_cannot_be_decoded_are_refused(copied):
    with pytest.raises((CannotBeCleaned, Unreadable), match="decoded"):
        copied(compressed(JPEGBaseline8Bit, [b"\xff\xd8 no picture \xff\xd9"]))


def test_the_manifest_has_the_keyed_digest_of_the_decoded_pixels(copied):
    copy, manifest = copied("MR_small_RLE.dcm")
    sha256 = hashlib.sha256(copy.pixel_array.astype("<i2").tobytes()).hexdigest()
    assert manifest.pixels_digest == SECRETS.digest("pixels", sha256).hex()


def test_the_same_picture_has_one_pixel_digest_in_every_lossless_syntax(copied):
    names = ("MR_small.dcm", "MR_small_bigendian.dcm", "MR_small_RLE.dcm", "MR_small_jp2klossless.dcm")
    assert len({copied(name)[1].pixels_digest for name in names}) == 1


def test_a_compressed_image_stays_compressed(copied):
    copy, _ = copied("MR_small_jp2klossless.dcm")
    assert copy.file_meta.TransferSyntaxUID == JPEG2000Lossless


def test_pixels_of_a_planted_file_are_readable(tmp_path):
    planted = dcmread(planted_file(tmp_path / "rle", [], syntax="encapsulated"))
    assert len(list(generate_frames(planted.PixelData, number_of_frames=1))) == 1
