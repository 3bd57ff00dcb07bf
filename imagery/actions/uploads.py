"""Upload an image: first its bytes, then its rows in one short transaction."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import IntegrityError

from accounts.models import User
from core.actions import Undo, recorded, recorded_by
from core.exceptions import Conflict
from dicom.description import Description, PatientFacts
from dicom.visits import open_file
from imagery import files
from imagery.actions.patients import age_columns, identify
from imagery.actions.studies import change_study
from imagery.ages import age_in_years
from imagery.intake import Upload, explain_unreadable, receive
from imagery.models import Deidentification, Identity, Image, Patient, Series, Study, Usage
from imagery.research_copies import Copy, make_copy, subject_of

ATTEMPTS = 3  # another upload may create the patient first, then the study, then the series


class ConcurrentUpload(Conflict):
    """Another upload created the patient, the study or the series at the same moment; the next attempt finds it."""

    default_detail = "Other images of this patient or study are being uploaded. Send this one again."


class About(TypedDict, total=False):
    """The facts that a user may send with a file that does not contain them."""

    study: Study
    patient: Patient | None
    description: str
    modality: str
    body_part: str


def upload_image(*, by: User, file: "File[bytes]", **about: Unpack[About]) -> Image:
    """Add an image, or return the one with the same bytes; `is_new` tells which."""
    with receive(file) as upload:
        return keep_upload(by=by, upload=upload, **about)


def keep_upload(*, by: User, upload: Upload, **about: Unpack[About]) -> Image:
    """Keep a received file, and try again if another upload of the same patient, study or bytes was faster."""
    try:
        for _ in range(ATTEMPTS - 1):
            with suppress(ConcurrentUpload):
                return keep_upload_once(by=by, upload=upload, **about)
        return keep_upload_once(by=by, upload=upload, **about)
    except (ValidationError, IntegrityError):  # perhaps the same bytes, sent twice at once
        if existing := find_existing(by, upload):
            return existing
        raise


def keep_upload_once(*, by: User, upload: Upload, **about: Unpack[About]) -> Image:
    """Describe, de-identify and store a file before the transaction of `add_image` opens."""
    if existing := find_existing(by, upload):
        return existing
    Usage.objects.of(by).refuse_beyond_quota(upload.size)
    with Undo() as undo:
        with explain_unreadable("file"), upload.path.open("rb") as file, open_file(file) as visit:
            facts = visit.describe()
            patient = about.get("patient") or find_patient(by, facts, about.get("study"))
            copy = make_copy(visit, subject_of(patient, by, facts.study_uid), (), undo)
        original = files.store(files.originals(), upload.path, undo)
        about["patient"] = patient
        return add_image(by=by, upload=upload, facts=facts, copy=copy, original=original, **about)


def find_existing(by: User, upload: Upload) -> Image | None:
    """Return this owner's image with the same bytes. Raises `Conflict` if it is archived."""
    image = Image.objects.filter(owner=by, sha256=upload.sha256).select_related("study").first()
    if image and image.archived:
        raise Conflict(f"You have already uploaded these bytes. The image is archived: restore image {image.pk}.")
    return image


def find_patient(by: User, facts: Description, study: Study | None) -> Patient | None:
    """Return the patient of the study or of the file's record number; a new one is not in the database yet."""
    existing = find_study(by, facts, study).select_related("patient").first()
    if existing and existing.patient:
        return existing.patient
    if not facts.patient or not facts.patient.record_number:
        return None
    identity = Identity.objects.of_record(by, facts.patient.issuer, facts.patient.record_number).first()
    if identity and identity.patient.archived:
        raise Conflict(f"The patient of this image is archived. Restore patient {identity.patient_id} first.")
    return identity.patient if identity else Patient(owner=by, sex=facts.patient.sex)


