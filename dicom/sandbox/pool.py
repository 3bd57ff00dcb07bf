"""The workers that read files, as the parent sees them: one for each file, forked before the file is known."""

import atexit
import json
import logging
import os
import select
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from itertools import count
from threading import BoundedSemaphore, Lock
from time import monotonic

from dicom.limits import LIMITS, Limits
from dicom.refusals import Unreadable
from dicom.sandbox import messages
from dicom.sandbox.messages import Message
from dicom.sandbox.process import START_SECONDS, ChildProcess

logger = logging.getLogger(__name__)

COMMAND = [sys.executable, "-P", "-m", "dicom.worker"]
QUICK_SECONDS = 2.0  # a file that takes longer gives its place to the next one, and goes on beside it
SLOW_PLACES = 2  # for such files, for each place


class Place:
    """The permission to run a worker, held until `release`. Raises `Unreadable("busy")` if none comes free."""

    def __init__(self, quick: BoundedSemaphore, slow: BoundedSemaphore, seconds: float) -> None:
        if not quick.acquire(timeout=seconds):
            raise Unreadable("busy")
        self.held, self.slow = quick, slow

    def make_way(self) -> None:
        """Let the next file begin, unless too many slow ones go on already."""
        if self.held is not self.slow and self.slow.acquire(blocking=False):
            self.held.release()
            self.held = self.slow

    def release(self) -> None:
        self.held.release()


class Worker:
    """A forked process that reads one file, and the socket to it."""

    def __init__(self, server: "ForkServer", number: int, channel: socket.socket) -> None:
        self.server, self.number, self.channel = server, number, channel
        self.place: Place | None = None
        self.has_ended = False

    def hand_over(self, descriptor: int) -> None:
        """Give the worker its file. Raises `Gone`."""
        try:
            messages.send_file(self.channel, descriptor)
        except OSError as exc:
            raise messages.Gone from exc

    def ask(self, request: Mapping[str, object], files: Sequence[int], *, seconds: float, max_body: int) -> Message:
        """Send a request and the open files it is about, and wait for the reply.

        Raises `Gone`, or `TimeoutError` if no reply has come after so many seconds.
        """
        self.channel.settimeout(seconds)
        deadline = monotonic() + seconds
        try:
            messages.send(self.channel, request)
        except OSError as exc:
            raise messages.Gone from exc
        for descriptor in files:
            self.hand_over(descriptor)
        if self.place and not self._answers_within(min(QUICK_SECONDS, seconds)):
            self.place.make_way()
        return messages.receive(self.channel, max_body=max_body, deadline=deadline)

    def _answers_within(self, seconds: float) -> bool:
        waiting = select.poll()
        waiting.register(self.channel, select.POLLIN)
        return bool(waiting.poll(seconds * 1000))

    def is_ready(self) -> bool:
        """Wait until the worker has given up its rights. False if it could not, or is gone."""
        try:
            messages.receive(self.channel, deadline=monotonic() + START_SECONDS)
            self.channel.setblocking(False)
            self.channel.recv(1, socket.MSG_PEEK)
            return False  # a worker without a request sends nothing, so it has hung up
        except BlockingIOError:
            return True
        except (messages.Gone, OSError):
            return False

    def end(self) -> None:
        """Kill the worker, and return once it is gone. Raises `Gone` if nobody can tell that it is."""
        if not self.has_ended:
            self.channel.close()
            self.server.end_worker(self.number)
            self.has_ended = True


class ForkServer(ChildProcess):
    """The process that forks workers."""

    def __init__(self, limits: Limits) -> None:
        self.lock, self.numbers = Lock(), count()
        super().__init__([*COMMAND, json.dumps(asdict(limits))])

    def new_worker(self) -> Worker:
        """Request a worker. Raises `OSError` if the server is gone."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs, self.lock:
            worker = Worker(self, next(self.numbers), ours)
            messages.send(self.channel, {"fork": worker.number})
            messages.send_file(self.channel, theirs.fileno())
        return worker

    def end_worker(self, number: int) -> None:
        """Raises `Gone` if the server does not confirm it; then the server is stopped, and its workers with it."""
        with self.lock:
            try:
                messages.send(self.channel, {"end": number})
                messages.receive(self.channel, deadline=monotonic() + START_SECONDS)
            except (messages.Gone, OSError) as exc:
                self.stop()
                raise messages.Gone from exc


def available_cores() -> int:
    """Count the processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Pool:
    """At most `size` workers at a time, beside those of slow files; further callers wait. Safe to use from threads."""

    def __init__(self, size: int | None = None, limits: Limits = LIMITS) -> None:
        self.limits = limits
        size = size or available_cores()
        self.places, self.slow_places = BoundedSemaphore(size), BoundedSemaphore(SLOW_PLACES * size)
        self.lock = Lock()
        self.idle: list[Worker] = []
        self.server: ForkServer | None = None

    @contextmanager
    def worker(self) -> Iterator[Worker]:
        """Lend a worker for one file, and end it afterwards. Raises `Unreadable("busy")` when none comes free."""
        place = Place(self.places, self.slow_places, self.limits.queue)
        try:
            worker = self._ready_worker()
            worker.place = place
            try:
                yield worker
            finally:
                with suppress(messages.Gone):
                    worker.end()
                self.prepare_worker()
        finally:
            place.release()

    def _ready_worker(self) -> Worker:
        """Take an idle worker that is still alive, else have one forked."""
        while self.idle:
            with suppress(IndexError):  # another thread took it
                worker = self.idle.pop()
                if worker.is_ready():
                    return worker
                with suppress(messages.Gone):
                    worker.end()
        try:
            worker = self._running_server().new_worker()
        except (messages.Gone, OSError) as exc:
            logger.error("The process that reads files does not start: try python -m dicom.worker '{}'")
            raise Unreadable("busy") from exc
        if worker.is_ready():
            return worker
        with suppress(messages.Gone):
            worker.end()
        logger.error("The process that reads files cannot give up its rights, so no file is read.")
        raise Unreadable("busy")

    def _running_server(self) -> ForkServer:
        with self.lock:
            if self.server is None or not self.server.is_running:
                if self.server is not None:
                    self.server.stop()
                self.server = ForkServer(self.limits)
            return self.server

    def prepare_worker(self) -> None:
        """Have a worker forked for the next file, which then need not wait for it."""
        with suppress(messages.Gone, OSError):
            self.idle.append(self._running_server().new_worker())

    def close(self) -> None:
        """End all processes."""
        self._forget_idle_workers()
        if self.server is not None:
            self.server.stop()
            self.server = None

    def disown(self) -> None:
        """After a fork, leave the processes to the parent that we were copied from."""
        self._forget_idle_workers()
        if self.server is not None:
            self.server.disown()

    def _forget_idle_workers(self) -> None:
        while self.idle:
            self.idle.pop().channel.close()


_shared_pool = Pool()


def shared_pool() -> Pool:
    """The pool of this process. Its server starts with the first file."""
    return _shared_pool


def _replace_after_fork() -> None:
    global _shared_pool
    _shared_pool.disown()
    _shared_pool = Pool()


os.register_at_fork(after_in_child=_replace_after_fork)
atexit.register(lambda: _shared_pool.close())
