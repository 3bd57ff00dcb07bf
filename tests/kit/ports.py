"""Ports for servers of tests: below those that the kernel gives to whoever asks, and each given once."""

import fcntl
import os
import socket
import tempfile
from pathlib import Path
from typing import IO

FIRST, LAST = 20000, 32767  # Linux gives 32768 and above to clients, and to servers that ask for any
given: list[IO[str]] = []  # locked while this process lives


def free_port() -> int:
    """One that no other process of tests is given, however long its server takes to listen there."""
    folder = Path(tempfile.gettempdir(), f"harrison-ports-{os.getuid()}")
    folder.mkdir(exist_ok=True)
    for port in range(FIRST, LAST + 1):
        mark = (folder / str(port)).open("w")
        if lockable(mark) and unused(port):
            given.append(mark)
            return port
        mark.close()
    raise RuntimeError(f"every port from {FIRST} to {LAST} is in use")


def lockable(mark) -> bool:
    try:
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def unused(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
