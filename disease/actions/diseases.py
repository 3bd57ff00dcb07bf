"""What happens to diseases."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from accounts.models import User
from core.actions import recorded
from core.exceptions import Conflict
from disease.models import Code, Disease


@recorded("created")
def create_disease(*, by: User | None, codes: Iterable[Code] = (), **fields: Any) -> Disease:
    disease = Disease.objects.create(**fields)
    disease.codes.set(codes)
    return disease


@recorded("changed")
def change_disease(*, by: User, disease: Disease, **fields: Any) -> Disease:
    return disease.change(**fields)


@recorded("archived")
def archive_disease(*, by: User, disease: Disease) -> Disease:
    if disease.labels.live().exists():
        raise Conflict("Labels mean this disease: change them or merge it first.")
    return disease.change(archived_at=disease.archived_at or timezone.now())


@recorded("restored")
def restore_disease(*, by: User, disease: Disease) -> Disease:
    return disease.change(archived_at=None)


@recorded("merged")
def merge_disease(*, by: User, disease: Disease, into: Disease) -> Disease:
    """What was said with one disease is said with the other; the one is archived, and both keep their past."""
    if disease == into:
        raise Conflict("A disease cannot be merged into itself.")
    into = Disease.objects.select_for_update().get(pk=into.pk)
    if into.archived:
        raise Conflict("The disease to merge into is archived: restore it first.")
    into.change(codes=[*into.codes.all(), *disease.codes.all()])
    for label in disease.labels.select_for_update(of=("self",)):
        label.change(diseases=[*label.diseases.exclude(pk=disease.pk), into])
    disease.change(archived_at=disease.archived_at or timezone.now())
    return into
