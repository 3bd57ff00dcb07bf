"""Archive, restore and release images."""

from accounts.models import User
from core.actions import recorded
from core.exceptions import Conflict
from imagery.models import UNRELEASABLE, Image, Release


@recorded("archived")
def archive_image(*, by: User, image: Image) -> Image:
    return image.archive()


@recorded("restored")
def restore_image(*, by: User, image: Image) -> Image:
    if image.study.archived:
        raise Conflict("The study of this image is archived. Restore the study first.")
    others = Image.objects.filter(owner=image.owner_id, uid=image.uid, archived_at__isnull=True).exclude(pk=image.pk)
    if image.uid and (other := others.first()):
        raise Conflict(f"Image {other.pk} is in use and has the SOP Instance UID of this one. Archive it first.")
    return image.restore()


@recorded("released")
def release_image(*, by: User, image: Image) -> Image:
    if image.release_state in UNRELEASABLE:
        raise Conflict(f"This image cannot have a research copy. {image.release_reason}")
    if not image.copy_fits:
        raise Conflict("Its research copy is missing, or has another patient's pseudonym. Remake it first (`remake`).")
    return image.change(release_state=Release.RELEASED, release_reason="", held_back=False)
