"""The door of each process: who comes in, who waits, and who is told to come again.

The server gives every request a thread. Here a body arrives whole before anything works on it, one request at a time
is worked on, a bounded number waits for that, and the rest is answered 503 at once. So slow clients hold threads, which
are cheap, and never a database connection or a place among those that are worked on. The connection belongs to the
place and not to the thread, so that on SQLite it is open for the next request, with its cache and its statements.
docs/decisions/0017 says why what is turned away leaves no event.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from queue import Empty, LifoQueue
from threading import Lock
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

from harrison import metrics
from harrison.arrival import Crowded, CutShort, NoRoom, Slow, whole
from harrison.health import LIVE, READY
from harrison.silence import InHand

WORKING = 1  # requests worked on at once; measured in docs/decisions/0010
WAITING = 64  # requests that wait for that
PATIENCE = 60  # seconds that a request waits before it is turned away: longer than one hard file takes
AT_ONCE = 1024 * 1024  # bytes of an answer that is given as one piece; the server keeps one for each connection at most
SOON = "2"  # seconds after which one may try again
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Full(Exception):
    """More requests than can be answered soon."""


class Gate:
    """A WSGI application in front of another."""

    def __init__(self, application: Wsgi, *, working: int = WORKING, waiting: int = WAITING) -> None:
        self.application = application
        self.places, self.queue, self.hand = LifoQueue[Any](), Room(waiting), InHand()
        for _ in range(working):
            self.places.put(connection_for_any_thread())

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            return self.answer(environ, start_response)
        except tuple(REFUSALS) as exc:
            return turned_away(start_response, *REFUSALS[type(exc)])

    def answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] in (LIVE, READY):  # a process with much to do is neither dead nor unfit
            try:
                return handed_over(environ, self.application(environ, start_response))
            finally:
                connections.close_all()  # the next one who asks has another thread
        if self.queue.full:
            raise Full
        with whole(environ) as environ["wsgi.input"], self.hand.one():
            with self.place():
                answered = self.application(environ, start_response)
            return handed_over(environ, answered)  # what is left is bytes, and whoever gives or takes them may be slow

    @contextmanager
    def place(self) -> Iterator[None]:
        """One of the places for those worked on, and its connection. Raises `Full`."""
        with self.queue.one():
            try:
                connection = self.places.get(timeout=PATIENCE)
            except Empty:
                raise Full from None
        try:
            with used_here(connection):
                yield
        finally:
            self.places.put(connection)


def connection_for_any_thread() -> Any:
    """A connection to the database, not open yet."""
    connection = connections.create_connection(DEFAULT_DB_ALIAS)
    connection.inc_thread_sharing()
    return connection


@contextmanager
def used_here(connection: Any) -> Iterator[None]:
    """This thread's work is done with that connection; it stays open where the settings let it."""
    own, connections[DEFAULT_DB_ALIAS] = connections[DEFAULT_DB_ALIAS], connection
    try:
        yield
    finally:
        connections[DEFAULT_DB_ALIAS] = own
        connection.close_if_unusable_or_obsolete()


class Room:
    """Holds so many and no more."""

    def __init__(self, most: int) -> None:
        self.most, self.inside, self.lock = most, 0, Lock()

    @property
    def full(self) -> bool:
        return self.inside >= self.most

    @contextmanager
    def one(self) -> Iterator[None]:
        """Raises `Full`."""
        with self.lock:
            if self.full:
                raise Full
            self.inside += 1
        try:
            yield
        finally:
            with self.lock:
                self.inside -= 1


BUSY = ("overloaded", "503 Service Unavailable", "There is too much to do: try again in a moment.")
REFUSALS = {
    Full: BUSY,
    Crowded: BUSY,
    Slow: ("slow", "408 Request Timeout", "The body arrived too slowly."),
    CutShort: ("cut_short", "400 Bad Request", "The body ended before its Content-Length."),
    NoRoom: (
        "disk_full",
        "507 Insufficient Storage",
        "There is no room for this: whoever runs Harrison has to add some.",
    ),
}


def turned_away(start_response: Callable[..., Any], code: str, status: str, detail: str) -> list[bytes]:
    """The one shape of every error (core/errors.py), made without Django: this answer has to cost next to nothing."""
    metrics.turned_away(code)
    body = json.dumps({"detail": detail, "code": code, "fields": {}}).encode()
    told = [("Content-Type", "application/json"), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
    start_response(status, [*told, ("Retry-After", SOON)])
    return [body]


def handed_over(environ: dict[str, Any], answered: Iterable[bytes]) -> Iterable[bytes]:
    """What is small goes to the server as one piece, in a list: it keeps that, and the thread is free for the next.

    Anything else is asked for piece by piece, and holds a thread for as long as its client takes. Granian knows no
    `wsgi.file_wrapper`. The answer to HEAD ends with its headers: over HTTP/2 the server would send the body, too.
    """
    head = environ["REQUEST_METHOD"] == "HEAD"
    if not head and length(answered) > AT_ONCE:
        return answered
    try:
        return [b"" if head else b"".join(answered)]
    finally:
        if hasattr(answered, "close"):
            answered.close()


def length(answered: Iterable[bytes]) -> float:
    """How many bytes a response of Django says that it has."""
    return float(getattr(answered, "headers", {}).get("Content-Length", "inf"))
