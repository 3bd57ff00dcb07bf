"""The parts of dummy data: real images, and people and statements that are made up."""

import random
from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import cast

import factory
from django.core.files import File
from django.core.files.base import ContentFile
from PIL import Image as PILImage
from pydicom.data import get_testdata_file

from dicom.visits import draw
from imagery.models import Image
from label.models import State

# Files from pydicom, and larger ones from pydicom-data if it is installed: from real devices, without patients' names.
REAL_IMAGES = (
    "CT_small.dcm", "MR_small.dcm", "examples_ybr_color.dcm", "examples_overlay.dcm", "examples_rgb_color.dcm",
    "examples_palette.dcm", "examples_jpeg2k.dcm", "RG1_J2KI.dcm", "RG3_J2KI.dcm", "693_J2KI.dcm", "MR2_J2KI.dcm",
    "US1_J2KI.dcm", "emri_small.dcm", "JPEG-LL.dcm", "JPGLosslessP14SV1_1s_1f_8b.dcm", "explicit_VR-UN.dcm",
    "bad_sequence.dcm", "MR-SIEMENS-DICOM-WithOverlays.dcm", "image_dfl.dcm", "liver_1frame.dcm",
    "J2K_pixelrep_mismatch.dcm", "ExplVR_BigEnd.dcm", "color-px.dcm",
)  # fmt: skip
COMMENTS = (
    "Seen on this view only.", "Compare with the earlier study.", "Motion limits the reading.", "Stable.",
    "Second opinion requested.", "Left more than right.", "",
)  # fmt: skip


class PersonFactory(factory.DictFactory):
    first_name = factory.Faker("first_name")
    last_name = factory.Faker("last_name")


def create_person() -> dict[str, str]:
    """Make up a name; with the same seed the same one."""
    return cast("dict[str, str]", PersonFactory())


def image_files() -> Iterator[File]:
    """Give the real DICOM files, then pictures of their frames without end, no two alike."""
    paths = list(real_image_paths())
    yield from (File(path.open("rb")) for path in paths)
    for turn in count():
        yield from (picture_of_frame(path, turn) for path in paths)


def real_image_paths() -> Iterator[Path]:
    for name in REAL_IMAGES:
        path = get_testdata_file(name, download=False)
        if path:
            yield Path(str(path))


def picture_of_frame(path: Path, turn: int) -> ContentFile:
    """Draw a frame as PNG or, every second turn, as JPEG; one pixel narrower each turn, so that all bytes differ."""
    stream = BytesIO()
    with path.open("rb") as file, PILImage.open(BytesIO(draw(file, size=480))) as frame:
        frame.crop((0, 0, frame.width - turn % frame.width, frame.height)).save(stream, ("PNG", "JPEG")[turn % 2])
    return ContentFile(stream.getvalue())


def create_statement(chance: random.Random, image: Image) -> dict[str, object]:
    """Make up what a reader might say about an image."""
    state = chance.choices(State.values, weights=(5, 4, 2, 1))[0]
    return {
        "state": state,
        "confidence": chance.choice((None, round(chance.uniform(0.5, 1), 2))),
        "geometry": create_shape(chance, image) if state == State.PRESENT and chance.random() < 0.6 else None,
        "comment": chance.choice(COMMENTS),
    }


def create_shape(chance: random.Random, image: Image) -> dict[str, object]:
    """Make up a shape in the middle of a frame."""
    left, top = image.columns * chance.uniform(0.1, 0.4), image.rows * chance.uniform(0.1, 0.4)
    right, bottom = image.columns * chance.uniform(0.6, 0.9), image.rows * chance.uniform(0.6, 0.9)
    kind, points_in = chance.choice(list(SHAPES.items()))
    points = [[round(x, 1), round(y, 1)] for x, y in points_in(left, top, right, bottom)]
    return {"type": kind, "frame": chance.randrange(image.frames), "points": points}


PointsInBox = Callable[[float, float, float, float], list[tuple[float, float]]]
SHAPES: dict[str, PointsInBox] = {
    "point": lambda left, top, right, bottom: [(left, top)],
    "line": lambda left, top, right, bottom: [(left, top), (right, bottom)],
    "rectangle": lambda left, top, right, bottom: [(left, top), (right, bottom)],
    "ellipse": lambda left, top, right, bottom: [(left, top), (right, bottom)],
    "polygon": lambda left, top, right, bottom: [(left, top), (right, top), (right, bottom)],
}
