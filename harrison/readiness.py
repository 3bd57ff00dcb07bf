"""Can this process do its work? What a load balancer asks every few seconds."""

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Lock
from time import monotonic

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse, JsonResponse

from core.models import new_id
from events.models import Event
from harrison.health import READY
from imagery import files
from imagery.storage import Arrived

logger = logging.getLogger(__name__)
FRESH = 1  # seconds for which an answer holds
PATIENCE = 3  # seconds that one waits for another's look


class Latest:
    """What a process found last. Strangers may ask, past the gate: however many do, one at a time is looked for."""

    def __init__(self) -> None:
        self.lock, self.since, self.checks = Lock(), 0.0, dict[str, bool]()

    def found(self) -> dict[str, bool]:
        if not self.lock.acquire(timeout=PATIENCE):  # whoever looks waits for something that does not answer
            return {"answer": False}
        try:
            if not self.checks or monotonic() - self.since >= FRESH:
                self.checks = {check.__name__: works(check) for check in (database, storage, disk)}
                self.since = monotonic()
            return self.checks
        finally:
            self.lock.release()


latest = Latest()


def readyz() -> HttpResponse:
    """200 when a row can be written, bytes can be kept and read, and there is room; otherwise 503 and which cannot."""
    found = latest.found()
    fine = all(found.values())
    told = {name: "ok" if good else "failed" for name, good in found.items()}
    status = {"status": "ok" if fine else "failed", "checks": told}
    return JsonResponse(status, status=200 if fine else 503, headers={"Cache-Control": "no-store"})


def works(check: Callable[[], None]) -> bool:
    """What went wrong is for the log: an answer to strangers tells no more than that something did."""
    try:
        check()
    except Exception:
        logger.exception("not ready: %s", check.__name__)
        return False
    return True


def database() -> None:
    """Write what every answer needs, an event, and take it back."""
    with transaction.atomic():
        Event.objects.add(duration=0, method="GET", path=READY, status=200)
        transaction.set_rollback(True)


def storage() -> None:
    """Keep a few bytes beside the originals, read them and let them go."""
    id = new_id()
    with files.originals().under_way(id, f"ready/{id.hex}"):
        try_out(f"ready/{id.hex}", b"ready?")


def try_out(name: str, asked: bytes) -> None:
    with NamedTemporaryFile(dir=files.originals().incoming()) as file:
        file.write(asked)
        file.flush()
        files.originals().adopt(Arrived(Path(file.name), file.fileno()), name)
        Path(file.name).touch()  # adopting may have moved it, and leaving the block removes it
    try:
        with files.originals().local(name) as kept:
            if kept.read() != asked:
                raise OSError("the storage gives other bytes than it was given")
    finally:
        files.originals().delete(name)


def disk() -> None:
    """Leave as much room as an upload has to (HARRISON_FREE_DISK_MB)."""
    if shutil.disk_usage(files.originals().incoming()).free < settings.FREE_DISK_BYTES:
        raise OSError("less than HARRISON_FREE_DISK_MB is free")
