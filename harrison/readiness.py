"""Answer whether this process can do its work. A load balancer asks every few seconds."""

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Lock
from time import monotonic
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse, JsonResponse

from events.models import Event
from harrison.health import READY
from imagery import files

logger = logging.getLogger(__name__)
FRESH_SECONDS = 1  # for which a result is used again
WAIT_SECONDS = 3  # for another thread's checks


class LatestChecks:
    """The last result of the checks. Strangers may ask often, so one thread checks at a time."""

    def __init__(self) -> None:
        self.lock, self.checked_at, self.results = Lock(), 0.0, dict[str, bool]()

    def get(self) -> dict[str, bool]:
        if not self.lock.acquire(timeout=WAIT_SECONDS):  # another thread waits for something that does not answer
            return {"answer": False}
        try:
            if not self.results or monotonic() - self.checked_at >= FRESH_SECONDS:
                self.results = {check.__name__: passes(check) for check in (database, storage, disk)}
                self.checked_at = monotonic()
            return self.results
        finally:
            self.lock.release()


latest_checks = LatestChecks()


def readyz() -> HttpResponse:
    """200 if rows and files can be written and the disk has space, otherwise 503; the body names what fails."""
    results = latest_checks.get()
    ready = all(results.values())
    checks = {name: "ok" if result else "failed" for name, result in results.items()}
    body = {"status": "ok" if ready else "failed", "checks": checks}
    return JsonResponse(body, status=200 if ready else 503, headers={"Cache-Control": "no-store"})


def passes(check: Callable[[], None]) -> bool:
    """Log why a check fails: strangers read only that it does."""
    try:
        check()
    except Exception:
        logger.exception("not ready: %s", check.__name__)
        return False
    return True


def database() -> None:
    """Write an event, as every answer does, and roll it back."""
    with transaction.atomic():
        Event.objects.create(duration=0, method="GET", path=READY, status=200)
        transaction.set_rollback(True)


def storage() -> None:
    """Keep a few bytes beside the originals, read them and let them go."""
    originals, name, content = files.originals(), f"ready/{uuid4().hex}", b"ready?"
    try:
        with NamedTemporaryFile(dir=originals.incoming()) as file:
            file.write(content)
            file.flush()
            originals.adopt(Path(file.name), name)
        with originals.local(name) as stored:
            if stored.read() != content:
                raise OSError("the storage returns other bytes than it was given")
    finally:
        originals.delete(name)


def disk() -> None:
    """Require the free space that uploads leave, HARRISON_FREE_DISK_MB."""
    if shutil.disk_usage(files.originals().incoming()).free < settings.FREE_DISK_BYTES:
        raise OSError("less than HARRISON_FREE_DISK_MB is free")
