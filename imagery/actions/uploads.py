"""How an image comes in: its bytes first, then in one short transaction its rows."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError

from accounts.models import User
from core.actions import recorded, recorded_by
from core.exceptions import Conflict
from dicom.visits import Description, PatientFacts
from imagery import intake, previews
from imagery.actions.patients import aged, identify
from imagery.actions.studies import change_study
from imagery.ages import age_in_years
from imagery.models import Deidentification, Identity, Image, Patient, Series, Study, Usage


class Outrun(Conflict):
    """Another upload has made the patient, the study or the series at the same moment: the next try finds it."""

    def __init__(self) -> None:
        super().__init__("Other images of this patient or study are coming in just now: send this one again.")


TRIES = 3  # a patient, then a study, then what is in both


def upload_image(*, by: User, file: Any, looked_at: bool = False, **about: Any) -> Image:
    """Receive an image: the same bytes give the image that is there. `is_new` tells which it was.

    Writing, hashing, reading and cleaning happen before the transaction of `add_image` opens. Of what will be
    `looked_at` right away the picture is drawn beside that.
    """
    with intake.arriving(file) as arrival:
        known = _known(by, arrival.sha256)
        if known:
            return _as_it_was(known)
        (Usage.objects.filter(owner=by).first() or Usage(owner=by)).refuse_beyond_quota(arrival.size)
        description = intake.read(arrival)
        with previews.drawn_beside(arrival, description) if looked_at else nullcontext():
            return _take_in(by, arrival, description, about)


def _take_in(by: User, arrival: intake.Arrival, description: Description, about: dict[str, Any]) -> Image:
    try:
        for _ in range(TRIES - 1):
            with suppress(Outrun):
                return _take_in_once(by, arrival, description, about)
        return _take_in_once(by, arrival, description, about)
    except (ValidationError, IntegrityError):  # perhaps the same upload, sent twice at once
        twin = _known(by, arrival.sha256)
        if twin is None:
            raise
        return _as_it_was(twin)


def _take_in_once(by: User, arrival: intake.Arrival, description: Description, about: dict[str, Any]) -> Image:
    patient = about.get("patient") or _patient(by, description, named=about.get("study"))
    with intake.kept(arrival, description, patient, by) as kept:
        return add_image(by=by, kept=kept, **about)


def _patient(by: User, read: Description, named: Study | None) -> Patient | None:
    """The patient of the study, or whom the file's record number names; a new one is not in the database yet."""
    study = _studies(by, read, named).select_related("patient").first()
    if study and study.patient:
        return study.patient
    if not read.patient or not read.patient.record_number:
        return None
    found = Identity.objects.of_record(by, read.patient.issuer, read.patient.record_number).first()
    if found and found.patient.archived:
        raise Conflict(f"The patient of this image is archived: restore patient {found.patient_id} first.")
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
    return Image.objects.filter(owner=by, sha256=sha256).select_related("study").first()


def _as_it_was(image: Image) -> Image:
    if image.archived:
        raise Conflict(f"You have these bytes already, archived: restore image {image.pk}.")
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
    with _outrun():
        whose = _settled(by, kept)
        of = _of_patient(by, found, whose) if found else _new_study(by, read, whose, description)
        series = _series(of, read, modality or "OT", body_part)
    place = {"study": of, "series": series, "modality": series.modality, "body_part": series.body_part}
    image = Image.objects.create(owner=by, research_patient=whose, **place, **_columns(kept))
    if kept.copy.manifest:
        Deidentification.objects.create(image=image, manifest=kept.copy.manifest)
    _count(by, image.size)
    image.is_new = True
    return image


def _columns(kept: intake.Kept) -> dict[str, Any]:
    """What an image's row says of its bytes and of their research copy."""
    read, arrival, copy = kept.description, kept.arrival, kept.copy
    return {
        "id": kept.id,
        "uid": read.sop_instance_uid,
        "media_type": read.media_type,
        "rows": read.rows,
        "columns": read.columns,
        "frames": read.frames,
        "original": kept.name,
        "size": arrival.size,
        "sha256": arrival.sha256,
        "research": copy.name,
        "research_sha256": copy.sha256,
        "release_state": copy.state,
        "release_reason": copy.reason,
    }


def _count(by: User, size: int) -> None:
    """Add to what the owner holds; of two uploads at once the second sees the first."""
    usage = Usage.objects.held_by(by)
    usage.refuse_beyond_quota(size)
    usage.change(images=usage.images + 1, size=usage.size + size)


@contextmanager
def _outrun() -> Iterator[None]:
    """What is new breaks a rule of uniqueness only when another upload has just made it. Raises `Outrun`."""
    try:
        yield
    except (ValidationError, IntegrityError) as exc:
        raise Outrun from exc


def _studies(by: User, read: Description, named: Study | None) -> Any:
    """The one that is meant, if it is there."""
    if named:
        return Study.objects.filter(pk=named.pk)
    return Study.objects.filter(owner=by, uid=read.study_uid) if read.study_uid else Study.objects.none()


def _study(by: User, read: Description, named: Study | None) -> Study | None:
    """The study that was named, or the one that the file names, if it is there; locked, and as it is now."""
    if named and read.study_uid and named.uid != read.study_uid:
        raise ValidationError(
            {"study": "This DICOM file belongs to another study: leave `study` out and it finds its own."}
        )
    found = _studies(by, read, named).select_for_update().first()
    if found and found.archived:
        raise Conflict(f"The study of this image is archived: restore study {found.pk} first.")
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


def _of_patient(by: User, study: Study, patient: Patient | None) -> Study:
    """The study, which gets its patient when this is the first image to name them. Raises `Outrun`."""
    if study.patient_id == (patient.pk if patient else None):
        return study
    if patient is None:
        raise Outrun
    if study.patient_id:
        raise Conflict("The study of this image is another patient's.")
    return change_study(by=by, study=study, patient=patient)


def _series(study: Study, read: Description, modality: str, body_part: str) -> Series:
    """The series that the file names; for a plain picture the one of its modality and body part."""
    what = {"modality": read.modality or modality, "body_part": read.body_part or body_part}
    key = {"uid": read.series_uid} if read.series_uid else {"uid": "", **what}
    found = study.series.filter(**key).first()
    return found or Series.objects.create(study=study, owner=study.owner, uid=read.series_uid, **what)


recorded_by(add_image, upload_image)
