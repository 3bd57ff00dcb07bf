"""A child process of our own code, as its parent sees it."""

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

from dicom.sandbox import messages

START_SECONDS = 60.0  # that a child may take until it is ready
ROOT = str(Path(__file__).parents[2])  # sys.path may name it "", which means another folder to a child


def environment() -> dict[str, str]:
    """Build the environment of a child: where the code is, one thread of numpy, and none of our secrets."""
    return {
        "PYTHONPATH": os.pathsep.join([ROOT, *filter(None, sys.path)]),
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONUTF8": "1",
    }


class ChildProcess:
    """A process, and the socket that is its standard input. Raises `Gone` or `TimeoutError` if it does not start."""

    def __init__(self, command: Sequence[str]) -> None:
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs:
            self.process = self._start(command, theirs)
        try:
            messages.receive(self.channel, deadline=monotonic() + START_SECONDS)  # it is ready
        except BaseException:
            self.stop()
            raise

    def _start(self, command: Sequence[str], theirs: socket.socket) -> "subprocess.Popen[bytes]":
        try:
            return subprocess.Popen(  # noqa: S603 - our own module, with no input from anyone
                command,
                env=environment(),
                cwd="/",
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C in a terminal is for the parent
            )
        except BaseException:
            self.channel.close()
            raise

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    def stop(self) -> None:
        """Kill the process and wait for its end."""
        self.channel.close()
        self.process.kill()
        self.process.wait()

    def disown(self) -> None:
        """After a fork, leave the process to the parent that we were copied from."""
        self.channel.close()
        self.process.returncode = 0
