"""An HTTP client that does as little as possible, like a proxy on the same machine.

It uses a plain socket, because a client library takes about as long as the server takes for an empty view.
"""

import json
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

UNRECORDED = "X-Bench-Unrecorded"  # asks benchmarks.yardsticks to leave the event out
numbers = count(1)  # no two requests of one run have the same


class Client:
    """Opens a connection for each request, because behind a proxy Harrison keeps none."""

    def __init__(self, port: int, token: str = "", unrecorded: bool = False) -> None:
        self.port = port
        self.headers = {"Host": "127.0.0.1", "X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "https"}
        self.headers |= {"Authorization": f"Token {token}"} if token else {}
        self.headers |= {UNRECORDED: "yes"} if unrecorded else {}

    def request(self, method: str, path: str, status: int, body: bytes = b"", content_type: str = "") -> bytes:
        """Return the body of the answer. Raises `RuntimeError` if it has another status."""
        headers = self.headers | {"Connection": "close", "Content-Length": str(len(body))}
        headers |= {"Content-Type": content_type} if content_type else {}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        with socket.create_connection(("127.0.0.1", self.port), timeout=120) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body)
            answer = b"".join(iter(lambda: connection.recv(1024 * 1024), b""))
        head, _, content = answer.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 %d " % status):
            raise RuntimeError(f"{method} {path} answered {answer[:500]!r}")
        return content

    def get(self, path: str) -> bytes:
        return self.request("GET", path, 200)

    def post_json(self, path: str, body: object) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(
            self.request("POST", path, 201, json.dumps(body).encode(), "application/json")
        )
        return answer

    def upload(self, content: bytes) -> str:
        """Upload an image and return its id."""
        head = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="it"\r\n\r\n'
        body = head + content + b"\r\n--edge--\r\n"
        answer = self.request("POST", "/api/v1/images/", 201, body, "multipart/form-data; boundary=edge")
        return str(json.loads(answer)["id"])


def repeat(act: Callable[[], object], seconds: float) -> list[float]:
    """Do something again and again, at least once. Returns the seconds that each time took."""
    times, end = list[float](), time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        start = time.perf_counter()
        act()
        times.append(time.perf_counter() - start)
    return times


def rate_of(act: Callable[[], object], seconds: float, clients: int) -> float:
    """Return how often clients that work at the same time do something in a second."""
    start = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        times = list(pool.map(lambda _: repeat(act, seconds), range(clients)))
    return sum(map(len, times)) / (time.perf_counter() - start)
