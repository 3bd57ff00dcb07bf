"""Add, change, archive, restore and withdraw patients."""

import datetime
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from accounts.models import User
from core.actions import recorded
from core.exceptions import Conflict
from imagery.ages import age_on
from imagery.models import Identity, Patient


@recorded("created")
def create_patient(*, by: User, identity: Mapping[str, object] | None = None, **fields: Any) -> Patient:
    patient: Patient = Patient.objects.create(owner=by, **fields)
    identify(patient, identity or {})
    return patient


@recorded("changed")
def change_patient(
    *, by: User, patient: Patient, identity: Mapping[str, object] | None = None, **fields: Any
) -> Patient:
    """Change a patient; parts of the identity that are left out stay."""
    patient.change(**fields)
    identify(patient, identity or {})
    return patient


def identify(patient: Patient, identity: Mapping[str, object]) -> None:
    """Encrypt what names a patient, and update their age in their studies."""
    facts = {**patient.facts, **identity}
    if facts == patient.facts:
        return
    columns = Identity.encrypted_columns(patient.owner_id, facts)
    if hasattr(patient, "identity"):
        patient.identity.change(**columns)
        patient.identity.facts = facts
    else:
        Identity.objects.create(patient=patient, **columns)
    patient.mark_change()
    for study in patient.studies.all():
        study.change(**age_columns(patient, study.date))


def age_columns(patient: Patient | None, date: datetime.date | str | None) -> dict[str, int | None]:
    """Return the `age` of a patient at a study, or nothing if the birth date or the study date is unknown."""
    born = patient.facts.get("birth_date") if patient else None
    if not born or not date:
        return {}
    return {"age": age_on(datetime.date.fromisoformat(str(date)), datetime.date.fromisoformat(born))}


@recorded("archived")
def archive_patient(*, by: User, patient: Patient) -> Patient:
    if patient.studies.live().exists():
        raise Conflict("This patient has studies in use. Archive them first.")
    return patient.archive()


@recorded("restored")
def restore_patient(*, by: User, patient: Patient) -> Patient:
    return patient.restore()


@recorded("withdrawn")
def withdraw_patient(*, by: User, patient: Patient) -> Patient:
    """Record that consent to research is withdrawn: research no longer sees anything of this patient."""
    return patient.change(withdrawn_at=patient.withdrawn_at or timezone.now())
