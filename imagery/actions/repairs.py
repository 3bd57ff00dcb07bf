"""Repair files and rows that do not agree. Nothing that an image names is deleted."""

from accounts.models import User
from core.actions import Undo, recorded, recorded_by
from core.exceptions import Conflict
from imagery import files
from imagery.actions.copies import boxes_on, copy_for, refuse_if_changed, save_manifest
from imagery.models import Image, Release
from imagery.reconciliation import Fault, Finding, fault_of
from imagery.research_copies import Copy

LOST = "Its research copy was lost and has been remade. Check the redacted preview, then release it."
ALTERED = "Its research copy is damaged and cannot be remade."
OUTCOMES = {
    Release.RELEASED: "remade, byte for byte as it was",
    Release.QUARANTINED: "remade; it waits until its owner releases it",
    Release.REFUSED: "cannot be remade; its owner is told why",
    Release.NO_PICTURE: "cannot be remade; its owner is told why",
}


def repair(*, by: User | None, finding: Finding) -> str:
    """Repair what a finding is about and say how. Raises `Conflict` with the reason if that is impossible."""
    storage = finding.columns.storage
    if finding.leftover:
        finding.leftover.delete()
        return "deleted"
    if finding.fault is Fault.ORPHAN:
        return f"moved to {storage.set_aside(finding.name)}"
    image = Image.objects.get(**{finding.columns.name: finding.name})
    if finding.columns.name == "original":
        raise Conflict(f"Only a backup has these bytes, of SHA-256 {image.sha256}.")
    return repair_copy(by=by, finding=finding, image=image)


def repair_copy(*, by: User | None, finding: Finding, image: Image) -> str:
    """Remake a research copy from its original; if that fails, take a damaged copy back from research."""
    altered = finding.fault is Fault.ALTERED
    try:
        renewed = renew_copy(by=by, image=image)
    except Conflict as exc:
        if altered:
            withhold_image(by=by, image=image)
        raise Conflict(f"The copy cannot be remade: {exc}") from exc
    if altered:
        finding.columns.storage.set_aside(finding.name)
    return OUTCOMES[Release(renewed.release_state)]


def renew_copy(*, by: User | None, image: Image) -> Image:
    """Remake the research copy of an image with its boxes, before the transaction of `save_renewed_copy` opens."""
    match fault_of(files.originals(), image.original, image.sha256):
        case Fault.MISSING:
            raise Conflict("its original is missing.")
        case Fault.ALTERED:
            raise Conflict("its original is altered.")
    with Undo() as undo:
        return save_renewed_copy(by=by, image=image, copy=copy_for(image, boxes_on(image), undo))


@recorded("renewed")
def save_renewed_copy(*, by: User | None, image: Image, copy: Copy) -> Image:
    """Let the new copy replace the lost one. Unless it is the same byte for byte, its owner must release it again."""
    refuse_if_changed(image, "it was changed at the same moment.")
    if copy.name and copy.sha256 == image.research_sha256:
        return image.change(research=copy.name, research_patient=copy.patient)
    save_manifest(image, copy)
    waits = image.release_state == Release.QUARANTINED and not image.held_back
    reason = image.release_reason if waits else LOST
    return image.change(
        research=copy.name,
        research_sha256=copy.sha256,
        research_patient=copy.patient,
        release_state=Release.QUARANTINED if copy.name else copy.state,
        release_reason=reason if copy.name else copy.reason,
        held_back=False,
    )


@recorded("withheld")
def withhold_image(*, by: User | None, image: Image) -> Image:
    """Take an image back from research, also one that would come back with the former patient of its study."""
    if image.release_state != Release.RELEASED and not image.held_back:
        return image
    return image.change(release_state=Release.QUARANTINED, release_reason=ALTERED, held_back=False)


recorded_by(save_renewed_copy, renew_copy)
