"""Upload an image: first its bytes, then its rows in one short transaction."""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import IntegrityError

from accounts.models import User
from core.actions import Undo, recorded, recorded_by
from core.exceptions import Conflict
from dicom.ages import age_in_years, age_on
from dicom.description import Description
from dicom.visits import open_file
from imagery import files
from imagery.actions.filing import (
    find_patient,
    find_patient_of_number,
    find_study,
    free_uid,
    person_in,
    refuse_taken_uid,
)
from imagery.actions.patients import complete_patient, identify
from imagery.actions.studies import archive_study, change_study
from imagery.intake import Upload, explain_unreadable, receive
from imagery.models import Deidentification, Image, Patient, Series, Study, Usage
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
    """Add an image, or return the one with the same bytes."""
    return get_or_upload_image(by=by, file=file, **about)[0]


def get_or_upload_image(*, by: User, file: "File[bytes]", **about: Unpack[About]) -> tuple[Image, bool]:
    """Return the image with these bytes, and whether it was added."""
    with receive(file) as upload:
        return keep_upload(by=by, upload=upload, **about)


def keep_upload(*, by: User, upload: Upload, **about: Unpack[About]) -> tuple[Image, bool]:
    """Keep a received file, and try again if another upload of the same patient, study or bytes was faster."""
    for _ in range(ATTEMPTS - 1):
        with suppress(ConcurrentUpload, ValidationError, IntegrityError):
            return keep_upload_once(by=by, upload=upload, **about)
    return keep_upload_once(by=by, upload=upload, **about)


def keep_upload_once(*, by: User, upload: Upload, **about: Unpack[About]) -> tuple[Image, bool]:
    """Describe, de-identify and store a file before the transaction of `add_image` opens."""
    if existing := find_existing(by, upload):
        return existing, False
    Usage.objects.of(by).refuse_beyond_quota(upload.size)
    with Undo() as undo:
        with explain_unreadable("file"), upload.path.open("rb") as file, open_file(file) as visit:
            facts = visit.describe()
            patient, age = find_place(by, facts, about)
            copy = make_copy(visit, subject_of(patient, by, facts.study_uid, age), (), undo)
        original = files.store(files.originals(), upload.path, undo)
        about["patient"] = patient
        return add_image(by=by, upload=upload, facts=facts, copy=copy, original=original, **about), True


def find_existing(by: User, upload: Upload) -> Image | None:
    """Return this owner's image with the same bytes. Raises `Conflict` if it is archived."""
    image = Image.objects.filter(owner=by, sha256=upload.sha256).select_related("study").first()
    if image and image.archived:
        raise Conflict(f"You have already uploaded these bytes. The image is archived: restore image {image.pk}.")
    return image


def find_place(by: User, facts: Description, about: About) -> tuple[Patient | None, int | None]:
    """Return the patient of a file, who may be new, and the age at the study. Raises `Conflict` if it has no place."""
    refuse_taken_uid(by, facts)
    study = find_study(by, facts, about.get("study"))
    patient = find_patient(by, facts, study, about.get("patient"))
    age = study.age if study else None
    return patient, age_in(facts, patient) if age is None else age


def age_in(facts: Description, patient: Patient | None) -> int | None:
    """Return the age at a new study: by the birth date of the patient or of the file, or else as the file says."""
    born = (patient.facts if patient else {}).get("birth_date") or person_in(facts).birth_date
    if born and facts.study_date:
        return age_on(facts.study_date, datetime.date.fromisoformat(born))
    return age_in_years(facts.patient.age if facts.patient else "")


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
    with concurrent_upload_if_not_unique():
        patient = save_patient(by, patient, facts)
        existing = lock_study(by, facts, study)
        study = set_patient(by, existing, patient) if existing else add_study(by, facts, patient, description)
        series = find_or_add_series(study, facts, modality or "OT", body_part)
    place = {"study": study, "series": series, "modality": series.modality, "body_part": series.body_part}
    free_uid(by, facts)
    file = {"original": original, "size": upload.size, "sha256": upload.sha256}
    image: Image = Image.objects.create(
        owner=by, research_patient=patient, **place, **file, **columns_of_facts(facts), **columns_of_copy(copy)
    )
    if copy.manifest:
        Deidentification.objects.create(image=image, manifest=copy.manifest)
    Usage.objects.add(by, image.size)
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


def lock_study(by: User, facts: Description, study: Study | None) -> Study | None:
    """Return the study as it is now, locked: decoding took its time. Archive one that the file needs to replace."""
    existing = find_study(by, facts, study, lock=True)
    if existing is None and facts.study_uid:
        for emptied in Study.objects.live().filter(owner=by, uid=facts.study_uid):
            archive_study(by=by, study=emptied)
    return existing


def save_patient(by: User, patient: Patient | None, facts: Description) -> Patient | None:
    """Add the patient whose pseudonym the copy has, if it is new. Raises `ConcurrentUpload`."""
    if patient is None or facts.patient is None:
        return patient
    person = person_in(facts)
    if not patient._state.adding:
        if not complete_patient(patient, person):
            raise ConcurrentUpload
        return patient
    if find_patient_of_number(by, person):
        raise ConcurrentUpload
    added = Patient.objects.create(id=patient.pk, owner=by, pseudonym=patient.pseudonym, sex=patient.sex)
    names = ("name", "record_number", "issuer", "address", "telephone")
    named = {name: getattr(facts.patient, name) for name in names}
    try:
        identify(added, {**named, "birth_date": person.birth_date or None, "other_ids": list(person.other_ids)})
    except Conflict as exc:  # another upload has added this patient since the look
        raise ConcurrentUpload from exc
    return added


def set_patient(by: User, study: Study, patient: Patient | None) -> Study:
    """Give the study its patient, if this is the first image to name one. Raises `ConcurrentUpload`."""
    if study.patient_id == (patient.pk if patient else None):
        return study
    if patient is None or study.patient_id:
        raise ConcurrentUpload
    return change_study(by=by, study=study, patient=patient)


def add_study(by: User, facts: Description, patient: Patient | None, description: str) -> Study:
    study: Study = Study.objects.create(
        owner=by,
        patient=patient,
        uid=facts.study_uid,
        date=facts.study_date,
        age=age_in(facts, patient),
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
recorded_by(add_image, get_or_upload_image)
