"""What happens to patients, studies and images."""

import datetime
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Team, User
from core.actions import Refused, recorded
from imagery import intake, research
from imagery.ages import age_in_years, age_on
from imagery.decoding import Description, PatientFacts
from imagery.deidentification.manifest import Box
from imagery.models import Deidentification, Identity, Image, Patient, Release, Series, Study, research_copies


class Outrun(Exception):
    """Another upload has made the patient while the research copy was being made under a new pseudonym."""


@recorded("created")
def create_patient(*, by: User, identity: dict[str, Any] | None = None, **fields: Any) -> Patient:
    patient = Patient.objects.create(owner=by, **fields)
    _identify(patient, identity or {})
    return patient


@recorded("changed")
def change_patient(*, by: User, patient: Patient, identity: dict[str, Any] | None = None, **fields: Any) -> Patient:
    """Of the identity, what is left out stays."""
    patient.change(**fields)
    _identify(patient, identity or {})
    return patient


def _identify(patient: Patient, told: dict[str, Any]) -> None:
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
        study.change(**_aged(patient, study.date))


def _aged(patient: Patient | None, date: datetime.date | str | None) -> dict[str, int | None]:
    """The age of a patient at a study, where birth date and study date are known."""
    born = patient.facts.get("birth_date") if patient else None
    if not born or not date:
        return {}
    return {"age": age_on(datetime.date.fromisoformat(str(date)), datetime.date.fromisoformat(born))}


@recorded("archived")
def archive_patient(*, by: User, patient: Patient) -> Patient:
    if patient.studies.live().exists():
        raise Refused("This patient has studies in use: archive them first.")
    return patient.change(archived_at=patient.archived_at or timezone.now())


@recorded("restored")
def restore_patient(*, by: User, patient: Patient) -> Patient:
    return patient.change(archived_at=None)


@recorded("withdrawn")
def withdraw_patient(*, by: User, patient: Patient) -> Patient:
    """Consent is withdrawn: from now on nothing of this patient exists for research."""
    return patient.change(withdrawn_at=patient.withdrawn_at or timezone.now())


@recorded("created")
def create_study(*, by: User, **fields: Any) -> Study:
    return Study.objects.create(owner=by, **fields, **_aged(fields.get("patient"), fields.get("date")))


@recorded("changed")
def change_study(*, by: User, study: Study, **fields: Any) -> Study:
    if study.archived:
        raise Refused("This study is archived: restore it first.")
    aged = _aged(fields.get("patient", study.patient), fields.get("date", study.date))
    return study.change(**fields, **aged)


@recorded("archived")
def archive_study(*, by: User, study: Study) -> Study:
    return study.change(archived_at=study.archived_at or timezone.now())


@recorded("restored")
def restore_study(*, by: User, study: Study) -> Study:
    if study.patient and study.patient.archived:
        raise Refused("The patient of this study is archived: restore the patient first.")
    return study.change(archived_at=None)


@recorded("shared")
def share_study(*, by: User, study: Study, team: Team) -> Study:
    return study.change(shared_with=[*study.shared_with.all(), team])


@recorded("unshared")
def unshare_study(*, by: User, study: Study, team: Team) -> Study:
    return study.change(shared_with=[other for other in study.shared_with.all() if other != team])


def upload_image(*, by: User, file: Any, **about: Any) -> Image:
    """Receive an image: the same bytes give the image that is there. `is_new` tells which it was.

    Writing, hashing, reading and cleaning happen before the transaction of `add_image` opens.
    """
    with intake.arriving(file) as arrival:
        known = _known(by, arrival.sha256)
        if known:
            return _as_it_was(known)
        description = intake.read(arrival.path)
        try:
            return _take_in(by, arrival, description, about)
        except Outrun:
            return _take_in(by, arrival, description, about)
        except (ValidationError, IntegrityError):  # perhaps the same upload, sent twice at once
            twin = _known(by, arrival.sha256)
            if twin is None:
                raise
            return _as_it_was(twin)


def _take_in(by: User, arrival: intake.Arrival, description: Description, about: dict[str, Any]) -> Image:
    patient = about.get("patient") or _patient(by, description, named=about.get("study"))
    with intake.kept(arrival, description, patient, by) as kept:
        return add_image(by=by, kept=kept, **about)


def _patient(by: User, read: Description, named: Study | None) -> Patient | None:
    """The patient of the study, or whom the file's record number names; a new one is not in the database yet."""
    study = named or (Study.objects.filter(owner=by, uid=read.study_uid).first() if read.study_uid else None)
    if study and study.patient:
        return study.patient
    if not read.patient or not read.patient.record_number:
        return None
    found = Identity.objects.of_record(by, read.patient.issuer, read.patient.record_number).first()
    if found and found.patient.archived:
        raise Refused(f"The patient of this image is archived: restore patient {found.patient_id} first.")
    return found.patient if found else Patient(owner=by, sex=read.patient.sex)


def _settled(by: User, kept: intake.Kept) -> Patient | None:
    """The patient under whose pseudonym the copy was made, in the database. Raises `Outrun`."""
    fresh, facts = kept.patient, kept.description.patient
    if fresh is None or facts is None or not fresh._state.adding:
        return fresh
    if Identity.objects.of_record(by, facts.issuer, facts.record_number).exists():
        raise Outrun
    patient = Patient.objects.create(id=fresh.pk, owner=by, pseudonym=fresh.pseudonym, sex=fresh.sex)
    _identify(patient, _named_by(facts))
    return patient


