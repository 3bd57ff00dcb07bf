"""Make research copies: a child process de-identifies a file, and a storage of their own keeps the copy."""

import atexit
import hashlib
import json
import logging
import os
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any, BinaryIO

from django.conf import settings

from accounts.models import User
from core.exceptions import InvalidInput
from dicom.deidentification.manifest import Box
from dicom.deidentification.replies import is_answer
from dicom.sandbox import messages
from dicom.sandbox.process import Child
from imagery import files
from imagery.models import Patient, Release

logger = logging.getLogger(__name__)

COMMAND = [sys.executable, "-P", "-m", "dicom.deidentification.worker"]
LONGEST = 180  # seconds
MARGIN = 30  # seconds more, in which the process says that it took too long
STATES = {"clean": Release.RELEASED, "quarantine": Release.QUARANTINED, "refused": Release.REFUSED}
UNNAMED = "P-unknown"  # stands in copies for a patient whom nobody has named
TOO_COSTLY = "Cleaning this file takes more time or memory than one file may have, or breaks off."
BROKEN_OFF = {"state": "refused", "reasons": [TOO_COSTLY]}


@dataclass(frozen=True)
class PseudonymousSubject:
    """The name of a patient in research, and the key that shifts their dates."""

    key: str = field(repr=False)  # the same for every image of one patient
    pseudonym: str
    patient: Patient | None = None


def subject_of(patient: Patient | None, owner: User, study_uid: str) -> PseudonymousSubject:
    """Return the subject of a patient; if the patient is unknown, that of the study."""
    if patient is None:
        return PseudonymousSubject(f"{owner.pk} {study_uid}", UNNAMED)
    return PseudonymousSubject(str(patient.pk), patient.pseudonym, patient)


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


def make_copy(source: BinaryIO, subject: PseudonymousSubject, boxes: Sequence[Box], undo: ExitStack) -> Copy:
    """De-identify an open file and store the research copy, which `undo` deletes again.

    Raises `InvalidInput` for boxes that do not fit.
    """
    storage, name = files.research_copies(), ""
    with NamedTemporaryFile(dir=storage.incoming()) as output:
        reply = validated_reply(cleaner.ask(source, output, request_for(subject, boxes)))
        if "wrong" in reply:
            raise InvalidInput(reply["wrong"], code="invalid", field="boxes")
        manifest = reply.get("manifest")
        if manifest:
            manifest |= {"sha256": hash_output(output), "boxes": [asdict(box) for box in boxes]}
            name = files.store(storage, Path(output.name), undo)
    return Copy(STATES[reply["state"]], " ".join(reply["reasons"]), name, manifest, subject.patient)


def validated_reply(reply: Any) -> dict[str, Any]:
    """Return the reply of the child process, or a refusal if it is malformed."""
    if is_answer(reply):
        return reply
    logger.warning("no research copy could be made of a file: the reply of the child process is malformed")
    return BROKEN_OFF


def hash_output(output: IO[bytes]) -> str:
    """Hash the copy after the process that wrote it has ended. Previews are cached by this digest, so it must not be
    taken from the process: a hostile file could name the digest of someone else's original.
    """
    output.seek(0)
    return hashlib.file_digest(output, "sha256").hexdigest()  # type: ignore[arg-type]


def request_for(subject: PseudonymousSubject, boxes: Sequence[Box]) -> dict[str, Any]:
    return {
        "key": settings.PROJECT_KEY.hex(),
        "key_id": key_id(),
        "patient": subject.key,
        "pseudonym": subject.pseudonym,
        "boxes": [asdict(box) for box in boxes],
    }


def key_id() -> str:
    """Return the name of the project's key in manifests."""
    return hashlib.sha256(settings.PROJECT_KEY).hexdigest()[:8]


class Cleaner:
    """The process that copies are made in, started with the first unless before, and kept; one copy at a time."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.child: Child | None = None

    def ask(self, source: BinaryIO, target: IO[bytes], wish: dict[str, Any]) -> dict[str, Any]:
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
