"""A research copy of a PNG or a JPEG shows what the original shows, and says nothing else."""

import hashlib
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from dicom.deidentification.manifest import Box
from dicom.refusals import Unreadable
from tests.kit.cases import failures
from tests.kit.untrusted import SECRETS, deidentify

WORDS = b"Anna Planted, born 3 February 1937"
GREYS = np.arange(256, dtype=np.uint8).reshape(16, 16)
COLOURS = np.stack([GREYS, GREYS[::-1], GREYS.T], axis=-1)


@pytest.fixture
def clean(tmp_path):
    """Clean the bytes of a picture; gives the copy's pixels, its bytes, and the manifest."""

    def cleaned(data, **options):
        (tmp_path / "original").write_bytes(data)
        target = tmp_path / "copy"
        manifest = deidentify(tmp_path / "original", target, **options).manifest
        return np.array(Image.open(target)), target.read_bytes(), manifest

    return cleaned


def saved(image, kind="PNG", **options):
    output = io.BytesIO()
    (Image.fromarray(image) if isinstance(image, np.ndarray) else image).save(output, kind, **options)
    return output.getvalue()


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def segment(marker, data):
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def with_chunk(name, data):
    """A PNG with one more chunk before its end."""
    png = saved(GREYS)
    return png[:-12] + chunk(name, data) + png[-12:]


def with_text(compressed):
    info = PngInfo()
    info.add_text("Author", WORDS.decode(), zip=compressed)
    return saved(GREYS, pnginfo=info)


def exif(orientation=1):
    tags = Image.Exif()
    tags[0x0112], tags[0x010E] = orientation, WORDS.decode()
    return tags


def icc():
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes() + WORDS


ORIGINALS = {
    "PNG tEXt": with_text(False),
    "PNG zTXt": with_text(True),
    "PNG iTXt": with_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + WORDS),
    "PNG eXIf": saved(GREYS, exif=exif()),
    "PNG tIME": with_chunk(b"tIME", b"\x07\x91\x02\x03\x00\x00\x00"),
    "PNG private chunk": with_chunk(b"anNa", WORDS),
    "PNG trailing data": saved(GREYS) + WORDS,
    "PNG ICC profile": saved(COLOURS, icc_profile=icc()),
    "JPEG comment": saved(COLOURS, "JPEG", comment=WORDS),
    "JPEG EXIF": saved(COLOURS, "JPEG", exif=exif()),
    "JPEG XMP": saved(COLOURS, "JPEG", xmp=WORDS),
    "JPEG ICC profile": saved(COLOURS, "JPEG", icc_profile=icc()),
    "JPEG trailing data": saved(COLOURS, "JPEG") + WORDS,
    "JPEG IPTC": saved(COLOURS, "JPEG", extra=segment(0xED, b"Photoshop 3.0\0" + WORDS)),
}  # fmt: skip


def chunks_of(png):
    names, at = [], 8
    while at < len(png):
        length = int.from_bytes(png[at : at + 4])
        names.append(png[at + 4 : at + 8])
        at += length + 12
    return names


def test_a_copy_holds_its_pixels_and_nothing_else(clean):
    def check(kind):
        _, png, _ = clean(ORIGINALS[kind])
        assert set(chunks_of(png)) == {b"IHDR", b"IDAT", b"IEND"}
        assert WORDS not in png

    assert failures(ORIGINALS, check) == {}


@pytest.mark.parametrize("image", [GREYS, COLOURS, GREYS.astype(np.uint16) * 257], ids=["grey", "colour", "16 bits"])
def test_the_pixels_of_a_png_stay(image, clean):
    pixels, _, manifest = clean(saved(image))
    assert (pixels == image).all()
    assert manifest.pixels_digest == SECRETS.digest("pixels", hashlib.sha256(image.tobytes()).hexdigest()).hex()


def test_a_jpeg_becomes_a_png_of_the_very_pixels_that_it_shows(clean):
    data = saved(COLOURS, "JPEG")
    pixels, _, manifest = clean(data)
    assert (pixels == np.array(Image.open(io.BytesIO(data)))).all()
    assert manifest.media_type == "image/png"
    assert manifest.profile == "Pixels alone: nothing else of the picture is copied"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_copy_is_upright(orientation, clean):
    turned = Image.fromarray(COLOURS)
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}.get(orientation)
    stored = turned if back is None else turned.transpose(Image.Transpose(back))
    pixels, _, _ = clean(saved(stored, exif=exif(orientation)))
    assert (pixels == COLOURS).all()


def test_colours_become_those_that_the_profile_means(clean):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    broken, _, _ = clean(saved(COLOURS, icc_profile=profile))
    assert (broken == COLOURS).all()


def test_what_is_transparent_becomes_black(clean):
    hidden = np.dstack([COLOURS, np.zeros((16, 16), np.uint8)])
    pixels, _, _ = clean(saved(hidden))
    assert not pixels.any()


def test_a_palette_becomes_its_colours(clean):
    pixels, _, _ = clean(saved(Image.fromarray(COLOURS).quantize(16)))
    assert (pixels == np.array(Image.fromarray(COLOURS).quantize(16).convert("RGB"))).all()


def test_a_box_is_black_where_the_upright_image_has_it(clean):
    pixels, _, _ = clean(saved(COLOURS, exif=exif(6)), boxes=[Box(None, left=2, top=3, width=4, height=5)])
    assert not pixels[3:8, 2:6].any()
    assert pixels[8:, 6:].any()


def test_a_box_of_a_second_frame_is_refused(clean):
    with pytest.raises(Unreadable, match="outside"):
        clean(saved(GREYS), boxes=[Box(1, 0, 0, 4, 4)])
