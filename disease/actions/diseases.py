"""Actions on diseases. The apps above, whose labels mean them, add rules of their own."""

from collections.abc import Iterable

from accounts.models import User
from core.actions import recorded
from disease.models import Code, Disease


@recorded("created")
def create_disease(*, by: User | None, codes: Iterable[Code] = (), **fields: object) -> Disease:
    disease = Disease.objects.create(**fields)
    disease.codes.set(codes)
    return disease


@recorded("changed")
def change_disease(*, by: User, disease: Disease, **fields: object) -> Disease:
    return disease.change(**fields)


@recorded("archived")
def archive_disease(*, by: User, disease: Disease) -> Disease:
    return disease.archive()


@recorded("restored")
def restore_disease(*, by: User, disease: Disease) -> Disease:
    return disease.restore()
