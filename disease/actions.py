"""What happens to diseases."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from accounts.models import User
from core.actions import recorded
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
    return disease.change(archived_at=disease.archived_at or timezone.now())


@recorded("restored")
def restore_disease(*, by: User, disease: Disease) -> Disease:
    return disease.change(archived_at=None)
