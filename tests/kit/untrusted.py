"""Untrusted files described, drawn and de-identified in this process, without the sandbox around it."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from dicom.deidentification import engine
from dicom.deidentification.engine import Outcome
from dicom.deidentification.manifest import Box
from dicom.deidentification.replacements import Secrets, Subject
from dicom.description import Description
from dicom.limits import LIMITS, Limits
from dicom.opened_file import OpenedFile
from dicom.worker import answer_request

SECRETS = Secrets(b"a key of thirty-two bytes or more", "test")
SUBJECT = Subject(SECRETS, "a patient", "P-1")


def opened(content: bytes | Path, limits: Limits = LIMITS) -> OpenedFile:
    return OpenedFile(BytesIO(content if isinstance(content, bytes) else Path(content).read_bytes()), limits)


def describe(content: bytes | Path, limits: Limits = LIMITS) -> Description:
    return opened(content, limits).describe()


def reason(content: bytes, limits: Limits = LIMITS) -> str:
    """The reason why a file is refused, or has no picture; "" if neither."""
    reply, _ = answer_request(opened(content, limits), {"do": "describe"}, None)
    return reply.get("refused") or reply["description"]["no_picture"]


def draw(content: bytes | Path, *, frame=0, size=None, window=None, limits: Limits = LIMITS) -> bytes:
    return opened(content, limits).draw(frame, size, window)


def drawn(content: bytes | Path, **request) -> np.ndarray:
    """The values of a picture: rows × columns [× 3]."""
    return np.asarray(Image.open(BytesIO(draw(content, **request))))


def deidentify(source: Path, target: Path, subject: Subject = SUBJECT, boxes: Sequence[Box] = ()) -> Outcome:
    """Write the research copy of one file to another."""
    with target.open("w+b") as file:
        return engine.deidentify(opened(source), subject, boxes, file)


def setting(**values):
    """Return a function that sets these attributes of a data set."""

    def change(dataset):
        for keyword, value in values.items():
            setattr(dataset, keyword, value)

    return change
