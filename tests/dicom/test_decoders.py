"""Each decoder gives known values, and colours mean what the codestream says before the header."""

from io import BytesIO

import imagecodecs
import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.uid import UID, JPEG2000TransferSyntaxes, JPEGBaseline8Bit, JPEGExtended12Bit

from dicom.parsing.codestream import jpeg_colours
from dicom.parsing.decoders import COMPRESSED, DECODERS, RETIRED_JPEG, as_stored, decode_frame
from dicom.parsing.layout import Layout
from tests.kit import hostile
from tests.kit.cases import failures
from tests.kit.sandbox import visiting
from tests.kit.untrusted import draw, drawn, opened, reason

GRADIENT = (np.arange(64 * 64).reshape(64, 64) * 16 % 4096).astype(np.uint16)  # 12 bits
COLOURS = np.zeros((64, 64, 3), np.uint8)
COLOURS[:32], COLOURS[32:] = (255, 0, 0), (0, 0, 255)


def layout(samples=1, bits=16, stored=12, signed=False, photometric="MONOCHROME2"):
    return Layout(64, 64, 1, samples, bits, stored, stored - 1, signed, 0, photometric, "PixelData", "OB")


LOSSLESS = {
    "1.2.840.10008.1.2.4.57": lambda values: imagecodecs.ljpeg_encode(values, bitspersample=12),
    "1.2.840.10008.1.2.4.70": lambda values: imagecodecs.ljpeg_encode(values, bitspersample=12),
    "1.2.840.10008.1.2.4.80": imagecodecs.jpegls_encode,
    "1.2.840.10008.1.2.4.81": imagecodecs.jpegls_encode,
    "1.2.840.10008.1.2.4.90": lambda values: imagecodecs.jpeg2k_encode(values, codecformat="j2k", reversible=True),
    "1.2.840.10008.1.2.4.91": lambda values: imagecodecs.jpeg2k_encode(values, codecformat="j2k", reversible=True),
    "1.2.840.10008.1.2.4.201": lambda values: imagecodecs.htj2k_encode(values, reversible=True),
    "1.2.840.10008.1.2.4.202": lambda values: imagecodecs.htj2k_encode(values, reversible=True),
    "1.2.840.10008.1.2.4.203": lambda values: imagecodecs.htj2k_encode(values, reversible=True),
}


@pytest.mark.parametrize("syntax", LOSSLESS)
def test_a_lossless_syntax_gives_back_its_values(syntax):
    values, photometric = decode_frame(LOSSLESS[syntax](GRADIENT), layout(), syntax)
    assert values.dtype == np.uint16 and (values == GRADIENT).all() and photometric == "MONOCHROME2"


def test_every_compressed_syntax_is_tried_here():
    lossy = {JPEGBaseline8Bit, JPEGExtended12Bit, *map(UID, RETIRED_JPEG)}
    assert {UID(syntax) for syntax in LOSSLESS} | lossy == DECODERS.keys() == COMPRESSED - {"1.2.840.10008.1.2.5"}


def test_jpeg_extended_of_12_bits_is_decoded():
    ramp = np.tile(np.linspace(0, 4095, 64).astype(np.uint16), (64, 1))
    frame = imagecodecs.jpeg8_encode(ramp, level=98, bitspersample=12)
    samples, _ = decode_frame(frame, layout(), JPEGExtended12Bit)
    assert samples.dtype == np.uint16 and np.abs(samples.astype(int) - ramp).max() < 20


@pytest.mark.parametrize("syntax", RETIRED_JPEG)
def test_retired_processes_of_jpeg_are_decoded(syntax):
    progressive = hostile.jpeg(64, 64, progressive=True)
    samples, _ = decode_frame(progressive, layout(bits=8, stored=8), syntax)
    assert (samples == np.asarray(Image.open(BytesIO(progressive)))).all()


def test_every_syntax_is_decoded_in_a_fresh_sandbox(new_pool, tmp_path):
    """A codec that a library loads on first use cannot be loaded there."""
    processes = new_pool()

    def check(syntax):
        frame = LOSSLESS[syntax](GRADIENT) if syntax in LOSSLESS else hostile.jpeg(64, 64)
        bits = 16 if syntax in LOSSLESS else 8
        if syntax == hostile.RLE:
            frame, bits = hostile.rle_frame(b"\x81\x07" * 32), 8
        content = hostile.encapsulated([frame], syntax, rows=64, columns=64, bits=bits)
        (tmp_path / "file").write_bytes(content)
        with visiting(tmp_path / "file", processes) as visit:
            assert visit.describe().no_picture == ""
            assert visit.draw() == draw(content)

    assert failures(sorted(COMPRESSED), check) == {}


