"""What happens to research copies: boxes are drawn, and copies are made anew for whom their study shows now."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from contextvars import copy_context
from time import monotonic
from typing import Any

from django.db import transaction

from accounts.models import User
from core.actions import recorded, recorded_by
from core.exceptions import Conflict
from dicom.deidentification.manifest import Box
from imagery import files, intake, research_copies
from imagery.models import Deidentification, Image, Release, Study
from imagery.storage import let_go

AT_ONCE = 5.0  # seconds that new copies may take of a request; those that are left are for `manage.py remake_copies`
MOVED = "Its study has become another patient's: its research copy is being made anew."
DRAWN = "Boxes were drawn: look at the redacted preview, then release it."
DIFFERENT = "Its new research copy does not show what the old one did: look at the redacted preview, then release it."


@contextmanager
def new_copy(image: Image, boxes: Sequence[Box]) -> Iterator[research_copies.Copy]:
    """A copy for whom the study shows; removed again if what follows fails.

    Whichever of the two is not the image's in the end is found, should a crash come before it has been removed.
    """
    subject = research_copies.subject_of(image.study.patient, image.owner, image.study.uid)
    with (
        intake.local(image.original) as file,
        files.research_copies().under_way(image.pk, str(image.research.name)) if image.research else nullcontext(),
        research_copies.copied(file, subject, boxes, image=image.pk) as copy,
    ):
        yield copy


def redact_image(*, by: User, image: Image, boxes: Sequence[Box]) -> Image:
    """Black out boxes in a new research copy, which its owner looks at before releasing it.

    The copy is made before the transaction of `put_redacted` opens.
    """
    with new_copy(image, boxes) as copy:
        if not copy.name:
            raise Conflict(copy.reason)
        return put_redacted(by=by, image=image, copy=copy)


@recorded("redacted")
def put_redacted(*, by: User, image: Image, copy: research_copies.Copy) -> Image:
    refuse_if_changed(image, "This image was changed while the boxes were drawn: look at it and draw them again.")
    return put(image, copy, release_state=Release.QUARANTINED, release_reason=DRAWN, held_back=False)


def remake_copy(*, by: User | None, image: Image) -> Image:
    """Make the research copy anew, with the boxes that were drawn; where none can be made, what is there stays.

    The copy is made before the transaction of `put_remade` opens.
    """
    with new_copy(image, boxes_on(image)) as copy:
        if image.research and not copy.name:
            raise Conflict(copy.reason)
        return put_remade(by=by, image=image, copy=copy)


@recorded("remade")
def put_remade(*, by: User | None, image: Image, copy: research_copies.Copy) -> Image:
    refuse_if_changed(image, "This image was changed while its copy was being made: try again.")
    return put(image, copy, **release_of(image, copy))


def release_of(image: Image, copy: research_copies.Copy) -> dict[str, Any]:
    """What a new copy means for the release: it goes where the old one was, if it shows the same.

    What waits goes on waiting, and a first copy goes where an upload's goes.
    """
    if not image.research:
        return {"release_state": copy.state, "release_reason": copy.reason}
    if not image.held_back and image.release_state != Release.RELEASED:
        return {}
    if shows_the_same(image, copy) or (copy.state == Release.RELEASED and not boxes_on(image)):
        return {"release_state": Release.RELEASED, "release_reason": "", "held_back": False}
    return {"release_state": Release.QUARANTINED, "release_reason": DIFFERENT, "held_back": False}


def shows_the_same(image: Image, copy: research_copies.Copy) -> bool:
    """Whether its owner has seen these very pixels, with these boxes."""
    before = Deidentification.objects.filter(image=image).values_list("manifest", flat=True).first()
    return before is not None and copy.manifest is not None and seen(before) == seen(copy.manifest)


def seen(manifest: dict[str, Any]) -> tuple[Any, Any]:
    return manifest["pixels_sha256"], manifest["boxes"]


def boxes_on(image: Image) -> list[Box]:
    told = Deidentification.objects.filter(image=image).first()
    return [Box(**box) for box in told.manifest["boxes"]] if told else []


def refuse_if_changed(image: Image, sentence: str) -> None:
    """Lock the row; it must be as it was when the making of the copy began."""
    held = Image.objects.select_for_update(of=("self",)).get(pk=image.pk)
    if held.version != image.version:
        raise Conflict(sentence)


def put(image: Image, copy: research_copies.Copy, **release: Any) -> Image:
    """Let a copy take the place of the one that is there, whose bytes go once that has happened."""
    old = image.research.name or ""
    tell(image, copy)
    if old:
        transaction.on_commit(lambda: let_go(files.research_copies(), old))
    return image.change(research=copy.name, research_sha256=copy.sha256, research_patient=copy.patient, **release)


def tell(image: Image, copy: research_copies.Copy) -> None:
    """Keep what was done to make a copy."""
    told = Deidentification.objects.filter(image=image).first()
    if told and copy.manifest:
        told.change(manifest=copy.manifest)
    elif copy.manifest:
        Deidentification.objects.create(image=image, manifest=copy.manifest)


def settle(*, by: User, study: Study) -> None:
    """After a study has changed its patient: what bears the old one's pseudonym and dates leaves research now.

    What bears the new one's, because the study had been theirs before, comes back. The copies that are missing are made
    once all this is certain.
    """
    images = Image.objects.select_for_update(of=("self",)).filter(study=study)
    leaving, coming = images.outdated().filter(release_state=Release.RELEASED), images.fitting().filter(held_back=True)
    leaving.change_all(release_state=Release.QUARANTINED, release_reason=MOVED, held_back=True)
    coming.change_all(release_state=Release.RELEASED, release_reason="", held_back=False)
    if images.outdated().exists():
        # In a context of its own, so that the event of this request names its revision and not those of the copies.
        transaction.on_commit(lambda: copy_context().run(remake_in_time, by, study), robust=True)


def remake_in_time(by: User, study: Study) -> None:
    """As many of a study's copies as fit into `AT_ONCE`."""
    ends = monotonic() + AT_ONCE
    for image in Image.objects.outdated().filter(study=study).select_related("study__patient", "owner"):
        if monotonic() > ends:
            return
        with suppress(Conflict):
            remake_copy(by=by, image=image)


recorded_by(put_redacted, redact_image)
recorded_by(put_remade, remake_copy)
