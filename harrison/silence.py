"""Connections on which nothing moves any more are ended, so that nobody keeps a thread or a place by saying nothing.

The server knows no time-out for a body that stops arriving, nor for an answer that nobody takes; and granian 2.8.7
stands still when a body that is being read is answered from elsewhere. But the system knows of each connection how long
ago bytes came and went (TCP_INFO, tcp(7)), and a connection that it ends is one whose client has gone, which the server
knows how to take. Nothing moves either while a client waits for work of ours: meanwhile nobody's connection is ended.
"""

import logging
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from time import monotonic, sleep

SILENCE = 60.0  # seconds
# Seconds, where a proxy stands before us: more than it keeps an idle connection (deploy/ tells both proxies 120), for
# it has to be the one that ends it. A request that it sends while we do so is answered with 502.
BEHIND_A_PROXY = 150.0
LOOKS = 12  # in that time
SINCE_SENT_AND_RECEIVED = struct.Struct("=44x I 4x I")  # milliseconds, in struct tcp_info of Linux
logger = logging.getLogger(__name__)


class InHand:
    """The requests whose bodies are there, which wait or are worked on."""

    def __init__(self) -> None:
        self.since: dict[object, float] = {}

    @contextmanager
    def one(self) -> Iterator[None]:
        request = object()
        self.since[request] = monotonic()
        try:
            yield
        finally:
            del self.since[request]

    def longest(self) -> float:
        """Seconds that the oldest of them has been in hand."""
        now = monotonic()
        return now - min(self.since.copy().values(), default=now)


def heed(hand: InHand, silence: float) -> None:
    """From now on, in a thread of its own; where the system does not tell (other than Linux), never."""
    if hasattr(socket, "TCP_INFO"):
        Thread(target=look, args=(hand, silence), daemon=True).start()


def look(hand: InHand, silence: float) -> None:
    """Again and again, also after a look that failed: where no descriptor is left it is needed most."""
    while True:
        sleep(silence / LOOKS)
        try:
            if hand.longest() < silence - 2 * silence / LOOKS:  # its connection has been silent a little longer
                end_silent(silence)
        except OSError:
            logger.exception("Silent connections could not be looked for.")


def end_silent(silence: float) -> None:
    for connection in served():
        with suppress(OSError):  # it has just ended by itself
            if unmoved(connection) >= silence:
                connection.shutdown(socket.SHUT_RDWR)


def served() -> Iterator[socket.socket]:
    """This process's connections on the ports that it listens on: none of its own to a database or a storage."""
    ports = {each.getsockname()[1] for each in sockets() if listens(each)}
    return (each for each in sockets() if each.getsockname()[1] in ports and not listens(each))


def listens(each: socket.socket) -> bool:
    return bool(each.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))


def sockets() -> Iterator[socket.socket]:
    """Of TCP, as duplicates: a number that is given to another connection meanwhile would end the wrong one.

    Each is closed before the next is made: all at once could be more descriptors than there are.
    """
    for number in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            if os.readlink(f"/proc/self/fd/{number}").startswith("socket:"):
                with duplicate(int(number)) as each:
                    if each.family in (socket.AF_INET, socket.AF_INET6) and each.type == socket.SOCK_STREAM:
                        yield each


def duplicate(number: int) -> socket.socket:
    """Raises `OSError` where there is no socket any more.

    What has become a file meanwhile is never closed: with any descriptor of a file that a process closes it loses its
    locks on that file (fcntl(2)), and SQLite, which takes its turns by them, would tear the database.
    """
    return socket.socket(fileno=os.dup(number))


def unmoved(connection: socket.socket) -> float:
    """Seconds since a byte last came or went."""
    told = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, SINCE_SENT_AND_RECEIVED.size)
    return min(SINCE_SENT_AND_RECEIVED.unpack(told)) / 1000
