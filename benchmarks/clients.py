"""People who ask: connections that stay open, as little work as possible between two requests.

A bare socket, because a client library would cost about what the server's empty view does. The clients are threads of
one process: with the server's two workers they share the cores, and the report says how much of one they took.
"""

import json
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from typing import Any

# Headers by which the benchmark asks its settings for what the product does not offer (`yardsticks`).
UNRECORDED = "X-Bench-Unrecorded"
COUNTED = "X-Bench-Queries"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Connection:
    """One keep-alive connection (HTTP/1.1) to a server on this machine, as behind a proxy that speaks HTTPS."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = 0  # bytes of bodies

    def ask(self, method: str, path: str, *, status: int, body: bytes = b"", **headers: str) -> Answer:
        """Raises `RuntimeError` when the answer has another status than this."""
        told = {"Host": "127.0.0.1", "X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "https", **headers}
        if body:
            told["Content-Length"] = str(len(body))
        lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in told.items())
        self.socket.sendall(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body)
        answer = self._answer()
        if answer.status != status:
            raise RuntimeError(f"{method} {path} answered {answer.status}: {answer.body[:300]!r}")
        return answer

    def _answer(self) -> Answer:
        head = b""
        while b"\r\n\r\n" not in head:
            head += self._some()
        head, _, body = head.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        if "transfer-encoding" in headers:
            raise RuntimeError("The answer comes in chunks, which this client does not read.")
        length, parts = int(headers.get("content-length", 0)), [body]
        missing = length - len(body)
        while missing > 0:
            parts.append(self._some())
            missing -= len(parts[-1])
        self.received += length
        return Answer(int(first.split()[1]), headers, b"".join(parts))

    def _some(self) -> bytes:
        found = self.socket.recv(1024 * 1024)
        if not found:
            raise RuntimeError("The server has hung up.")
        return found

    def close(self) -> None:
        self.socket.close()


@dataclass
class Measured:
    """What one operation took: each time in seconds, and all of it."""

    times: list[float] = field(default_factory=list)
    seconds: float = 0.0  # by the clock, connections side by side
    bytes: int = 0  # of bodies received

    def add(self, other: "Measured") -> None:
        self.times += other.times
        self.seconds += other.seconds
        self.bytes += other.bytes


Act = Callable[[Connection, int], object]
numbers = count(1)  # no two acts of one run have the same


def for_a_while(act: Act, port: int, seconds: float) -> Measured:
    """One connection that does this again and again, once at least."""
    connection, measured = Connection(port), Measured()
    try:
        began = time.perf_counter()
        until = began + seconds
        while not measured.times or time.perf_counter() < until:
            start = time.perf_counter()
            act(connection, next(numbers))
            measured.times.append(time.perf_counter() - start)
        measured.seconds, measured.bytes = time.perf_counter() - began, connection.received
    finally:
        connection.close()
    return measured


def together(act: Act, port: int, seconds: float, connections: int) -> Measured:
    """So many connections at once."""
    if connections == 1:
        return for_a_while(act, port, seconds)
    began, measured = time.perf_counter(), Measured()
    with ThreadPoolExecutor(connections) as pool:
        for one in pool.map(lambda _: for_a_while(act, port, seconds), range(connections)):
            measured.add(one)
    measured.seconds = time.perf_counter() - began
    return measured
