"""A process of ours that strangers' files are handed to, seen from the parent: how it starts, and how it ends.

Files are handed over open, so what is read is what was opened, and the child needs no path.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from dicom.sandbox import messages
from dicom.sandbox.messages import Message

START = 60.0  # seconds that a child may take to get ready
ROOT = str(Path(__file__).parents[2])  # sys.path may name it as "", which means another folder to a child


def environment() -> dict[str, str]:
    """All that a child knows of ours: where the code is. One thread of numpy each; secrets stay here."""
    return {
        "PYTHONPATH": os.pathsep.join([ROOT, *filter(None, sys.path)]),
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONUTF8": "1",
    }


class Child:
    """A process, and the socket to it, which is its standard input. Raises `messages.Gone` if it does not come up."""

    def __init__(self, command: Sequence[str]) -> None:
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs:
            self.process = self._start(command, theirs)
        with self._ending_if_it_fails():
            messages.receive(self.channel, 0, monotonic() + START)

    def _start(self, command: Sequence[str], theirs: socket.socket) -> "subprocess.Popen[bytes]":
        try:
            return subprocess.Popen(  # noqa: S603 - our own module, and no input from anyone
                command,
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

    @property
    def runs(self) -> bool:
        return self.process.poll() is None

    def exchange(self, files: Sequence[int], wish: Message, *, seconds: float, largest: int) -> Message:
        """As `messages.exchange`. A child that has not answered well is ended: its answer might be the next one's."""
        with self._ending_if_it_fails():
            return messages.exchange(self.channel, files, wish, seconds=seconds, largest=largest)

    @contextmanager
    def _ending_if_it_fails(self) -> Iterator[None]:
        try:
            yield
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
