"""How bytes come in: hashed while they arrive, looked at by a guarded reader, synced, and kept or thrown away."""

import hashlib
import logging
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast
from uuid import UUID

from django.conf import settings
from django.db import models

from accounts.models import User
from core.actions import UNCERTAIN
from core.exceptions import InvalidInput
from core.models import new_id
from dicom.visits import Description, Unreadable, describe
from imagery import files, research_copies
from imagery.models import Patient
from imagery.storage import Arrived, Storage

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Arrival(Arrived):
    """An upload that has arrived and is not kept yet."""

    sha256: str
    size: int  # bytes


@dataclass(frozen=True)
class Kept:
    """A file in its place, and what was read from it."""

    id: UUID
    name: str
    arrival: Arrival
    description: Description
    patient: Patient | None  # under whose pseudonym the copy was made; perhaps not in the database yet
    copy: research_copies.Copy


@contextmanager
def arriving(file: Any) -> Iterator[Arrival]:
    """Write an upload to where its storage lets files arrive, hashed on the way; gone at the end unless kept.

    It stays open all the while: what is read, cleaned and kept is what was hashed, whatever becomes of its name.
    """
    refuse_a_full_disk(files.originals().incoming(), getattr(file, "size", 0))
    with files.originals().arriving() as (target, arrived):
        sha256, size = _copy(file, target)
        target.flush()
        yield Arrival(arrived.path, arrived.descriptor, sha256, size)


def refuse_a_full_disk(folder: Path, more: int) -> None:
    """Raise `InvalidInput` (507) if `more` bytes would leave less of the disk free than HARRISON_FREE_DISK_MB."""
    if shutil.disk_usage(folder).free - more < settings.FREE_DISK_BYTES:
        logger.error("uploads are refused: less than HARRISON_FREE_DISK_MB would stay free")
        raise InvalidInput(
            "Storage is full. Ask your administrator to add space.",
            code="disk_full",
            field="file",
            status=507,
        )


def _copy(file: Any, target: Any) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    for chunk in file.chunks():
        digest.update(chunk)
        size += len(chunk)
        target.write(chunk)
    return digest.hexdigest(), size


@contextmanager
def kept(arrival: Arrival, description: Description, patient: Patient | None, owner: User) -> Iterator[Kept]:
    """Put the file in its place, and meanwhile make the research copy.

    If what follows fails, the copy is removed and the file goes back to where it arrived. Where nobody knows whether it
    failed (`UNCERTAIN`), both stay with their marks.
    """
    id = new_id()
    subject = research_copies.subject_of(patient, owner, description.study_uid)
    with (
        arrival.open() as source,
        files.originals().under_way(id, files.place(id)),
        taking_its_place(arrival, files.place(id)) as taken,
        research_copies.copied(source, subject, image=id) as copy,
    ):
        yield Kept(id, taken.result(), arrival, description, patient, copy)


@contextmanager
def taking_its_place(arrival: Arrival, name: str) -> Iterator[Future[str]]:
    """The name that the file has once its storage has adopted it, which is done beside what follows. If that fails, the
    file is given back; where the database may have its row, it stays, and `imagery.recovery` decides.
    """
    taken = threads.submit(copy_context().run, files.originals().adopt, arrival, name)  # log lines name their event
    try:
        yield taken
    except UNCERTAIN:
        raise
    except BaseException:
        if taken.exception() is None:
            files.originals().give_back(name, arrival)
        raise


def read(arrival: Arrival) -> Description:
    with readable("file"), arrival.open() as file:
        return describe(file)


@contextmanager
def readable(field: str) -> Iterator[None]:
    """Turn what the guarded reader says of a file into what the person who asked is told."""
    try:
        yield
    except Unreadable as exc:
        raise InvalidInput(exc.sentence, code=exc.code, field=field, status=exc.status) from exc


def local(file: models.fields.files.FieldFile) -> AbstractContextManager[BinaryIO]:
    """A stored file, open on this machine."""
    return cast(Storage, file.storage).local(str(file.name))


def _after_fork() -> None:
    """Threads do not come along into a fork."""
    global threads
    threads = ThreadPoolExecutor()


threads = ThreadPoolExecutor()  # kept, since a bucket is reached by a client of each thread
os.register_at_fork(after_in_child=_after_fork)
