"""What happens to patients."""

import datetime
from typing import Any

from django.utils import timezone

from accounts.models import User
from core.actions import recorded
from core.exceptions import Conflict
from imagery.ages import age_on
from imagery.models import Identity, Patient


@recorded("created")
def create_patient(*, by: User, identity: dict[str, Any] | None = None, **fields: Any) -> Patient:
    patient = Patient.objects.create(owner=by, **fields)
    identify(patient, identity or {})
    return patient


@recorded("changed")
def change_patient(*, by: User, patient: Patient, identity: dict[str, Any] | None = None, **fields: Any) -> Patient:
    """Of the identity, what is left out stays."""
    patient.change(**fields)
    identify(patient, identity or {})
    return patient


def identify(patient: Patient, told: dict[str, Any]) -> None:
    """Seal what names a patient, and tell their studies how old they were."""
    facts = patient.facts | told
    if facts == patient.facts:
        return
    columns = Identity.kept_as(patient.owner_id, facts)
    if hasattr(patient, "identity"):
        patient.identity.change(**columns)
        patient.identity.facts = facts
    else:
        Identity.objects.create(patient=patient, **columns)
    patient.mark_change()
    for study in patient.studies.all():
        study.change(**aged(patient, study.date))


def aged(patient: Patient | None, date: datetime.date | str | None) -> dict[str, int | None]:
    """The age of a patient at a study, where birth date and study date are known."""
    born = patient.facts.get("birth_date") if patient else None
    if not born or not date:
        return {}
    return {"age": age_on(datetime.date.fromisoformat(str(date)), datetime.date.fromisoformat(born))}


@recorded("archived")
def archive_patient(*, by: User, patient: Patient) -> Patient:
    if patient.studies.live().exists():
        raise Conflict("This patient has studies in use: archive them first.")
    return patient.archive()


@recorded("restored")
def restore_patient(*, by: User, patient: Patient) -> Patient:
    return patient.restore()


@recorded("withdrawn")
def withdraw_patient(*, by: User, patient: Patient) -> Patient:
    """Consent is withdrawn: from now on nothing of this patient exists for research."""
    return patient.change(withdrawn_at=patient.withdrawn_at or timezone.now())
