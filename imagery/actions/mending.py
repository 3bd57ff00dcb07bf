"""What happens to images whose files and rows do not agree. Nothing is destroyed, and nothing is made up."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from accounts.models import User
from core.actions import recorded, recorded_by
from core.exceptions import Conflict
from imagery import intake, research_copies
from imagery.actions.copies import boxes_on, tell
from imagery.models import Image, Release
from imagery.reconciliation import Fault, Finding

LOST = "Its research copy was lost and has been made anew: look at the redacted preview, then release it."
ALTERED = "Its research copy is damaged and cannot be made anew."
DONE = {
    Release.RELEASED: "made anew, byte for byte as it was",
    Release.QUARANTINED: "made anew, and waits until its owner releases it",
    Release.REFUSED: "cannot be made any more; its owner reads why",
}


def mend(*, by: User | None, finding: Finding) -> str:
    """Put right what can be, and say how. Raises `Conflict` with the reason where it cannot."""
    if finding.fault is Fault.LEFTOVER and finding.clear:
        finding.clear()
        return "cleared away"
    if finding.fault is Fault.ORPHAN:
        return f"moved to {finding.room.storage.set_aside(finding.name)}"
    image = Image.objects.get(**{finding.room.field: finding.name})
    if finding.room.field == "original":
        raise Conflict(f"Only a backup has these bytes, of SHA-256 {image.sha256}.")
    return mend_copy(by=by, finding=finding, image=image)


def mend_copy(*, by: User | None, finding: Finding, image: Image) -> str:
    """A copy can be made again while its original is as it came; until then research gets no damaged one."""
    try:
        renewed = renew_copy(by=by, image=image)
    except Conflict as exc:
        if finding.fault is Fault.ALTERED:
            withhold_image(by=by, image=image)
        raise Conflict(f"The copy cannot be made anew: {exc}") from exc
    if finding.fault is Fault.ALTERED:
        finding.room.storage.set_aside(finding.name)
    return DONE[Release(renewed.release_state)]


def renew_copy(*, by: User | None, image: Image) -> Image:
    """Make the research copy of an image once more, with the boxes that were drawn.

    The copy is made before the transaction of `put_renewed` opens.
    """
    boxes = boxes_on(image)
    subject = research_copies.subject_of(image.study.patient, image.owner, image.study.uid)
    with intact_original(image) as file, research_copies.copied(file, subject, boxes, image=image.pk) as copy:
        return put_renewed(by=by, image=image, copy=copy)


@contextmanager
def intact_original(image: Image) -> Iterator[BinaryIO]:
    if not image.original.storage.exists(str(image.original.name)):
        raise Conflict("its original is not there.")
    with intake.local(image.original) as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != image.sha256:  # type: ignore[arg-type]
            raise Conflict("its original is altered.")
        file.seek(0)
        yield file


@recorded("renewed")
def put_renewed(*, by: User | None, image: Image, copy: research_copies.Copy) -> Image:
    """Let the new copy take its place. Unless it is the old one byte for byte, somebody looks before research does."""
    held = Image.objects.select_for_update(of=("self",)).get(pk=image.pk)
    if held.version != image.version:
        raise Conflict("it was changed at the same moment.")
    if copy.name and copy.sha256 == image.research_sha256:
        return image.change(research=copy.name, research_patient=copy.patient)
    if copy.name:
        tell(image, copy)
    look = image.release_reason if image.release_state == Release.QUARANTINED else LOST
    return image.change(
        research=copy.name,
        research_sha256=copy.sha256,
        research_patient=copy.patient,
        release_state=Release.QUARANTINED if copy.name else Release.REFUSED,
        release_reason=look if copy.name else copy.reason,
    )


@recorded("withheld")
def withhold_image(*, by: User | None, image: Image) -> Image:
    """Take an image back from research."""
    if image.release_state != Release.RELEASED:
        return image
    return image.change(release_state=Release.QUARANTINED, release_reason=ALTERED)


recorded_by(put_renewed, renew_copy)