def _named_by(facts: PatientFacts) -> dict[str, Any]:
    """What a file says of who the patient is, as it is sealed."""
    born = facts.birth_date.isoformat() if facts.birth_date else None
    named = {name: getattr(facts, name) for name in ("name", "record_number", "issuer", "address", "telephone")}
    return named | {"birth_date": born, "other_ids": list(facts.other_ids)}


def _known(by: User, sha256: str) -> Image | None:
    return Image.objects.filter(owner=by, sha256=sha256).first()


def _as_it_was(image: Image) -> Image:
    if image.archived:
        raise Refused(f"You have these bytes already, archived: restore image {image.pk}.")
    return image


@recorded("uploaded")
def add_image(
    *,
    by: User,
    kept: intake.Kept,
    study: Study | None = None,
    patient: Patient | None = None,
    description: str = "",
    modality: str = "",
    body_part: str = "",
) -> Image:
    """The row of an image whose bytes are in place, with its study and series where they are new."""
    read = kept.description
    found = _study(by, read, named=study)  # read anew and locked: decoding took its time
    patient = _settled(by, kept)
    of = _of_patient(found, patient) if found else _new_study(by, read, patient=patient, description=description)
    image = Image.objects.create(
        id=kept.id,
        owner=by,
        study=of,
        series=_series(of, read, modality or "OT", body_part),
        uid=read.sop_instance_uid,
        original=kept.name,
        media_type=read.media_type,
        rows=read.rows,
        columns=read.columns,
        frames=read.frames,
        size=kept.arrival.size,
        sha256=kept.arrival.sha256,
        research=kept.copy.name,
        research_sha256=kept.copy.sha256,
        release_state=kept.copy.state,
        release_reason=kept.copy.reason,
    )
    _tell(image, kept.copy)
    image.is_new = True
    return image


def _tell(image: Image, copy: research.Copy) -> None:
    """Keep what was done to make a copy."""
    told = Deidentification.objects.filter(image=image).first()
    if told:
        told.change(manifest=copy.manifest)
    elif copy.manifest:
        Deidentification.objects.create(image=image, manifest=copy.manifest)


def _study(by: User, read: Description, named: Study | None) -> Study | None:
    """The study that was named, or the one that the file names, if it is there; locked, and as it is now."""
    if named and read.study_uid and named.uid != read.study_uid:
        raise ValidationError(
            {"study": "This DICOM file belongs to another study: leave `study` out and it finds its own."}
        )
    studies = Study.objects.select_for_update()
    meant = {"pk": named.pk} if named else {"owner": by, "uid": read.study_uid}
    found = studies.filter(**meant).first() if named or read.study_uid else None
    if found and found.archived:
        raise Refused(f"The study of this image is archived: restore study {found.pk} first.")
    return found


def _new_study(by: User, read: Description, patient: Patient | None, description: str) -> Study:
    return Study.objects.create(
        owner=by,
        patient=patient,
        uid=read.study_uid,
        date=read.study_date,
        age=_aged(patient, read.study_date).get("age", age_in_years(read.patient.age if read.patient else "")),
        description=read.study_description or description,
    )


def _of_patient(study: Study, patient: Patient | None) -> Study:
    if patient and study.patient and study.patient != patient:
        raise Refused("The study of this image is another patient's.")
    return study.change(patient=patient) if patient else study


def _series(study: Study, read: Description, modality: str, body_part: str) -> Series:
    """The series that the file names; for a plain picture the one of its modality and body part."""
    what = {"modality": read.modality or modality, "body_part": read.body_part or body_part}
    key = {"uid": read.series_uid} if read.series_uid else {"uid": "", **what}
    found = study.series.filter(**key).first()
    return found or Series.objects.create(study=study, owner=study.owner, uid=read.series_uid, **what)


@recorded("archived")
def archive_image(*, by: User, image: Image) -> Image:
    return image.change(archived_at=image.archived_at or timezone.now())


@recorded("restored")
def restore_image(*, by: User, image: Image) -> Image:
    if image.study.archived:
        raise Refused("The study of this image is archived: restore the study first.")
    return image.change(archived_at=None)


def redact_image(*, by: User, image: Image, boxes: Sequence[Box]) -> Image:
    """Black out boxes in a new research copy, which its owner looks at before releasing it.

    The copy is made before the transaction of `put_copy` opens.
    """
    subject = research.subject_of(image.study.patient, image.owner, image.study.uid)
    with intake.local(image.original) as path, research.copied(path, subject, boxes) as copy:
        if not copy.name:
            raise Refused(copy.reason)
        return put_copy(by=by, image=image, copy=copy)


@recorded("redacted")
def put_copy(*, by: User, image: Image, copy: research.Copy) -> Image:
    """Let a new research copy take the place of the old one, whose bytes go once that has happened."""
    held = Image.objects.select_for_update(of=("self",)).get(pk=image.pk)
    if held.version != image.version:
        raise Refused("This image was changed while the boxes were drawn: look at it and draw them again.")
    old = held.research.name or ""
    _tell(image, copy)
    if old:
        transaction.on_commit(lambda: research_copies().delete(old))
    return image.change(
        research=copy.name,
        research_sha256=copy.sha256,
        release_state=Release.QUARANTINED,
        release_reason="Boxes were drawn: look at the redacted preview, then release it.",
    )


@recorded("released")
def release_image(*, by: User, image: Image) -> Image:
    if image.release_state == Release.REFUSED:
        raise Refused(f"No research copy of this image can be made. {image.release_reason}")
    return image.change(release_state=Release.RELEASED, release_reason="")


redact_image.verb = put_copy.verb  # type: ignore[attr-defined]  # the part of it that is recorded
upload_image.verb = add_image.verb  # type: ignore[attr-defined]  # the part of it that is recorded
