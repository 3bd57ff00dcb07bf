"""How research copies come about: in a child process with limits, into a storage of their own, never in place."""

import atexit
import hashlib
import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, BinaryIO, cast
from uuid import UUID

from django.conf import settings

from accounts.models import User
from core.actions import Rejected
from core.models import new_id
from imagery.decoding.pool import environment
from imagery.deidentification.manifest import Box
from imagery.models import Patient, Release, place, research_copies
from imagery.storage import Arrived, let_go, link

logger = logging.getLogger(__name__)

COMMAND = [sys.executable, "-P", "-m", "imagery.deidentification.server"]
LONGEST = 180  # seconds
STATES = {"clean": Release.RELEASED, "quarantine": Release.QUARANTINED, "refused": Release.REFUSED}
UNNAMED = "P-unknown"  # stands in copies for a patient whom nobody has named
TOO_COSTLY = "Cleaning this file takes more time or memory than one file may have, or breaks off."


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
    """Make a research copy of an image; if what follows fails, it is removed again.

    Raises `Rejected` for boxes that do not fit.
    """
    name = place(new_id())
    with research_copies().under_way(image, name):
        copy = make(source, subject, boxes, name=name)
        try:
            yield copy
        except BaseException:
            if copy.name:
                let_go(research_copies(), copy.name)
            raise


def make(source: BinaryIO, subject: Subject, boxes: Sequence[Box] = (), *, name: str) -> Copy:
    with tempfile.TemporaryDirectory(dir=research_copies().incoming()) as folder:
        target = Path(folder) / "copy"
        told = cleaner.ask(wish(source, target, subject, boxes))
        if "wrong" in told:
            raise Rejected(told["wrong"], code="invalid", field="boxes")
        kept = adopted(target, name) if "manifest" in told else ""
    return Copy(STATES[told["state"]], " ".join(told["reasons"]), kept, told.get("manifest"), subject.patient)


def adopted(target: Path, name: str) -> str:
    with target.open("rb") as file:
        return research_copies().adopt(Arrived(target, file.fileno()), name)


def wish(source: BinaryIO, target: Path, subject: Subject, boxes: Sequence[Box]) -> dict[str, Any]:
    return {
        "seconds": LONGEST,
        "source": link(source),
        "target": str(target),
        "key": settings.PROJECT_KEY.hex(),
        "key_id": key_id(),
        "patient": subject.key,
        "pseudonym": subject.pseudonym,
        "boxes": [asdict(box) for box in boxes],
    }


def key_id() -> str:
    """By which name manifests know the project's key."""
    return hashlib.sha256(settings.PROJECT_KEY).hexdigest()[:8]


def pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    """Where wishes go in and answers come out: `Cleaner` starts its process with both."""
    return cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)


class Cleaner:
    """The process that copies are made in, started with the first and kept warm; one copy at a time."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None

    def ask(self, wish: dict[str, Any]) -> dict[str, Any]:
        """Its answer; what breaks off or takes too long is refused. The key travels by its standard input."""
        with self.lock:
            told = self._ask(json.dumps(wish).encode() + b"\n")
        if told.strip():
            return json.loads(told)
        logger.warning("no research copy could be made of a file: its making broke off")
        return {"state": "refused", "reasons": [TOO_COSTLY]}

    def _ask(self, line: bytes) -> bytes:
        wishes, answers = pipes(self._running())
        try:
            wishes.write(line)
            wishes.flush()
            return answers.readline()
        except OSError:
            return b""
        except BaseException:  # its answer must not be taken for the next one's
            self.close()
            raise

    def _running(self) -> subprocess.Popen[bytes]:
        if self.process is None or self.process.poll() is not None:
            self.close()
            self.process = subprocess.Popen(  # noqa: S603 - our module, and nobody's input on the command line
                COMMAND,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment(),
                cwd="/",
                start_new_session=True,  # so that Ctrl-C in a terminal is the parent's alone
            )
        return self.process

    def close(self) -> None:
        """End the process."""
        if self.process is None:
            return
        self.process.kill()
        self.process.wait()
        self._close_pipes(self.process)
        self.process = None

    def forget(self) -> None:
        """After a fork: the process belongs to whom we were copied from. It is not ours to talk to or to wait for."""
        if self.process is None:
            return
        self.process.returncode = 0
        self._close_pipes(self.process)

    def _close_pipes(self, process: subprocess.Popen[bytes]) -> None:
        for pipe in pipes(process):
            with suppress(OSError):
                pipe.close()


def _after_fork() -> None:
    global cleaner
    cleaner.forget()
    cleaner = Cleaner()


cleaner = Cleaner()
os.register_at_fork(after_in_child=_after_fork)
atexit.register(lambda: cleaner.close())
