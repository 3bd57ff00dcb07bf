"""Messages over a Unix socket: two lengths, a JSON object, raw bytes. An open file may follow a message.

There is no pickle: a process that reads hostile files must not be able to run code in its parent.
"""

import json
import socket
import struct
from collections.abc import Mapping
from time import monotonic
from typing import Any

from dicom.limits import MIB

LENGTHS = struct.Struct(">LL")  # bytes of the JSON, bytes of the body
MAX_JSON_BYTES = 32 * MIB  # 100 boxes on each of 2,000 frames take 15 MiB
CHUNK = MIB

Message = tuple[dict[str, Any], bytes]


class Gone(Exception):
    """The other side has hung up, or sends something that is not a message."""


def send(channel: socket.socket, content: Mapping[str, object], body: bytes = b"") -> None:
    """Send a message. Raises `OSError` if the other side has hung up."""
    encoded = json.dumps(content).encode()
    channel.sendall(LENGTHS.pack(len(encoded), len(body)) + encoded)
    if body:
        channel.sendall(body)


def receive(channel: socket.socket, *, max_body: int = 0, deadline: float | None = None) -> Message:
    """Receive a message with a body of at most `max_body` bytes, before `time.monotonic()` reaches the deadline.

    Raises `Gone`, or `TimeoutError`.
    """
    json_length, body_length = LENGTHS.unpack(_receive_bytes(channel, LENGTHS.size, deadline))
    if json_length > MAX_JSON_BYTES or body_length > max_body:
        raise Gone
    try:
        content = json.loads(_receive_bytes(channel, json_length, deadline))
    except (ValueError, RecursionError) as exc:
        raise Gone from exc
    if not isinstance(content, dict):
        raise Gone
    return content, _receive_bytes(channel, body_length, deadline)


def send_file(channel: socket.socket, descriptor: int) -> None:
    """Hand over an open file. Raises `OSError` if the other side has hung up."""
    socket.send_fds(channel, [b"F"], [descriptor])


def receive_file(channel: socket.socket) -> int:
    """Receive an open file and return its descriptor. Raises `Gone`."""
    lead, descriptors, *_ = socket.recv_fds(channel, 1, 1)
    if not lead or not descriptors:
        raise Gone
    return descriptors[0]


def _receive_bytes(channel: socket.socket, count: int, deadline: float | None) -> bytes:
    received = bytearray()
    while len(received) < count:
        if deadline is not None:
            channel.settimeout(max(deadline - monotonic(), 0.001))
        try:
            chunk = channel.recv(min(count - len(received), CHUNK))
        except ConnectionError as exc:
            raise Gone from exc
        if not chunk:
            raise Gone
        received += chunk
    return bytes(received)
