"""Every real file that pydicom brings, uploaded: stored, shown and copied for research; or refused with which code.

Between them, and a few files made here, all transfer syntaxes that have a decoder are met.
"""

import io
import struct

import imagecodecs
import pytest
from django.urls import reverse
from PIL import Image as Picture
from pydicom import dcmread
from pydicom.encaps import encapsulate
from pydicom.uid import HTJ2K, ExplicitVRLittleEndian, HTJ2KLossless, HTJ2KLosslessRPCL, JPEGExtended12Bit, JPEGLossless

from dicom.parsing.decoders import COMPRESSED, RETIRED_JPEG
from dicom.parsing.frames import NATIVE
from dicom.refusals import REASONS
from tests.kit.api import upload
from tests.kit.cases import failures
from tests.kit.database import rolled_back
from tests.kit.files import FRAMES_BY_LENGTH, REAL, REFUSED, real
from tests.kit.untrusted import draw

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

NOT_FOR_RESEARCH = ("rtdose", "badVR")  # taken in, yet no copy may be made of radiotherapy doses
WITHOUT_PICTURE = "JPEG2000-embedded-sequence-delimiter.dcm"  # a codestream broken on purpose
TAKEN = [path for path in REAL if path.name not in {*REFUSED, WITHOUT_PICTURE}]


def shown(client, image, frame, **query):
    """The pixels of a preview."""
    answer = client.get(reverse("image-preview", kwargs={"pk": image["id"]}), {"frame": frame} | query)
    assert answer.status_code == 200, answer.content
    return Picture.open(io.BytesIO(answer.content)).tobytes()


def taken(client, content):
    """The image of an upload, seen in its first and last frame, and its copy for research the same."""
    answer = upload(client, content)
    assert answer.status_code == 201, answer.content
    image = answer.json()
    for frame in {0, image["frames"] - 1}:
        original = shown(client, image, frame)
        if image["release_state"] != "refused":
            assert shown(client, image, frame, redacted="true") == original
    return image


def test_a_real_file_is_stored_shown_and_copied(api):
    def check(path):
        with rolled_back():
            image = taken(api, path.read_bytes())
            assert (image["release_state"] == "refused") == path.name.startswith(NOT_FOR_RESEARCH)
            assert image["frames"] == (FRAMES_BY_LENGTH.get(path.name) or int(dcmread(path).get("NumberOfFrames") or 1))

    assert failures(TAKEN, check) == {}


def test_a_real_file_whose_codestream_is_broken_is_kept(api):
    assert upload(api, real(WITHOUT_PICTURE)).json()["release_state"] == "no_picture"


def test_a_real_file_that_is_refused_says_why(api):
    def check(path):
        answer, reason = upload(api, path.read_bytes()), REFUSED[path.name]
        assert (answer.status_code, answer.json()["code"]) == (REASONS[reason][0], reason)

    refused = [path for path in REAL if path.name in REFUSED]
    assert failures(refused, check) == {} and len(refused) == len(REFUSED)


def written(dataset):
    stream = io.BytesIO()
    dataset.save_as(stream)
    return stream.getvalue()


def jpeg_lossless():
    """A real MR in process 14, whose syntax no real file here has."""
    dataset = dcmread(io.BytesIO(real("MR_small.dcm")))
    frame = imagecodecs.ljpeg_encode(dataset.pixel_array.view("u2"), bitspersample=16)
    dataset.file_meta.TransferSyntaxUID = JPEGLossless
    dataset.PixelData = encapsulate([frame])
    dataset["PixelData"].is_undefined_length = True
    return written(dataset)


def jpeg_extended_of_8_bits():
    """A secondary capture whose frame is a grey baseline JPEG, which is a legal JPEG Extended of 8 bits."""
    dataset = dcmread(io.BytesIO(real("SC_rgb_small_odd.dcm")))
    frame = io.BytesIO()
    Picture.linear_gradient("L").resize((dataset.Columns, dataset.Rows)).save(frame, "JPEG")
    dataset.file_meta.TransferSyntaxUID = JPEGExtended12Bit
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    del dataset.PlanarConfiguration
    dataset.PixelData = encapsulate([frame.getvalue()])
    dataset["PixelData"].is_undefined_length = True
    return written(dataset)


# An 8 by 8 ramp of 16 bits, 17 from one pixel to the next, in reversible HTJ2K and RPCL order (ITU-T T.814).
HTJ2K_RAMP = bytes.fromhex(
    "ff4fff5100294000000000080000000800000000000000000000000800000008000000000000000000010f0101ff50000800020000000aff52"
    "000c00020001000504044001ff5c00132088909090909090909090909090888888ff90000a0000000000590001ff93c0002643fd0507740000"
    "00c00012c00013009a01077400d8fc02877400c00013400013808af200827400628af900835400c0002a200015600000f0aa700275000e1d1c"
    "1cfec03181ecb600ffd9"
)


def ramp(syntax):
    """The ramp in a real MR, in this transfer syntax."""
    dataset = dcmread(io.BytesIO(real("MR_small.dcm")))
    dataset.Rows = dataset.Columns = 8
    dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 15, 0
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PixelData = struct.pack("<64H", *range(0, 64 * 17, 17))
    if syntax.is_encapsulated:
        dataset.PixelData = encapsulate([HTJ2K_RAMP])
        dataset["PixelData"].is_undefined_length = True
    return written(dataset)


@pytest.mark.parametrize("syntax", [HTJ2KLossless, HTJ2KLosslessRPCL, HTJ2K], ids=lambda syntax: syntax.name)
def test_high_throughput_jpeg_2000_is_stored_shown_and_copied(syntax, api):
    assert draw(ramp(syntax)) == draw(ramp(ExplicitVRLittleEndian))
    taken(api, ramp(syntax))


def test_jpeg_lossless_is_stored_shown_and_copied(api):
    assert draw(jpeg_lossless()) == draw(real("MR_small.dcm"))
    taken(api, jpeg_lossless())


def test_jpeg_extended_of_8_bits_is_stored_shown_and_copied(api):
    taken(api, jpeg_extended_of_8_bits())


def test_every_transfer_syntax_that_has_a_decoder_is_met():
    met = {dcmread(path, specific_tags=[]).file_meta.TransferSyntaxUID for path in TAKEN}
    made = {JPEGLossless, JPEGExtended12Bit, HTJ2KLossless, HTJ2KLosslessRPCL, HTJ2K}
    assert met | made == (NATIVE | COMPRESSED) - {*RETIRED_JPEG}
