"""What made-up data is made of: real images, believable words, and nobody who exists."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import factory
from pydicom.data import get_testdata_file

from imagery.models import Image
from label.models import State

# Files that pydicom brings, and larger ones that pydicom-data adds where it is installed: real devices, nobody's names.
REAL_IMAGES = (
    "CT_small.dcm", "MR_small.dcm", "examples_ybr_color.dcm", "examples_overlay.dcm", "examples_rgb_color.dcm",
    "examples_palette.dcm", "examples_jpeg2k.dcm", "RG1_J2KI.dcm", "RG3_J2KI.dcm", "693_J2KI.dcm", "MR2_J2KI.dcm",
    "US1_J2KI.dcm", "emri_small.dcm", "JPEG-LL.dcm", "JPGLosslessP14SV1_1s_1f_8b.dcm", "explicit_VR-UN.dcm",
    "bad_sequence.dcm", "MR-SIEMENS-DICOM-WithOverlays.dcm", "image_dfl.dcm", "liver_1frame.dcm",
    "J2K_pixelrep_mismatch.dcm", "ExplVR_BigEnd.dcm", "color-px.dcm",
)  # fmt: skip

COMMENTS = (
    "Seen on this view only.", "Compare with the earlier study.", "Motion limits the reading.", "Stable.",
    "Second opinion asked for.", "Left more than right.", "",
)  # fmt: skip


class PersonFactory(factory.DictFactory):
    """A made-up colleague; with a seed, the same one every time."""

    first_name = factory.Faker("first_name")
    last_name = factory.Faker("last_name")


def person() -> dict[str, str]:
    return cast(dict[str, str], PersonFactory())


def real_images() -> Iterator[Path]:
    """Those of the files that are on this machine."""
    for name in REAL_IMAGES:
        found = get_testdata_file(name, download=False)
        if found:
            yield Path(str(found))


def believable(chance: random.Random, image: Image) -> dict[str, Any]:
    """What a reader might say of an image."""
    state = chance.choices(State.values, weights=(5, 4, 2, 1))[0]
    return {
        "state": state,
        "confidence": chance.choice((None, round(chance.uniform(0.5, 1), 2))),
        "geometry": shape(chance, image) if state == State.PRESENT and chance.random() < 0.6 else None,
        "comment": chance.choice(COMMENTS),
    }


def shape(chance: random.Random, image: Image) -> dict[str, Any]:
    """A shape somewhere in the middle of a frame."""
    left, top = image.columns * chance.uniform(0.1, 0.4), image.rows * chance.uniform(0.1, 0.4)
    right, bottom = image.columns * chance.uniform(0.6, 0.9), image.rows * chance.uniform(0.6, 0.9)
    kind, corners = chance.choice(list(SHAPES.items()))
    points = [[round(x, 1), round(y, 1)] for x, y in corners(left, top, right, bottom)]
    return {"type": kind, "frame": chance.randrange(image.frames), "points": points}


Corners = Callable[[float, float, float, float], list[tuple[float, float]]]
SHAPES: dict[str, Corners] = {
    "point": lambda left, top, right, bottom: [(left, top)],
    "line": lambda left, top, right, bottom: [(left, top), (right, bottom)],
    "rectangle": lambda left, top, right, bottom: [(left, top), (right, bottom)],
    "ellipse": lambda left, top, right, bottom: [(left, top), (right, bottom)],
    "polygon": lambda left, top, right, bottom: [(left, top), (right, top), (right, bottom)],
}
