"""The child processes that read files, seen from the parent: a few, kept warm, replaced when they die or grow old.

The parent hands the file over open, so what is read is what was opened, and the child needs no path.
"""

import atexit
import json
import logging
import os
import socket
import subprocess
import sys
from contextlib import nullcontext, suppress
from dataclasses import asdict
from pathlib import Path
from threading import BoundedSemaphore
from time import monotonic
from typing import Any, BinaryIO

from imagery.decoding import channel
from imagery.decoding.limits import LIMITS, Limits
from imagery.decoding.reasons import REASONS, Unreadable

logger = logging.getLogger(__name__)

SIZE = 2  # child processes
START = 60.0  # seconds that a child may take to get ready
COMMAND = [sys.executable, "-P", "-m", "imagery.decoding.worker"]
ROOT = str(Path(__file__).parents[2])  # sys.path may name it as "", which means another folder to a child
Answer = tuple[dict[str, Any], bytes]
Source = str | Path | BinaryIO


def environment() -> dict[str, str]:
    """All that a child knows of ours: where the code is. One thread of numpy each; secrets stay here."""
    return {
        "PYTHONPATH": os.pathsep.join([ROOT, *filter(None, sys.path)]),
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONUTF8": "1",
    }


class Worker:
    """One child process and the socket to it. Raises `channel.Gone` if it does not come up."""

    def __init__(self, limits: Limits) -> None:
        self.limits, self.jobs = limits, 0
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs:
            self.process = self._start(theirs)
        self._receive(START, 0)

    def _start(self, theirs: socket.socket) -> "subprocess.Popen[bytes]":
        try:
            return subprocess.Popen(  # noqa: S603 - our own module, and no input from anyone
                [*COMMAND, json.dumps(asdict(self.limits))],
                env=environment(),
                cwd="/",
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # so that Ctrl-C in a terminal is the parent's alone
            )
        except BaseException:
            self.channel.close()
            raise

    def ask(self, descriptor: int, wish: dict[str, Any]) -> Answer:
        """Raises `channel.Gone` if the child dies or talks nonsense, `TimeoutError` if it takes too long."""
        self.jobs += 1
        self.channel.settimeout(self.limits.wall)
        try:
            channel.send_file(self.channel, descriptor)
            channel.send(self.channel, wish)
        except OSError as exc:
            raise channel.Gone from exc
        return self._receive(self.limits.wall, 2 * self.limits.drawn)  # noise grows a little as a PNG

    def _receive(self, seconds: float, largest: int) -> Answer:
        try:
            return channel.receive(self.channel, largest, monotonic() + seconds)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the child, whatever it is doing."""
        self.channel.close()
        self.process.kill()
        self.process.wait()

    def forget(self) -> None:
        """After a fork: the child belongs to the process we were copied from. It is not ours to end or to wait for."""
        self.channel.close()
        self.process.returncode = 0


class Pool:
    """At most `size` children at once; callers beyond that wait. Safe to use from threads."""

    def __init__(self, size: int = SIZE, limits: Limits = LIMITS) -> None:
        self.limits = limits
        self.places = BoundedSemaphore(size)
        self.idle: list[Worker] = []
        self.workers: set[Worker] = set()

    def ask(self, source: Source, wish: dict[str, Any]) -> Answer:
        """What a child answers about a file. Raises `Unreadable`, and `OSError` if the path cannot be opened."""
        with open(source, "rb") if isinstance(source, str | Path) else nullcontext(source) as file:
            if not self.places.acquire(timeout=self.limits.queue):
                raise Unreadable("busy")
            try:
                return self._ask(file.fileno(), wish)
            finally:
                self.places.release()

    def _ask(self, descriptor: int, wish: dict[str, Any]) -> Answer:
        worker = self._worker()
        try:
            header, body = worker.ask(descriptor, wish)
        except (channel.Gone, TimeoutError) as exc:
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
            if worker.process.poll() is None:
                return worker
            self._retire(worker)
        try:
            worker = Worker(self.limits)
        except (channel.Gone, OSError) as exc:
            logger.error("The process that reads files does not start: try python -m imagery.decoding.worker")
            raise Unreadable("busy") from exc
        self.workers.add(worker)
        return worker

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
    """The pool of this process. Its children start with the first file, not before."""
    return _shared


def _after_fork() -> None:
    global _shared
    _shared.forget()
    _shared = Pool()


os.register_at_fork(after_in_child=_after_fork)
atexit.register(lambda: _shared.close())
