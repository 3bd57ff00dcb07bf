"""How an image comes in: its bytes first, then in one short transaction its rows."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError

from accounts.models import User
from core.actions import Refused, recorded
from imagery import intake
from imagery.actions.images import tell
from imagery.actions.patients import aged, identify
from imagery.ages import age_in_years
from imagery.decoding import Description, PatientFacts
from imagery.models import Identity, Image, Patient, Series, Study


class Outrun(Exception):
    """Another upload has made the patient while the research copy was being made under a new pseudonym."""


def upload_image(*, by: User, file: Any, **about: Any) -> Image:
    """Receive an image: the same bytes give the image that is there. `is_new` tells which it was.

    Writing, hashing, reading and cleaning happen before the transaction of `add_image` opens.
    """
    with intake.arriving(file) as arrival:
        known = _known(by, arrival.sha256)
        if known:
            return _as_it_was(known)
        description = intake.read(arrival)
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
    identify(patient, _named_by(facts))
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
    tell(image, kept.copy)
    image.is_new = True
    return image


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
        age=aged(patient, read.study_date).get("age", age_in_years(read.patient.age if read.patient else "")),
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


upload_image.verb = add_image.verb  # type: ignore[attr-defined]  # the part of it that is recorded