RGB_JPEG = imagecodecs.jpeg8_encode(COLOURS, level=95, colorspace="RGB", outcolorspace="RGB")
YBR_JPEG = imagecodecs.jpeg8_encode(COLOURS, level=95, subsampling="444")


@pytest.mark.parametrize("said", ["RGB", "YBR_FULL_422", "YBR_FULL"])
@pytest.mark.parametrize("frame", [RGB_JPEG, YBR_JPEG], ids=["RGB with Adobe's marker", "YCbCr with JFIF"])
def test_colours_are_right_whatever_the_header_says(frame, said):
    data = hostile.encapsulated([frame], hostile.JPEG, rows=64, columns=64, samples=3, photometric=said)
    assert np.abs(drawn(data).astype(int) - COLOURS).max() < 6


def adobe(transform):
    return b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0" + bytes([transform])


JFIF = YBR_JPEG[2 : 4 + int.from_bytes(YBR_JPEG[4:6], "big")]
BARE = YBR_JPEG[:2] + YBR_JPEG[2 + len(JFIF) :]


def adobe_before(frame, transform):
    return frame[:2] + adobe(transform) + frame[2:]


def renamed(frame, names):
    """Give the three components other names, in the frame header and in that of the scan."""
    renamed, of_frame, of_scan = bytearray(frame), frame.index(b"\xff\xc0"), frame.index(b"\xff\xda")
    renamed[of_frame + 10 : of_frame + 19 : 3] = names
    renamed[of_scan + 5 : of_scan + 11 : 2] = names
    return bytes(renamed)


MARKED = {  # frames, and what libjpeg takes their components for
    "JFIF": (YBR_JPEG, "YBR_FULL"),
    "JFIF and Adobe's RGB": (adobe_before(YBR_JPEG, 0), "YBR_FULL"),
    "Adobe's RGB": (adobe_before(BARE, 0), "RGB"),
    "Adobe's YCbCr": (adobe_before(BARE, 1), "YBR_FULL"),
    "Adobe's YCCK": (adobe_before(BARE, 2), "YBR_FULL"),
    "Adobe's YCbCr in components named RGB": (adobe_before(renamed(BARE, b"RGB"), 1), "YBR_FULL"),
    "components named RGB": (renamed(BARE, b"RGB"), "RGB"),
    "components named 0, 1, 2": (renamed(BARE, bytes(range(3))), None),
}


def test_the_markers_of_a_jpeg_say_what_components_mean():
    assert {kind: jpeg_colours(frame) for kind, (frame, _) in MARKED.items()} == {
        kind: colours for kind, (_, colours) in MARKED.items()
    }


@pytest.mark.parametrize("said", ["RGB", "YBR_FULL_422"])
def test_a_jpeg_that_does_not_say_what_its_components_mean_is_read_as_the_header_says(said):
    at = YBR_JPEG.index(b"\xff\xe0")
    bare = YBR_JPEG[:at] + YBR_JPEG[at + 18 :]
    assert jpeg_colours(bare) is None
    assert decode_frame(bare, layout(3, 8, 8, photometric=said), JPEGBaseline8Bit)[1] == said


@pytest.mark.parametrize(
    ("bits", "signed", "value"), [(12, True, -2000), (12, False, 2096), (16, True, 2096), (16, False, 2096)]
)
def test_the_sign_is_that_of_the_header(bits, signed, value):
    assert as_stored(np.array([2096], np.uint16), bits, bits - 1, signed).tolist() == [value]


def test_a_codestream_of_another_sign_than_the_header_is_read_as_the_header_says():
    path = get_testdata_file("J2K_pixelrep_mismatch.dcm", download=False)
    expected = dcmread(path).pixel_array
    samples, _ = opened(path).frames.decode(0)
    assert samples.dtype == np.int16 and (samples == expected).all()


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("syntax", [hostile.JPEG, "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80"])
def test_a_codestream_that_is_cut_short_is_refused(syntax, cut):
    noise = np.random.default_rng(1).integers(0, 255, (64, 64), np.uint8)
    encode = imagecodecs.jpeg8_encode if syntax == hostile.JPEG else LOSSLESS.get(syntax)
    frame = encode(noise) if syntax == hostile.JPEG else LOSSLESS[syntax](noise.astype(np.uint16))
    bits = 8 if syntax == hostile.JPEG else 16
    data = hostile.encapsulated([frame[: int(cut * len(frame))]], syntax, rows=64, columns=64, bits=bits)
    assert reason(data) == "undecodable"


def test_jpeg_2000_gives_its_colours_as_rgb():
    frame = imagecodecs.jpeg2k_encode(COLOURS, codecformat="j2k", reversible=True)
    for syntax in JPEG2000TransferSyntaxes[:2]:
        samples, photometric = decode_frame(frame, layout(3, 8, 8, photometric="YBR_RCT"), syntax)
        assert photometric == "RGB" and (samples == COLOURS).all()
