"""A request's body, taken in whole before anybody works on it, and not for ever."""

from collections.abc import Iterator
from contextlib import contextmanager
from shutil import disk_usage
from tempfile import SpooledTemporaryFile
from threading import Semaphore
from time import monotonic
from typing import Any

from django.conf import settings

PIECE = 16 * 1024  # bytes read at once; the server waits for all of them
IN_MEMORY = 1024 * 1024  # bytes; what is larger goes to a temporary file
OVERHEAD = 1024 * 1024  # bytes that the form around a file may take
AT_LEAST = 50_000  # bytes a second, after PATIENCE
PATIENCE = 30  # seconds
ARRIVING = 192  # bodies that arrive at once, in one process

places = Semaphore(ARRIVING)


class Crowded(Exception):
    """More bodies arrive than may at once."""


class Slow(Exception):
    """The client sends less than it has to."""


class NoRoom(Exception):
    """Less than HARRISON_FREE_DISK_MB would stay free."""


class CutShort(Exception):
    """The client went before it had sent what it said it would: half a file is not for keeping."""


@contextmanager
def whole(environ: dict[str, Any]) -> Iterator[Any]:
    """The body of a request, from its start, when all of it is there. Raises what is above."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if not length:
        yield environ["wsgi.input"]
        return
    if not places.acquire(blocking=False):
        raise Crowded
    try:
        body = arrived(environ["wsgi.input"], min(length, settings.MAX_UPLOAD_BYTES + OVERHEAD))
    finally:
        places.release()
    with body:
        yield body


def arrived(source: Any, wanted: int) -> Any:
    """A file of what arrives, up to `wanted` bytes: whoever parses a cut body finds too much and answers 413.

    Reading from the server knows no timeout, so the clock is looked at between two pieces. Who stops for good gets no
    answer, and keeps a thread and a place until harrison/silence.py ends their connection.
    """
    file = SpooledTemporaryFile(max_size=IN_MEMORY, dir=str(settings.DATA_DIR))  # noqa: SIM115 - who parses it closes it
    try:
        fill(file, source, wanted)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def fill(file: Any, source: Any, wanted: int) -> None:
    began, size = monotonic(), 0
    while size < wanted:
        piece = source.read(min(PIECE, wanted - size))
        if not piece:
            raise CutShort
        size += len(piece)
        if size < AT_LEAST * (monotonic() - began - PATIENCE):
            raise Slow
        keep(file, piece, size)


def keep(file: Any, piece: bytes, size: int) -> None:
    """Nobody has logged in yet, so what strangers send never takes the last of the disk."""
    if size > IN_MEMORY and disk_usage(settings.DATA_DIR).free < settings.FREE_DISK_BYTES:
        raise NoRoom
    try:
        file.write(piece)
    except OSError as exc:  # full all the same, or over a quota
        raise NoRoom from exc
