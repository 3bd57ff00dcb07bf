"""Make research copies: a child process de-identifies a file, and a storage of their own keeps the copy."""

import hashlib
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, BinaryIO, cast

from django.conf import settings

from accounts.models import User
from dicom.deidentification.manifest import Box
from dicom.deidentification.options import Option
from dicom.deidentification.replacements import Secrets, Subject
from dicom.visits import Visit
from imagery import files, previews
from imagery.models import Patient, Release

STATES = {
    "clean": Release.RELEASED,
    "quarantine": Release.QUARANTINED,
    "refused": Release.REFUSED,
    "no_picture": Release.NO_PICTURE,
}
UNNAMED = "P-unknown"  # stands in copies for a patient whom nobody has named


@dataclass(frozen=True)
class PseudonymousSubject:
    """The name of a patient in research, and the key that shifts their dates."""

    key: str = field(repr=False)  # the same for every image of one patient
    pseudonym: str
    patient: Patient | None = None
    age: int | None = field(default=None, repr=False)  # at the study, as research reads it

    def with_key(self) -> Subject:
        """Return the subject with the project's key, as a visit needs it."""
        secrets, sex = Secrets(settings.PROJECT_KEY, key_id()), self.patient.sex if self.patient else ""
        return Subject(secrets, self.key, self.pseudonym, research_options(), sex=sex, age=self.age)


def subject_of(patient: Patient | None, owner: User, study_uid: str, age: int | None) -> PseudonymousSubject:
    """Return the subject of a patient; if the patient is unknown, that of the study."""
    if patient is None:
        return PseudonymousSubject(f"{owner.pk} {study_uid}", UNNAMED, age=age)
    return PseudonymousSubject(str(patient.pk), patient.pseudonym, patient, age)


@dataclass(frozen=True)
class Copy:
    """A stored research copy, or the reason why there is none."""

    state: Release
    reason: str  # sentences
    name: str = ""  # in the storage
    manifest: dict[str, Any] | None = None
    patient: Patient | None = None  # whose pseudonym it has

    @property
    def sha256(self) -> str:
        return self.manifest["sha256"] if self.manifest else ""


def make_copy(visit: Visit, subject: PseudonymousSubject, boxes: Sequence[Box], undo: ExitStack) -> Copy:
    """De-identify the file of a visit, which ends with it, and store the research copy, which `undo` deletes again.

    The copy's thumbnail is cached, so that it is drawn only once. Raises `Unreadable` for boxes outside the image.
    """
    storage, name = files.research_copies(), ""
    with NamedTemporaryFile(dir=storage.incoming()) as output:
        copy = visit.deidentify(subject.with_key(), cast(BinaryIO, output), boxes)
        if copy.manifest:
            name = files.store(storage, Path(output.name), undo)
            if copy.thumbnail:
                previews.keep_thumbnail(copy.manifest["sha256"], copy.thumbnail)
    return Copy(STATES[copy.state], " ".join(copy.reasons), name, copy.manifest, subject.patient)


def research_options() -> frozenset[Option]:
    """Return the options of Annex E that the settings leave on."""
    return frozenset(option for option in Option if settings.RESEARCH_OPTIONS[option.name])


def key_id() -> str:
    """Return the name of the project's key in manifests."""
    return hashlib.sha256(settings.PROJECT_KEY).hexdigest()[:8]
