"""Files as real devices write them are drawn right, and the research copy is drawn like the original."""

from io import SEEK_END, BytesIO

import numpy as np
import pytest
from PIL import Image

from dicom.deidentification import engine
from dicom.deidentification.engine import deidentify
from dicom.deidentification.pixels import write_pixels
from dicom.deidentification.scope import CannotBeCleaned
from dicom.opened_file import OpenedFile
from tests.kit import hostile
from tests.kit.cases import failures
from tests.kit.colour_cases import COLOUR_CASES
from tests.kit.grey_cases import GREY_CASES
from tests.kit.images import RAMP, grey, part10
from tests.kit.number_cases import NUMBER_CASES
from tests.kit.untrusted import SUBJECT, opened

pytestmark = pytest.mark.filterwarnings("ignore")  # as in the child process: pydicom warns of what real files do
CASES = {**GREY_CASES, **NUMBER_CASES, **COLOUR_CASES}
TOLERANCE = 1  # of 255


def difference(shown: Image.Image, expected: np.ndarray) -> int:
    """The greatest difference of two pictures, which must have one shape."""
    assert np.shape(shown) == expected.shape
    return int(np.abs(np.asarray(shown).astype(int) - expected).max())


def copy_of(original: OpenedFile) -> OpenedFile:
    copy = BytesIO()
    deidentify(original, SUBJECT, [], copy)
    return OpenedFile(copy)


def test_a_file_is_drawn_as_the_standard_asks():
    def check(case):
        data, expected = CASES[case]
        original = opened(data)
        original.describe()
        assert difference(original.image(0), expected) <= TOLERANCE

    assert failures(CASES, check) == {}


def test_a_copy_is_drawn_like_its_original():
    def check(case):
        original = opened(CASES[case][0])
        original.describe()
        assert difference(copy_of(original).image(0), np.asarray(original.image(0))) == 0

    assert failures(CASES, check) == {}


def changed(target: BytesIO, at: int, value: bytes) -> None:
    target.seek(at, SEEK_END)
    target.write(value)


DAMAGES = {
    "a pixel that differs": lambda target: changed(target, -2, b"\xff\x7f"),
    "a copy that ends too early": lambda target: target.truncate(len(target.getvalue()) - 2),
    "a copy of nothing": lambda target: target.truncate(0),
}


def test_a_copy_is_refused_unless_its_own_bytes_show_the_pixels_of_the_original(monkeypatch):
    def check(kind):
        def damaging(target, *arguments):
            write_pixels(target, *arguments)
            DAMAGES[kind](target)

        monkeypatch.setattr(engine, "write_pixels", damaging)
        with pytest.raises(CannotBeCleaned):
            copy_of(opened(part10(grey(RAMP))))

    assert failures(DAMAGES, check) == {}


def test_the_thumbnail_of_a_copy_is_drawn_from_the_copy(monkeypatch):
    drawn = []
    monkeypatch.setattr(OpenedFile, "image", lambda self, index: drawn.append(self.file))
    for data in (part10(grey(RAMP)), hostile.png()):
        deidentify(opened(data), SUBJECT, [], copy := BytesIO())
        assert drawn.pop() is copy
