"""The child processes that read files, seen from the parent: a few, kept warm, replaced when they die or grow old."""

import atexit
import json
import logging
import os
import sys
from contextlib import nullcontext, suppress
from dataclasses import asdict
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any, BinaryIO

from dicom.limits import LIMITS, Limits
from dicom.refusals import REASONS, Unreadable
from dicom.sandbox import messages
from dicom.sandbox.messages import Message
from dicom.sandbox.process import Child

logger = logging.getLogger(__name__)

SIZE = 2  # child processes
COMMAND = [sys.executable, "-P", "-m", "dicom.worker"]
Source = str | Path | BinaryIO


class Worker(Child):
    """One child process, which reads file after file."""

    def __init__(self, limits: Limits) -> None:
        self.limits, self.jobs = limits, 0
        super().__init__([*COMMAND, json.dumps(asdict(limits))])

    def ask(self, descriptor: int, wish: dict[str, Any]) -> Message:
        """Raises as `exchange`."""
        self.jobs += 1
        largest = 2 * self.limits.drawn  # noise grows a little as a PNG
        return self.exchange([descriptor], (wish, b""), seconds=self.limits.wall, largest=largest)


class Pool:
    """At most `size` children at once; callers beyond that wait. Safe to use from threads."""

    def __init__(self, size: int = SIZE, limits: Limits = LIMITS) -> None:
        self.limits = limits
        self.places = BoundedSemaphore(size)
        self.idle: list[Worker] = []
        self.workers: set[Worker] = set()

    def ask(self, source: Source, wish: dict[str, Any]) -> Message:
        """What a child answers about a file. Raises `Unreadable`, and `OSError` if the path cannot be opened."""
        with open(source, "rb") if isinstance(source, str | Path) else nullcontext(source) as file:
            if not self.places.acquire(timeout=self.limits.queue):
                raise Unreadable("busy")
            try:
                return self._ask(file.fileno(), wish)
            finally:
                self.places.release()

    def _ask(self, descriptor: int, wish: dict[str, Any]) -> Message:
        worker = self._worker()
        try:
            header, body = worker.ask(descriptor, wish)
        except (messages.Gone, TimeoutError) as exc:
            self._retire(worker)
            raise Unreadable("too_costly") from exc
        except BaseException:
            self._retire(worker)
            raise
        refused = header.get("refused")
        if refused == "too_costly" or worker.jobs >= self.limits.jobs:
            self._retire(worker)
        else:
            self.idle.append(worker)
        if refused is not None:
            raise Unreadable(refused if isinstance(refused, str) and refused in REASONS else "undecodable")
        return header, body

    def _worker(self) -> Worker:
        """An idle child that is still alive, else a new one."""
        while self.idle:
            worker = self.idle.pop()
            if worker.runs:
                return worker
            self._retire(worker)
        try:
            worker = Worker(self.limits)
        except (messages.Gone, OSError) as exc:
            logger.error("The process that reads files does not start: try python -m dicom.worker")
            raise Unreadable("busy") from exc
        self.workers.add(worker)
        return worker

    def warm(self) -> None:
        """Have a child ready. Where none starts, the next file that comes says so."""
        with self.places, suppress(Unreadable):
            self.idle.append(self._worker())

    def _retire(self, worker: Worker) -> None:
        worker.stop()
        self.workers.discard(worker)

    def close(self) -> None:
        """End all children."""
        self.idle.clear()
        for worker in list(self.workers):
            self._retire(worker)

    def forget(self) -> None:
        """After a fork: leave the children to the process we were copied from."""
        for worker in self.workers:
            with suppress(OSError):
                worker.forget()


_shared = Pool()


def shared() -> Pool:
    """The pool of this process. Its children start with the first file, unless it was made `warm` before."""
    return _shared


def _after_fork() -> None:
    global _shared
    _shared.forget()
    _shared = Pool()


os.register_at_fork(after_in_child=_after_fork)
atexit.register(lambda: _shared.close())
