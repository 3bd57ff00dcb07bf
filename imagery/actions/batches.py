"""Upload many files: each as if it came alone, with an outcome in place of an exception."""

import logging
from dataclasses import dataclass
from enum import StrEnum
from typing import Unpack

from accounts.models import User
from core import errors
from core.actions import recorded_by
from imagery.actions.uploads import About, find_existing, keep_upload, upload_image
from imagery.importing.parts import SKIPPED, Part
from imagery.intake import describe_upload
from imagery.models import Image

logger = logging.getLogger(__name__)

FAILED = ("failed", "Harrison failed on this file. The log tells your administrator why.")


class Outcome(StrEnum):
    STORED = "stored"
    EXISTING = "already there"
    REFUSED = "refused"
    SKIPPED = "skipped"
    READABLE = "can be read"  # of a file that is only checked


UPLOAD_OUTCOMES = (Outcome.STORED, Outcome.EXISTING, Outcome.REFUSED, Outcome.SKIPPED)


@dataclass(frozen=True)
class PartResult:
    """The outcome for one file."""

    name: str  # for the sender's report alone
    outcome: Outcome
    code: str = ""
    detail: str = ""
    image: Image | None = None


def upload_part(*, by: User, part: Part, **about: Unpack[About]) -> PartResult:
    """Upload one file of a batch, in a transaction and a revision of its own."""
    if part.skipped:
        return PartResult(part.name, Outcome.SKIPPED, part.skipped, SKIPPED[part.skipped])
    try:
        with part.receive() as upload:
            image, added = keep_upload(by=by, upload=upload, **about)
    except Exception as exc:
        return PartResult(part.name, Outcome.REFUSED, *refusal_of(exc))
    return PartResult(part.name, Outcome.STORED if added else Outcome.EXISTING, image=image)


def check_part(*, by: User, part: Part) -> PartResult:
    """Predict the outcome of `upload_part` without storing anything."""
    if part.skipped:
        return PartResult(part.name, Outcome.SKIPPED, part.skipped, SKIPPED[part.skipped])
    try:
        with part.receive() as upload:
            existing = find_existing(by, upload)
            if not existing:
                describe_upload(upload)
    except Exception as exc:
        return PartResult(part.name, Outcome.REFUSED, *refusal_of(exc))
    return PartResult(part.name, Outcome.EXISTING if existing else Outcome.READABLE, image=existing)


def refusal_of(exc: Exception) -> tuple[str, str]:
    """Return the code and the sentence that a single upload would get; a bug with one file does not stop the others."""
    error = errors.as_api_exception(exc)
    if error is None:
        logger.error("a file of a batch could not be uploaded", exc_info=exc)
        return FAILED
    body = errors.describe_error(error)
    return body["code"], body["detail"]


recorded_by(upload_image, upload_part)
