"""How research copies come about: in a child process with limits, into a storage of their own, never in place."""

import hashlib
import json
import logging
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

from accounts.models import User
from core.actions import Rejected
from core.models import new_id
from imagery.decoding.pool import environment
from imagery.deidentification.manifest import Box
from imagery.models import Patient, Release, place, research_copies

logger = logging.getLogger(__name__)

COMMAND = [sys.executable, "-P", "-m", "imagery.deidentification"]
LONGEST = 180  # seconds
STATES = {"clean": Release.RELEASED, "quarantine": Release.QUARANTINED, "refused": Release.REFUSED}
UNNAMED = "P-unknown"  # stands in copies for a patient whom nobody has named
TOO_COSTLY = "Cleaning this file takes more time or memory than one file may have, or breaks off."


@dataclass(frozen=True)
class Subject:
    """Under which name an image goes into research, and by what its dates are shifted."""

    key: str = field(repr=False)  # always the same for one patient
    pseudonym: str


def subject_of(patient: Patient | None, owner: User, study_uid: str) -> Subject:
    """The patient; where nobody is named, whoever the study shows."""
    if patient is None:
        return Subject(f"{owner.pk} {study_uid}", UNNAMED)
    return Subject(str(patient.pk), patient.pseudonym)


@dataclass(frozen=True)
class Copy:
    """A research copy in its place, or the reason why there is none."""

    state: str  # of Release
    reason: str  # sentences
    name: str = ""  # in the storage
    manifest: dict[str, Any] | None = None

    @property
    def sha256(self) -> str:
        return self.manifest["sha256"] if self.manifest else ""


@contextmanager
def copied(source: Path, subject: Subject, boxes: Sequence[Box] = ()) -> Iterator[Copy]:
    """Make a research copy; if what follows fails, it is removed again. Raises `Rejected` for boxes that do not fit."""
    copy = make(source, subject, boxes)
    try:
        yield copy
    except BaseException:
        if copy.name:
            research_copies().delete(copy.name)
        raise


def make(source: Path, subject: Subject, boxes: Sequence[Box] = ()) -> Copy:
    storage = research_copies()
    with tempfile.TemporaryDirectory(dir=storage.incoming()) as folder:
        target = Path(folder) / "copy"
        told = ask(wish(source, target, subject, boxes))
        if "wrong" in told:
            raise Rejected(told["wrong"], code="invalid", field="boxes")
        name = storage.adopt(target, place(new_id())) if "manifest" in told else ""
    return Copy(STATES[told["state"]], " ".join(told["reasons"]), name, told.get("manifest"))


def wish(source: Path, target: Path, subject: Subject, boxes: Sequence[Box]) -> dict[str, Any]:
    key = settings.PROJECT_KEY
    return {
        "source": str(source),
        "target": str(target),
        "key": key.hex(),
        "key_id": hashlib.sha256(key).hexdigest()[:8],
        "patient": subject.key,
        "pseudonym": subject.pseudonym,
        "boxes": [asdict(box) for box in boxes],
    }


def ask(wish: dict[str, Any]) -> dict[str, Any]:
    """The child's answer; a child that dies or takes too long refuses. The key travels by its standard input."""
    try:
        child = subprocess.run(  # noqa: S603 - our module, and nobody's input on the command line
            COMMAND, input=json.dumps(wish).encode(), capture_output=True, env=environment(), cwd="/", timeout=LONGEST
        )
        return json.loads(child.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        logger.warning("no research copy could be made of a file: the process that makes it broke off")
        return {"state": "refused", "reasons": [TOO_COSTLY]}
