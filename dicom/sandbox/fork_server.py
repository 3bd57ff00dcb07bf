"""The process that forks a worker for each file. It never sees a file itself, so no file can take it over.

Its parent sends `{"fork": number}` and one end of a socket pair, or `{"end": number}`, which is answered once that
worker is gone: as long as a worker lives, it can write to the file that it was given.
"""

import os
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from dicom.limits import Limits
from dicom.sandbox import messages, seccomp

Work = Callable[[socket.socket, Limits], None]


def serve_forks(control: socket.socket, work: Work, limits: Limits) -> None:
    """Fork and end workers on request, until the parent hangs up."""
    processes: dict[int, int] = {}
    with suppress(messages.Gone, OSError):
        messages.send(control, {"ready": True})
        while True:
            request, _ = messages.receive(control)
            if "fork" in request:
                processes[request["fork"]] = _fork_worker(control, work, limits)
            else:
                _end_worker(processes.pop(request["end"], 0))
                messages.send(control, {"ended": request["end"]})


def _fork_worker(control: socket.socket, work: Work, limits: Limits) -> int:
    """Fork a worker for the socket that follows, and return its process id, 0 if the system refuses."""
    with socket.socket(fileno=messages.receive_file(control)) as channel:
        try:
            process = os.fork()
        except OSError:
            return 0
        if process == 0:
            control.close()
            _run_worker(channel, work, limits)
        return process


def _run_worker(channel: socket.socket, work: Work, limits: Limits) -> NoReturn:
    """Lock this process, work on one file, and exit. A worker that cannot be locked never says that it is ready."""
    try:
        seccomp.end_with_parent()
        seccomp.lock(limits)
        messages.send(channel, {"ready": True})
        work(channel, limits)
    finally:
        os._exit(0)


def _end_worker(process: int) -> None:
    if process:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