@recorded("uploaded")
def add_image(
    *,
    by: User,
    upload: Upload,
    facts: Description,
    copy: Copy,
    original: str,
    study: Study | None = None,
    patient: Patient | None = None,
    description: str = "",
    modality: str = "",
    body_part: str = "",
) -> Image:
    """Add the rows of an image whose files are stored, with its patient, study and series if they are new."""
    existing = lock_study(by, facts, study)
    with concurrent_upload_if_not_unique():
        patient = save_patient(by, patient, facts.patient)
        study = set_patient(by, existing, patient) if existing else add_study(by, facts, patient, description)
        series = find_or_add_series(study, facts, modality or "OT", body_part)
    place = {"study": study, "series": series, "modality": series.modality, "body_part": series.body_part}
    file = {"original": original, "size": upload.size, "sha256": upload.sha256}
    image: Image = Image.objects.create(
        owner=by, research_patient=patient, **place, **file, **columns_of_facts(facts), **columns_of_copy(copy)
    )
    if copy.manifest:
        Deidentification.objects.create(image=image, manifest=copy.manifest)
    Usage.objects.add(by, image.size)
    image.is_new = True
    return image


def columns_of_facts(facts: Description) -> dict[str, str | int]:
    return {
        "uid": facts.sop_instance_uid,
        "media_type": facts.media_type,
        "rows": facts.rows,
        "columns": facts.columns,
        "frames": facts.frames,
    }


def columns_of_copy(copy: Copy) -> dict[str, str]:
    return {
        "research": copy.name,
        "research_sha256": copy.sha256,
        "release_state": copy.state,
        "release_reason": copy.reason,
    }


@contextmanager
def concurrent_upload_if_not_unique() -> Iterator[None]:
    """Raise `ConcurrentUpload` in place of a violated uniqueness: another upload has just added the same row."""
    try:
        yield
    except (ValidationError, IntegrityError) as exc:
        raise ConcurrentUpload from exc


def find_study(by: User, facts: Description, study: Study | None) -> Any:
    """Return a queryset with the study that the user or the file names, if it exists."""
    if study:
        return Study.objects.filter(pk=study.pk)
    return Study.objects.filter(owner=by, uid=facts.study_uid) if facts.study_uid else Study.objects.none()


def lock_study(by: User, facts: Description, study: Study | None) -> Study | None:
    """Return the study as it is now, locked: decoding took its time."""
    if study and facts.study_uid and study.uid != facts.study_uid:
        raise ValidationError({"study": "This DICOM file belongs to another study. Leave `study` out."})
    existing: Study | None = find_study(by, facts, study).select_for_update().first()
    if existing and existing.archived:
        raise Conflict(f"The study of this image is archived. Restore study {existing.pk} first.")
    return existing


def save_patient(by: User, patient: Patient | None, facts: PatientFacts | None) -> Patient | None:
    """Add the patient whose pseudonym the copy has, if it is new. Raises `ConcurrentUpload`."""
    if patient is None or facts is None or not patient._state.adding:
        return patient
    if Identity.objects.of_record(by, facts.issuer, facts.record_number).exists():
        raise ConcurrentUpload
    added = Patient.objects.create(id=patient.pk, owner=by, pseudonym=patient.pseudonym, sex=patient.sex)
    names = ("name", "record_number", "issuer", "address", "telephone")
    born = facts.birth_date.isoformat() if facts.birth_date else None
    named = {name: getattr(facts, name) for name in names}
    identify(added, {**named, "birth_date": born, "other_ids": list(facts.other_ids)})
    return added


def set_patient(by: User, study: Study, patient: Patient | None) -> Study:
    """Give the study its patient, if this is the first image to name one. Raises `ConcurrentUpload`."""
    if study.patient_id == (patient.pk if patient else None):
        return study
    if patient is None:
        raise ConcurrentUpload
    if study.patient_id:
        raise Conflict("The study of this image belongs to another patient.")
    return change_study(by=by, study=study, patient=patient)


def add_study(by: User, facts: Description, patient: Patient | None, description: str) -> Study:
    age_in_file = age_in_years(facts.patient.age if facts.patient else "")
    study: Study = Study.objects.create(
        owner=by,
        patient=patient,
        uid=facts.study_uid,
        date=facts.study_date,
        age=age_columns(patient, facts.study_date).get("age", age_in_file),
        description=facts.study_description or description,
    )
    return study


def find_or_add_series(study: Study, facts: Description, modality: str, body_part: str) -> Series:
    """Return the series that the file names; for a plain picture that of its modality and body part."""
    what = {"modality": facts.modality or modality, "body_part": facts.body_part or body_part}
    key = {"uid": facts.series_uid} if facts.series_uid else {"uid": "", **what}
    existing: Series | None = study.series.filter(**key).first()
    return existing or Series.objects.create(study=study, owner=study.owner, uid=facts.series_uid, **what)


recorded_by(add_image, upload_image)
