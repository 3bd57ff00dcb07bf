"""How many images come in: each as if it came alone, and what became of it told rather than raised."""

import logging
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from core import errors
from core.actions import recorded_by
from imagery.actions.uploads import find_existing, keep_upload, upload_image
from imagery.importing.parts import SKIPPED, Part
from imagery.intake import describe_upload, spool
from imagery.models import Image

logger = logging.getLogger(__name__)

OUTCOMES = STORED, THERE, REFUSED, PASSED_OVER = "stored", "already there", "refused", "skipped"
GOOD = "can be read"  # of a file that is only looked at
FAILED = ("failed", "Something failed on our side: the log says what.")


@dataclass(frozen=True)
class Outcome:
    """What became of one file."""

    name: str  # for whoever sent it, and for nobody else
    outcome: str
    code: str = ""
    detail: str = ""
    image: Image | None = None


def take(*, by: User, part: Part, **about: Any) -> Outcome:
    """Upload one file of many, in a transaction and a revision of its own."""
    if part.skipped:
        return Outcome(part.name, PASSED_OVER, part.skipped, SKIPPED[part.skipped])
    try:
        with spool(part.chunks()) as upload:
            image = keep_upload(by=by, upload=upload, **about)
    except Exception as exc:
        return Outcome(part.name, REFUSED, *reason(exc))
    return Outcome(part.name, STORED if image.is_new else THERE, image=image)


def look_at(*, by: User, part: Part) -> Outcome:
    """What `take` would most likely say; nothing is kept."""
    if part.skipped:
        return Outcome(part.name, PASSED_OVER, part.skipped, SKIPPED[part.skipped])
    try:
        with spool(part.chunks()) as upload:
            known = find_existing(by, upload)
            if known is None:
                describe_upload(upload)
    except Exception as exc:
        return Outcome(part.name, REFUSED, *reason(exc))
    return Outcome(part.name, THERE if known else GOOD, image=known)


def reason(exc: Exception) -> tuple[str, str]:
    """The code and the sentence that the same file gets when it is sent alone; no fault of ours ends the others."""
    known = errors.as_api_exception(exc)
    if known is None:
        logger.error("a file of many could not be taken", exc_info=exc)
        return FAILED
    told = errors.describe_error(known)
    return told["code"], told["detail"]


recorded_by(upload_image, take)
