"""What happens to images once they are in."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from core.actions import Refused, recorded
from imagery import intake, research
from imagery.deidentification.manifest import Box
from imagery.models import Deidentification, Image, Release, research_copies
from imagery.storage import let_go


def tell(image: Image, copy: research.Copy) -> None:
    """Keep what was done to make a copy."""
    told = Deidentification.objects.filter(image=image).first()
    if told:
        told.change(manifest=copy.manifest)
    elif copy.manifest:
        Deidentification.objects.create(image=image, manifest=copy.manifest)


@recorded("archived")
def archive_image(*, by: User, image: Image) -> Image:
    return image.change(archived_at=image.archived_at or timezone.now())


@recorded("restored")
def restore_image(*, by: User, image: Image) -> Image:
    if image.study.archived:
        raise Refused("The study of this image is archived: restore the study first.")
    return image.change(archived_at=None)


def redact_image(*, by: User, image: Image, boxes: Sequence[Box]) -> Image:
    """Black out boxes in a new research copy, which its owner looks at before releasing it.

    The copy is made before the transaction of `put_copy` opens.
    """
    subject = research.subject_of(image.study.patient, image.owner, image.study.uid)
    with intake.local(image.original) as file, research.copied(file, subject, boxes) as copy:
        if not copy.name:
            raise Refused(copy.reason)
        return put_copy(by=by, image=image, copy=copy)


@recorded("redacted")
def put_copy(*, by: User, image: Image, copy: research.Copy) -> Image:
    """Let a new research copy take the place of the old one, whose bytes go once that has happened."""
    held = Image.objects.select_for_update(of=("self",)).get(pk=image.pk)
    if held.version != image.version:
        raise Refused("This image was changed while the boxes were drawn: look at it and draw them again.")
    old = held.research.name or ""
    tell(image, copy)
    if old:
        transaction.on_commit(lambda: let_go(research_copies(), old))
    return image.change(
        research=copy.name,
        research_sha256=copy.sha256,
        release_state=Release.QUARANTINED,
        release_reason="Boxes were drawn: look at the redacted preview, then release it.",
    )


@recorded("released")
def release_image(*, by: User, image: Image) -> Image:
    if image.release_state == Release.REFUSED:
        raise Refused(f"No research copy of this image can be made. {image.release_reason}")
    return image.change(release_state=Release.RELEASED, release_reason="")
