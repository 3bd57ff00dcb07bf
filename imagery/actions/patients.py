"""Add, change, archive, restore and withdraw patients."""

import datetime
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from accounts.models import User
from core.actions import recorded
from core.exceptions import Conflict
from dicom.ages import age_on
from imagery.actions.copies import remake_after_correction
from imagery.matching import Person, is_placeholder_name
from imagery.models import Identity, Patient
from imagery.models.patients import IdentityQuerySet


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
    sex, ages = patient.sex, dict(patient.studies.values_list("pk", "age"))
    patient.change(**fields)
    identify(patient, identity or {})
    if fields:
        refuse_twin(patient)
    for study in patient.studies.all():
        if patient.sex != sex or study.age != ages.get(study.pk):
            remake_after_correction(by=by, study=study)
    return patient


def identify(patient: Patient, identity: Mapping[str, object]) -> None:
    """Encrypt what names a patient, and update their age in their studies."""
    facts = {**patient.facts, **identity}
    if facts == patient.facts:
        return
    columns = counted_columns(patient, facts)
    if hasattr(patient, "identity"):
        patient.identity.change(**columns)
        patient.identity.facts = facts
    else:
        Identity.objects.create(patient=patient, **columns)
    patient.mark_change()
    refuse_twin(patient)
    for study in patient.studies.all():
        study.change(**age_columns(patient, study.date))


def counted_columns(patient: Patient, facts: dict[str, Any]) -> dict[str, Any]:
    """Return the columns of an identity. A patient who is new to a record number is counted after the others."""
    columns = Identity.encrypted_columns(patient.owner_id, facts)
    others = others_of_number(patient, facts)
    if hasattr(patient, "identity") and patient.identity.record_index == columns["record_index"]:
        return columns
    last = max(others.values_list("ordinal", flat=True), default=0)
    return columns | {"ordinal": last + 1}


def others_of_number(patient: Patient, facts: Mapping[str, Any]) -> IdentityQuerySet:
    """Return the identities of the owner's other patients with this record number."""
    numbered = Identity.objects.of_record(patient.owner_id, facts.get("issuer", ""), facts.get("record_number", ""))
    return numbered.exclude(patient=patient.pk).select_related("patient").order_by("ordinal")


def refuse_twin(patient: Patient) -> None:
    """Raise `Conflict` if another patient in use of this record number may be the same person."""
    for other in others_of_number(patient, patient.facts).filter(patient__archived_at__isnull=True):
        if not other.patient.as_person().contradictions(patient.as_person()):
            raise Conflict(
                f"You have a patient of this record number already: patient {other.patient_id}. Use that patient, or "
                "enter another name, birth date or sex if these are two people."
            )


def complete_patient(patient: Patient, person: Person) -> bool:
    """Add the name, birth date and sex of a file where the patient has none, so that later files are compared.

    Returns False if someone has entered a contradiction in the meantime: reading the file took its time.
    """
    locked = Patient.objects.select_for_update(of=("self",), no_key=True).select_related("identity").get(pk=patient.pk)
    if locked.as_person().contradictions(person):
        return False
    facts = missing_facts(locked, person)
    locked.change(sex=facts.pop("sex", locked.sex))
    identify(locked, facts)
    return True


def missing_facts(patient: Patient, person: Person) -> dict[str, str]:
    """Return the facts of a file that the patient lacks."""
    facts = {"birth_date": person.birth_date, "sex": person.sex}
    missing = {name: value for name, value in facts.items() if value and not getattr(patient.as_person(), name)}
    if is_placeholder_name(patient.as_person().name) and not is_placeholder_name(person.name):
        missing["name"] = person.name
    return missing


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
    refuse_twin(patient)
    return patient.restore()


@recorded("withdrawn")
def withdraw_patient(*, by: User, patient: Patient) -> Patient:
    """Record that consent to research is withdrawn: research no longer sees anything of this patient."""
    return patient.change(withdrawn_at=patient.withdrawn_at or timezone.now())
