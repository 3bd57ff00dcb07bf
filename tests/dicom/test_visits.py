"""One visit describes a file, makes its research copy and draws the copy's thumbnail: parsed once, decoded once."""

import hashlib
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image, ImageCms
from pydicom.data import get_testdata_file

from dicom.deidentification.manifest import Box
from dicom.refusals import Unreadable
from dicom.visits import describe, draw, open_file
from tests.kit import hostile, untrusted
from tests.kit.untrusted import SUBJECT

ROOT = Path(__file__).parents[2]


@contextmanager
def visiting(path):
    with open(path, "rb") as file, open_file(file) as visit:
        yield visit


def copied(source, target, boxes=()):
    with visiting(source) as visit, target.open("w+b") as file:
        return visit.deidentify(SUBJECT, file, boxes)


def picture(name):
    def save(path):
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        exif = Image.Exif()
        exif[0x0112] = 6  # orientation
        options = {"exif": exif} if name.startswith("turned") else {"icc_profile": srgb}
        Image.new("RGB", (300, 200), (200, 3, 4)).save(path, name.rpartition(".")[2], **options)
        return path

    return save


# One of every kind of coding, each with a decoder of its own, and pictures with what must be applied to them.
REAL = [
    "CT_small.dcm", "image_dfl.dcm", "MR_small_RLE.dcm", "SC_rgb_jpeg_gdcm.dcm", "JPEG-LL.dcm", "JPGExtended.dcm",
    "JPGLosslessP14SV1_1s_1f_8b.dcm", "MR_small_jpeg_ls_lossless.dcm", "JPEG2000.dcm", "693_J2KR.dcm",
    "examples_ybr_color.dcm", "examples_palette.dcm", "OBXXXX1A_expb.dcm",
]  # fmt: skip
FILES = {name: lambda _, name=name: get_testdata_file(name, download=False) for name in REAL}
FILES |= {name: picture(name) for name in ("turned.jpeg", "turned.png", "profiled.jpeg", "profiled.png")}


@pytest.mark.parametrize("boxes", [(), (Box(None, 0, 0, 3, 3),)], ids=["as it is", "with a box"])
@pytest.mark.parametrize("name", FILES)
def test_what_is_made_in_the_sandbox_is_what_is_made_outside(name, boxes, tmp_path):
    source = FILES[name](tmp_path / name)
    copy = copied(source, tmp_path / "copy", boxes)
    outside = untrusted.deidentify(source, tmp_path / "outside", boxes=boxes)
    content = (tmp_path / "copy").read_bytes()
    assert content == (tmp_path / "outside").read_bytes()
    assert (copy.state, copy.reasons) == (outside.assessment.state, outside.assessment.reasons)
    facts = {"sha256": hashlib.sha256(content).hexdigest(), "boxes": [vars(box) for box in boxes]}
    assert copy.manifest == outside.manifest.as_json() | facts
    assert copy.thumbnail == draw_path(tmp_path / "copy", size=256)
    assert describe_path(source) == untrusted.describe(source)


def draw_path(path, **request):
    with open(path, "rb") as file:
        return draw(file, **request)


def describe_path(path):
    with open(path, "rb") as file:
        return describe(file)


def test_a_visit_parses_once_and_decodes_each_frame_once(monkeypatch, tmp_path):
    counts = {"outline": 0, "decode_frame": 0}
    for module, name in (("part10", "outline"), ("frames", "decode_frame")):
        original = getattr(__import__(f"dicom.parsing.{module}", fromlist=[name]), name)

        def counted(*told, name=name, original=original):
            counts[name] += 1
            return original(*told)

        monkeypatch.setattr(f"dicom.parsing.{module}.{name}", counted)
    opened = untrusted.opened(get_testdata_file("emri_small_jpeg_2k_lossless.dcm", download=False))
    opened.describe()
    opened.draw(0, None, None)
    with (tmp_path / "copy").open("w+b") as target:
        untrusted.engine.deidentify(opened, SUBJECT, [], target)
    assert counts == {
        "outline": 4,
        "decode_frame": 20,
    }  # meta information, data set and 10 frames of the original and of its copy


def test_a_box_outside_the_image_is_refused(tmp_path):
    with pytest.raises(Unreadable, match="outside"):
        copied(get_testdata_file("CT_small.dcm", download=False), tmp_path / "copy", [Box(None, 500, 0, 5, 5)])


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"GIF89a", "PNG, JPEG or DICOM"), (hostile.png()[:-30], "too early"), (hostile.native(), "not known")],
    ids=["another format", "cut short", "not an image class"],
)
def test_no_copy_is_made_of_what_cannot_be_cleaned_and_the_reason_is_given(content, reason, tmp_path):
    (tmp_path / "file").write_bytes(content)
    copy = copied(tmp_path / "file", tmp_path / "copy")
    assert (copy.state, copy.manifest, copy.thumbnail) == ("refused", None, b"")
    assert reason in copy.reasons[0]


@pytest.mark.parametrize("window", [(float("nan"), 1), (0, float("inf"))])
def test_a_window_that_json_cannot_say_is_refused(window, tmp_path):
    (tmp_path / "file").write_bytes(hostile.png())
    with pytest.raises(Unreadable, match="finite"):
        draw_path(tmp_path / "file", window=window)


def test_one_visit_answers_several_requests(tmp_path):
    with visiting(get_testdata_file("CT_small.dcm", download=False)) as visit:
        assert visit.describe().rows == 128
        assert visit.draw(size=8) == visit.draw(size=8)
        with pytest.raises(Unreadable, match="no such frame"):
            visit.draw(frame=1)
        assert visit.describe().rows == 128


def test_the_asking_process_loads_neither_pydicom_nor_numpy_nor_a_decoder():
    heavy = ("imagecodecs", "numpy", "PIL", "pydicom")
    script = f"import sys, dicom.visits; print(*[name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
