"""What happens to labels and annotations."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from accounts.models import User
from core.actions import recorded
from core.exceptions import Conflict
from disease.models import Disease
from imagery.models import Image
from label.models import Annotation, Label


@recorded("created")
def create_label(*, by: User | None, diseases: Iterable[Disease] = (), **fields: Any) -> Label:
    label = Label.objects.create(**fields)
    label.diseases.set(diseases)
    return label


@recorded("changed")
def change_label(*, by: User, label: Label, **fields: Any) -> Label:
    return label.change(**fields)


@recorded("archived")
def archive_label(*, by: User, label: Label) -> Label:
    if label.annotations.live().exists():
        raise Conflict("This label is in use: archive its annotations first.")
    return label.change(archived_at=label.archived_at or timezone.now())


@recorded("restored")
def restore_label(*, by: User, label: Label) -> Label:
    return label.change(archived_at=None)


@recorded("annotated")
def annotate(*, by: User, image: Image, label: Label, **said: Any) -> Annotation:
    _refuse_archived_label(label)
    return Annotation.objects.create(image=image, owner_id=image.owner_id, label=label, annotator=by, **said)


@recorded("revised")
def revise(*, by: User, annotation: Annotation, **said: Any) -> Annotation:
    if annotation.archived:
        raise Conflict("This annotation is archived: restore it first.")
    if annotation.image.archived:
        raise Conflict("The image of this annotation is archived: restore the image first.")
    return annotation.change(**said)


@recorded("archived")
def archive_annotation(*, by: User, annotation: Annotation) -> Annotation:
    return annotation.change(archived_at=annotation.archived_at or timezone.now())


@recorded("restored")
def restore_annotation(*, by: User, annotation: Annotation) -> Annotation:
    _refuse_archived_label(annotation.label)
    return annotation.change(archived_at=None)


def _refuse_archived_label(label: Label) -> None:
    """Read the label under lock, so that it is not archived while an annotation of it is being made."""
    if Label.objects.select_for_update().get(pk=label.pk).archived:
        raise Conflict("The label of this annotation is archived: restore the label first.")
