"""How research copies come about: in a child process with limits, into a storage of their own, never in place."""

import atexit
import hashlib
import json
import logging
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import Any, BinaryIO
from uuid import UUID

from django.conf import settings

from accounts.models import User
from core.actions import UNCERTAIN
from core.exceptions import InvalidInput
from core.models import new_id
from dicom.deidentification.manifest import Box
from dicom.deidentification.replies import is_answer
from dicom.sandbox import messages
from dicom.sandbox.process import Child
from imagery import files
from imagery.models import Patient, Release
from imagery.storage import Arrived, let_go

logger = logging.getLogger(__name__)

COMMAND = [sys.executable, "-P", "-m", "dicom.deidentification.worker"]
LONGEST = 180  # seconds
MARGIN = 30  # seconds more, in which the process says that it took too long
STATES = {"clean": Release.RELEASED, "quarantine": Release.QUARANTINED, "refused": Release.REFUSED}
UNNAMED = "P-unknown"  # stands in copies for a patient whom nobody has named
TOO_COSTLY = "Cleaning this file takes more time or memory than one file may have, or breaks off."
BROKEN_OFF = {"state": "refused", "reasons": [TOO_COSTLY]}


@dataclass(frozen=True)
class Subject:
    """Under which name an image goes into research, and by what its dates are shifted."""

    key: str = field(repr=False)  # always the same for one patient
    pseudonym: str
    patient: Patient | None = None


def subject_of(patient: Patient | None, owner: User, study_uid: str) -> Subject:
    """The patient; where nobody is named, whoever the study shows."""
    if patient is None:
        return Subject(f"{owner.pk} {study_uid}", UNNAMED)
    return Subject(str(patient.pk), patient.pseudonym, patient)


@dataclass(frozen=True)
class Copy:
    """A research copy in its place, or the reason why there is none."""

    state: str  # of Release
    reason: str  # sentences
    name: str = ""  # in the storage
    manifest: dict[str, Any] | None = None
    patient: Patient | None = None  # for whom it was made

    @property
    def sha256(self) -> str:
        return self.manifest["sha256"] if self.manifest else ""


@contextmanager
def copied(source: BinaryIO, subject: Subject, boxes: Sequence[Box] = (), *, image: UUID) -> Iterator[Copy]:
    """Make a research copy of an image; if what follows fails for certain, it is removed again.

    Raises `InvalidInput` for boxes that do not fit.
    """
    name = files.place(new_id())
    with files.research_copies().under_way(image, name):
        copy = make(source, subject, boxes, name=name)
        try:
            yield copy
        except UNCERTAIN:
            raise
        except BaseException:
            if copy.name:
                let_go(files.research_copies(), copy.name)
            raise


def make(source: BinaryIO, subject: Subject, boxes: Sequence[Box] = (), *, name: str) -> Copy:
    with files.research_copies().arriving() as (target, arrived):
        told = understood(cleaner.ask(source, target, wish(subject, boxes)))
        if "wrong" in told:
            raise InvalidInput(told["wrong"], code="invalid", field="boxes")
        manifest = told.get("manifest")
        if manifest:
            manifest |= {"sha256": digest(arrived), "boxes": [asdict(box) for box in boxes]}
        kept = files.research_copies().adopt(arrived, name) if manifest else ""
    return Copy(STATES[told["state"]], " ".join(told["reasons"]), kept, manifest, subject.patient)


def understood(told: Any) -> dict[str, Any]:
    """What a fork says, if it can be an answer."""
    if is_answer(told):
        return told
    logger.warning("no research copy could be made of a file: what its making answered is no answer")
    return BROKEN_OFF


def digest(arrived: Arrived) -> str:
    """Of the copy, now that whoever made it is gone. Previews are kept by it: a fork that names the digest of somebody
    else's original must not be believed.
    """
    with arrived.open() as file:
        return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # any binary file will do


def wish(subject: Subject, boxes: Sequence[Box]) -> dict[str, Any]:
    return {
        "key": settings.PROJECT_KEY.hex(),
        "key_id": key_id(),
        "patient": subject.key,
        "pseudonym": subject.pseudonym,
        "boxes": [asdict(box) for box in boxes],
    }


def key_id() -> str:
    """By which name manifests know the project's key."""
    return hashlib.sha256(settings.PROJECT_KEY).hexdigest()[:8]


class Cleaner:
    """The process that copies are made in, started with the first unless before, and kept; one copy at a time."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.child: Child | None = None

    def ask(self, source: BinaryIO, target: BinaryIO, wish: dict[str, Any]) -> dict[str, Any]:
        """Its answer; what breaks off or takes too long is refused. The key travels by the socket."""
        with self.lock:
            told = self._ask([source.fileno(), target.fileno()], json.dumps(wish).encode())
        with suppress(ValueError, RecursionError):
            return json.loads(told)
        logger.warning("no research copy could be made of a file: its making broke off")
        return BROKEN_OFF

    def _ask(self, files: Sequence[int], wish: bytes) -> bytes:
        message, patience = ({"seconds": LONGEST}, wish), LONGEST + MARGIN
        try:
            return self._running().exchange(files, message, seconds=patience, largest=messages.LARGEST)[1]
        except (messages.Gone, TimeoutError):
            return b""

    def _running(self) -> Child:
        if self.child is None or not self.child.runs:
            self.close()
            self.child = Child(COMMAND)
        return self.child

    def warm(self) -> None:
        """Have the process ready. Where it does not start, the next copy says so."""
        with self.lock, suppress(messages.Gone, OSError):
            self._running()

    def close(self) -> None:
        """End the process."""
        if self.child is not None:
            self.child.stop()
            self.child = None

    def forget(self) -> None:
        """After a fork: leave the process to the one we were copied from."""
        if self.child is not None:
            self.child.forget()


def _after_fork() -> None:
    global cleaner
    cleaner.forget()
    cleaner = Cleaner()


cleaner = Cleaner()
os.register_at_fork(after_in_child=_after_fork)
atexit.register(lambda: cleaner.close())
