"""Redact research copies, and remake them after a study got another patient."""

from collections.abc import Sequence
from contextlib import suppress
from contextvars import copy_context
from time import monotonic
from typing import Any

from django.db import transaction

from accounts.models import User
from core.actions import Undo, recorded, recorded_by
from core.exceptions import Conflict
from dicom.deidentification.manifest import Box
from dicom.visits import open_file
from imagery import files
from imagery.intake import explain_unreadable
from imagery.models import Deidentification, Image, MediaType, Release, ReplacedCopy, Study
from imagery.research_copies import Copy, make_copy, subject_of

REMAKING_SECONDS = 5.0  # of a request
MOVED = "Its study got another patient. Its research copy is being remade."
CORRECTED = "The sex or the age of its patient was corrected. Its research copy is being remade."
REDACTED = "Boxes were drawn. Check the redacted preview, then release it."
DIFFERENT = "Its new research copy differs from the old one. Check the redacted preview, then release it."


def copy_for(image: Image, boxes: Sequence[Box], undo: Undo) -> Copy:
    """Make a research copy for the patient that the study shows now."""
    subject = subject_of(image.study.patient, image.owner, image.study.uid, image.study.age)
    with explain_unreadable("boxes"), files.originals().local(image.original) as file, open_file(file) as visit:
        return make_copy(visit, subject, boxes, undo)


def redact_image(*, by: User, image: Image, boxes: Sequence[Box]) -> Image:
    """Black out boxes in a new research copy, which waits for its owner.

    The copy is made before the transaction of `save_redacted_copy` opens.
    """
    with Undo() as undo:
        copy = copy_for(image, boxes, undo)
        if not copy.name:
            raise Conflict(copy.reason)
        return save_redacted_copy(by=by, image=image, copy=copy)


@recorded("redacted")
def save_redacted_copy(*, by: User, image: Image, copy: Copy) -> Image:
    refuse_if_changed(image, "This image was changed while its copy was made. Look at it and draw the boxes again.")
    return replace_copy(image, copy, release_state=Release.QUARANTINED, release_reason=REDACTED, held_back=False)


def remake_copy(*, by: User | None, image: Image) -> Image:
    """Remake the research copy with its boxes; if that fails, the present copy stays.

    The copy is made before the transaction of `save_remade_copy` opens.
    """
    with Undo() as undo:
        copy = copy_for(image, boxes_on(image), undo)
        if image.research and not copy.name:
            raise Conflict(copy.reason)
        return save_remade_copy(by=by, image=image, copy=copy)


@recorded("remade")
def save_remade_copy(*, by: User | None, image: Image, copy: Copy) -> Image:
    refuse_if_changed(image, "This image was changed while its copy was made. Try again.")
    return replace_copy(image, copy, **release_of(image, copy))


def release_of(image: Image, copy: Copy) -> dict[str, Any]:
    """Return the release columns that a new copy gives an image.

    The new copy of a released image is released if it shows the same. An image that waits goes on waiting. A first copy
    is treated as that of an upload.
    """
    if not image.research:
        return {"release_state": copy.state, "release_reason": copy.reason}
    if not image.held_back and image.release_state != Release.RELEASED:
        return {}
    if shows_the_same(image, copy) or (copy.state == Release.RELEASED and not boxes_on(image)):
        return {"release_state": Release.RELEASED, "release_reason": "", "held_back": False}
    return {"release_state": Release.QUARANTINED, "release_reason": DIFFERENT, "held_back": False}


def shows_the_same(image: Image, copy: Copy) -> bool:
    """Whether the owner has seen these pixels with these boxes."""
    before = Deidentification.objects.filter(image=image).values_list("manifest", flat=True).first()
    if before is None or copy.manifest is None:
        return False
    return all(before[key] == copy.manifest[key] for key in ("pixels_digest", "boxes"))


def boxes_on(image: Image) -> list[Box]:
    done = Deidentification.objects.filter(image=image).first()
    return [Box(**box) for box in done.manifest["boxes"]] if done else []


def refuse_if_changed(image: Image, sentence: str) -> None:
    """Lock the row, and raise `Conflict` if it changed since the making of the copy began."""
    locked = Image.objects.select_for_update(of=("self",)).get(pk=image.pk)
    if locked.version != image.version:
        raise Conflict(sentence)


def replace_copy(image: Image, copy: Copy, **release: Any) -> Image:
    """Let an image name a new copy. The old one is only marked: `reconcile_files` deletes its bytes a week later."""
    if image.research:
        ReplacedCopy.objects.create(name=image.research)
    save_manifest(image, copy)
    return image.change(research=copy.name, research_sha256=copy.sha256, research_patient=copy.patient, **release)


def save_manifest(image: Image, copy: Copy) -> None:
    done = Deidentification.objects.filter(image=image).first()
    if done and copy.manifest:
        done.change(manifest=copy.manifest)
    elif copy.manifest:
        Deidentification.objects.create(image=image, manifest=copy.manifest)


def remake_after_correction(*, by: User, study: Study) -> None:
    """Take copies that state a former sex or age out of research, and have them remade."""
    Image.objects.with_copy().filter(study=study, media_type=MediaType.DICOM).change_all(research_patient=None)
    requarantine_after_patient_change(by=by, study=study, reason=CORRECTED)


def requarantine_after_patient_change(*, by: User, study: Study, reason: str = MOVED) -> None:
    """Take copies with the pseudonym of the study's former patient out of research, and bring back fitting ones.

    A copy fits again if the study belonged to this patient before. Missing copies are made after the commit.
    """
    images = Image.objects.select_for_update(of=("self",)).filter(study=study)
    outdated, fitting = images.outdated(), images.fitting()
    leaving, returning = outdated.filter(release_state=Release.RELEASED), fitting.filter(held_back=True)
    leaving.change_all(release_state=Release.QUARANTINED, release_reason=reason, held_back=True)
    returning.change_all(release_state=Release.RELEASED, release_reason="", held_back=False)
    if outdated.exists():
        # In its own context, so that the event of this request names its revision and not those of the copies.
        transaction.on_commit(lambda: copy_context().run(remake_in_time, by, study), robust=True)


def remake_in_time(by: User, study: Study) -> None:
    """Remake the copies of a study for `REMAKING_SECONDS`; `manage.py remake_copies` makes the rest."""
    deadline = monotonic() + REMAKING_SECONDS
    for image in Image.objects.outdated().filter(study=study).select_related("study__patient", "owner"):
        if monotonic() > deadline:
            return
        with suppress(Conflict):
            remake_copy(by=by, image=image)


recorded_by(save_redacted_copy, redact_image)
recorded_by(save_remade_copy, remake_copy)
