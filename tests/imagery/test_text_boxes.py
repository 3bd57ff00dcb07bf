"""Boxes are proposed where a picture shows text: by an extra that need not be there, and that reads nothing."""

import logging
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont
from pydicom.data import get_testdata_file

from imagery import files, text_boxes
from imagery.models import Image
from tests.kit import needs
from tests.kit.api import where
from tests.kit.untrusted import draw

ROOT = Path(__file__).parents[2]
NAME, PLACE = "QUILLON JANE 1944", (60, 300)  # left and top


def drawn(text: str = NAME) -> bytes:
    """A dark picture with a line of light text, as an ultrasound has it."""
    picture = Picture.new("L", (640, 480), 30)
    ImageDraw.Draw(picture).text(PLACE, text, fill=230, font=ImageFont.load_default(28))
    stream = BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def upload(client, content: bytes) -> Image:
    answer = client.post(reverse("image-list"), {"file": SimpleUploadedFile("a", content)}, format="multipart")
    return Image.objects.get(pk=answer.json()["id"])


@pytest.fixture
def photo(api):
    return upload(api, drawn())


# --- With the extra ---------------------------------------------------------------------------------------------------


@needs.ocr
def test_a_box_lies_around_the_text(api, photo):
    told = api.get(where("image-text-boxes", photo)).json()
    (box,) = told["boxes"]
    left, top = PLACE
    assert told["frames"] == [0] and box["confidence"] > 0.5
    assert box["left"] <= left and left + 200 < box["left"] + box["width"] < left + 400
    assert box["top"] <= top + 8 and top + 24 <= box["top"] + box["height"] < top + 60


def covers(box: dict, left: int, top: int, right: int, bottom: int) -> bool:
    across = box["left"] <= left and right <= box["left"] + box["width"]
    return across and box["top"] <= top and bottom <= box["top"] + box["height"]


@needs.ocr
def test_a_name_on_a_real_ultrasound_is_found_among_its_scales(api):
    frame = draw(Path(get_testdata_file("examples_rgb_color.dcm", download=False)))
    with Picture.open(BytesIO(frame)) as picture:
        written = picture.convert("RGB")
    ImageDraw.Draw(written).text((20, 200), NAME, fill=(230, 230, 230), font=ImageFont.load_default(20))
    stream = BytesIO()
    written.save(stream, "PNG")
    boxes = api.get(where("image-text-boxes", upload(api, stream.getvalue()))).json()["boxes"]
    assert any(covers(box, 22, 206, 205, 220) for box in boxes) and len(boxes) > 10


@needs.ocr
@pytest.mark.parametrize("name", ["CT_small.dcm", "693_J2KR.dcm"])
def test_the_whole_of_a_picture_is_no_proposal(api, name):
    with open(str(get_testdata_file(name, download=False)), "rb") as file:
        image = upload(api, file.read())
    assert api.get(where("image-text-boxes", image)).json()["boxes"] == []


@needs.ocr
def test_no_box_lies_where_no_text_is(api):
    assert api.get(where("image-text-boxes", upload(api, drawn("")))).json()["boxes"] == []


@needs.ocr
def test_what_is_proposed_can_be_drawn_as_it_is(api, photo):
    proposed = api.get(where("image-text-boxes", photo)).json()
    assert api.post(where("image-redact", photo), proposed).status_code == 200
    copy = Picture.open(files.research_copies().path(Image.objects.get().research))
    assert copy.getextrema()[1] <= 60  # nothing light is left


@needs.ocr
def test_a_proposal_changes_nothing(api, photo):
    api.get(where("image-text-boxes", photo))
    after = Image.objects.get()
    assert (after.version, after.release_state, after.research) == (
        photo.version,
        "quarantined",
        photo.research,
    )


@needs.ocr
def test_what_stands_there_is_told_nowhere(api, photo, caplog):
    caplog.set_level(logging.DEBUG)
    told = api.get(where("image-text-boxes", photo))
    assert not [word for word in NAME.split() if word in told.content.decode() + caplog.text]


@needs.ocr
def test_the_model_that_reads_letters_is_not_loaded():
    script = (
        "import numpy; from dicom.text import worker; detect = worker.load_detector()\n"
        "detect(numpy.zeros((64, 64, 3), dtype=numpy.uint8)); print(detect.text_det is None, detect.text_rec is None)"
    )
    told = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["False", "True"]


@needs.ocr
def test_a_frame_that_is_not_there_is_refused(api, photo):
    assert api.get(where("image-text-boxes", photo), {"frame": 1}).status_code == 400


@needs.ocr
@pytest.mark.parametrize("script", ["raise SystemExit(1)", "print('what')", "import time; time.sleep(9)"])
def test_a_child_that_fails_or_takes_too_long_is_told_as_busy(api, photo, monkeypatch, script):
    monkeypatch.setattr(text_boxes, "COMMAND", [sys.executable, "-c", script])
    monkeypatch.setattr(text_boxes, "TIMEOUT_SECONDS", 1)
    answer = api.get(where("image-text-boxes", photo))
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")


# --- Without it -------------------------------------------------------------------------------------------------------


def test_without_the_extra_the_answer_says_what_is_missing(api, photo, monkeypatch):
    monkeypatch.setattr(text_boxes, "find_spec", lambda name: None)
    answer = api.get(where("image-text-boxes", photo))
    assert (answer.status_code, answer.json()["code"]) == (501, "not_installed")
    assert "requirements-ocr.txt" in answer.json()["detail"]


def test_a_colleague_is_proposed_nothing(photo, client_of, colleague, team):
    photo.study.shared_with.set([team])
    assert client_of(colleague).get(where("image-text-boxes", photo)).status_code == 404


def test_the_base_does_not_need_the_extra():
    base = (ROOT / "requirements.txt").read_text()
    assert not [name for name in ("rapidocr", "onnxruntime", "opencv") if name in base]
