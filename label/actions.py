"""Actions on labels and annotations, and on the diseases that labels mean."""

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied

from accounts.models import User
from core.actions import recorded
from core.exceptions import Conflict
from disease import actions as disease_actions
from disease.models import Disease
from imagery.models import Image
from label.models import Annotation, Label


@recorded("annotated")
def annotate(*, by: User, image: Image, label: Label, **statement: object) -> Annotation:
    """Record what a reader states about an image: a state and, optionally, geometry, confidence and comment."""
    _refuse_archived_label(label)
    return Annotation.objects.create(image=image, owner_id=image.owner_id, label=label, annotator=by, **statement)


@recorded("revised")
def revise(*, by: User, annotation: Annotation, **statement: object) -> Annotation:
    _refuse_another_reader(by, annotation)
    if annotation.archived:
        raise Conflict("This annotation is archived. Restore it first.")
    if annotation.image.archived:
        raise Conflict("The image of this annotation is archived. Restore the image first.")
    _lock_label(annotation.label)
    return annotation.change(**statement)


@recorded("archived")
def archive_annotation(*, by: User, annotation: Annotation) -> Annotation:
    _refuse_another_reader(by, annotation)
    return annotation.archive()


@recorded("restored")
def restore_annotation(*, by: User, annotation: Annotation) -> Annotation:
    _refuse_another_reader(by, annotation)
    _refuse_archived_label(annotation.label)
    return annotation.restore()


def _refuse_another_reader(by: User, annotation: Annotation) -> None:
    """Raise `PermissionDenied` for everyone but the reader, superusers included."""
    if annotation.annotator_id != by.pk:
        raise PermissionDenied("Only the reader who made an annotation changes it.")


def _refuse_archived_label(label: Label) -> None:
    if _lock_label(label).archived:
        raise Conflict(f"The label {label.name} is archived. Restore the label first.")


def _lock_label(label: Label) -> Label:
    """Lock the label, so that no one archives it, and no other annotation of it contradicts the one being made."""
    return Label.objects.select_for_update().get(pk=label.pk)


@recorded("created")
def create_label(*, by: User | None, diseases: Iterable[Disease] = (), **fields: object) -> Label:
    label = Label.objects.create(**fields)
    label.diseases.set(diseases)
    return label


@recorded("changed")
def change_label(*, by: User, label: Label, **fields: object) -> Label:
    return label.change(**fields)


@recorded("archived")
def archive_label(*, by: User, label: Label) -> Label:
    if label.annotations.live().exists():
        raise Conflict("This label is in use. Archive its annotations first.")
    return label.archive()


@recorded("restored")
def restore_label(*, by: User, label: Label) -> Label:
    return label.restore()


@recorded("archived")
def archive_disease(*, by: User, disease: Disease) -> Disease:
    if disease.labels.live().exists():
        raise Conflict("Labels mean this disease. Change them, or merge the disease into another one.")
    return disease_actions.archive_disease(by=by, disease=disease)


@recorded("merged")
def merge_disease(*, by: User, disease: Disease, into: Disease) -> Disease:
    """Give the codes and labels of a disease to another one and archive it; both keep their history."""
    if disease == into:
        raise Conflict("A disease cannot be merged into itself.")
    into = Disease.objects.select_for_update().get(pk=into.pk)
    if into.archived:
        raise Conflict(f"{into.name} is archived. Restore it first, then merge into it.")
    into.change(codes=[*into.codes.all(), *disease.codes.all()])
    for label in disease.labels.select_for_update(of=("self",)):
        label.change(diseases=[*label.diseases.exclude(pk=disease.pk), into])
    disease.archive()
    return into
