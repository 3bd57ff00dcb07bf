"""Decide to which study and to which patient a file belongs. Nothing is filed under a person whom it contradicts."""

from django.db.models import F, QuerySet

from accounts.models import User
from core.exceptions import Conflict, InvalidInput
from dicom.description import Description
from imagery.matching import Person
from imagery.models import Identity, Image, Patient, Study


def person_in(facts: Description) -> Person:
    """Return what a file says of its patient; a picture says nothing."""
    if facts.patient is None:
        return Person()
    born = facts.patient.birth_date.isoformat() if facts.patient.birth_date else ""
    texts = {name: getattr(facts.patient, name) for name in ("name", "record_number", "issuer", "sex", "other_ids")}
    return Person(**texts, birth_date=born)


def refuse_taken_uid(by: User, facts: Description) -> None:
    """Raise `Conflict` if an image in use has the SOP Instance UID of a file."""
    if other := images_of_uid(by, facts).filter(study__archived_at__isnull=True).first():
        raise Conflict(
            f"Image {other.pk} has the SOP Instance UID of this file, and other bytes. If this file is the right one, "
            f"archive image {other.pk} and send the file again."
        )


def free_uid(by: User, facts: Description) -> None:
    """Archive images of this SOP Instance UID that are out of use with their study, so that a restore is told apart."""
    for image in images_of_uid(by, facts).filter(study__archived_at__isnull=False):
        image.archive()


def images_of_uid(by: User, facts: Description) -> QuerySet[Image]:
    """Return the owner's images with the SOP Instance UID of a file that are not archived themselves."""
    images: QuerySet[Image] = Image.objects.filter(owner=by, uid=facts.sop_instance_uid, archived_at__isnull=True)
    return images if facts.sop_instance_uid else images.none()


def find_study(by: User, facts: Description, named: Study | None, *, lock: bool = False) -> Study | None:
    """Return the study in use of a file, or None if it needs a new one.

    Raises `Conflict` if that study is archived, or if its patient cannot be the file's. A study of another patient
    whose images are all archived does not count: a corrected file may come with the UIDs of the wrong one.
    """
    if named and facts.study_uid and named.uid != facts.study_uid:
        sentence = "This DICOM file belongs to another study. Leave `study` out."
        raise InvalidInput(sentence, code="invalid", field="study")
    for study in studies_of(by, facts, named, lock=lock):
        contradictions = contradictions_of(study.patient, facts)
        if not contradictions and study.archived:
            raise Conflict(f"The study of this image is archived. Restore study {study.pk} first.")
        if not contradictions:
            return study
        if named or study.images.live().exists():
            raise Conflict(describe_contradiction(study, contradictions))
    return None


def studies_of(by: User, facts: Description, named: Study | None, *, lock: bool) -> QuerySet[Study]:
    """Return the study that the user names, or those of the UID in the file: the one in use first."""
    studies: QuerySet[Study] = Study.objects.select_related("patient__identity")
    if lock:
        studies = studies.select_for_update(of=("self",))
    if named:
        return studies.filter(pk=named.pk)
    if not facts.study_uid:
        return studies.none()
    return studies.filter(owner=by, uid=facts.study_uid).order_by(F("archived_at").desc(nulls_first=True))


def contradictions_of(patient: Patient | None, facts: Description) -> list[str]:
    return patient.as_person().contradictions(person_in(facts)) if patient else []


def describe_contradiction(study: Study, contradictions: list[str]) -> str:
    return (
        f"This file is of study {study.pk}, whose patient has another {join_words(contradictions)}. Nothing was "
        f"stored. If the file is right, correct patient {study.patient_id}, or archive study {study.pk} and send the "
        "file again."
    )


def join_words(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def find_patient(by: User, facts: Description, study: Study | None, named: Patient | None) -> Patient | None:
    """Return the patient of a file; a new one is not in the database yet. Raises `Conflict`.

    That is the patient whom the user names, that of the study, or the one of the record number.
    """
    if named:
        refuse_patient(named, facts, study)
        return named
    if study and study.patient:
        return study.patient
    person = person_in(facts)
    if not (person.name or person.record_number or person.birth_date or person.sex):
        return None
    return find_patient_of_number(by, person) or Patient(owner=by, sex=person.sex)


def refuse_patient(named: Patient, facts: Description, study: Study | None) -> None:
    """Raise `Conflict` if a file cannot show the patient whom the user names."""
    if study and study.patient_id not in (None, named.pk):
        raise Conflict(f"Study {study.pk} of this image belongs to patient {study.patient_id}. Leave `patient` out.")
    if contradictions := contradictions_of(named, facts):
        raise Conflict(
            f"Patient {named.pk} has another {join_words(contradictions)} than this file. Correct the patient, or "
            "leave `patient` out."
        )


def find_patient_of_number(by: User, person: Person) -> Patient | None:
    """Return the patient of this record number whom nothing contradicts and most facts confirm. Raises `Conflict`."""
    identities = Identity.objects.of_record(by.pk, person.issuer, person.record_number).select_related("patient")
    patients = [identity.patient for identity in identities.order_by("ordinal")]
    possible = [patient for patient in patients if not patient.as_person().contradictions(person)]
    in_use = [patient for patient in possible if not patient.archived]
    if possible and not in_use:
        raise Conflict(f"The patient of this image is archived. Restore patient {possible[0].pk} first.")
    best = max((patient.as_person().likeness(person) for patient in in_use), default=0)
    likeliest = [patient for patient in in_use if patient.as_person().likeness(person) == best]
    if len(likeliest) > 1:
        ids = join_words([str(patient.pk) for patient in likeliest])
        raise Conflict(
            f"Patients {ids} have this record number, and the file does not say which of them it shows. Send the id of "
            "the right one as `patient`."
        )
    return likeliest[0] if likeliest else None
