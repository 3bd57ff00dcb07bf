"""Messages over a Unix socket: two lengths, a JSON header, raw bytes. An open file may travel with a request.

No pickle: the process that reads hostile files must not be able to make its parent run anything.
"""

import json
import socket
import struct
from collections.abc import Sequence
from time import monotonic
from typing import Any

LENGTHS = struct.Struct(">LL")  # bytes of the header, bytes of the body
HEADER = 256 * 1024  # bytes that a header may have
LARGEST = 64 * 1024 * 1024  # bytes of a body, where less is not said: 100 boxes on each of 2,000 frames are 15
CHUNK = 1024 * 1024  # bytes


Message = tuple[dict[str, Any], bytes]


class Gone(Exception):
    """The other side has hung up, or says something that is no message."""


def exchange(channel: socket.socket, files: Sequence[int], wish: Message, *, seconds: float, largest: int) -> Message:
    """Hand over open files and a wish about them, and wait for the answer.

    Raises `Gone`, or `TimeoutError` if the answer has not come after so many seconds.
    """
    channel.settimeout(seconds)
    try:
        for descriptor in files:
            send_file(channel, descriptor)
        send(channel, *wish)
    except OSError as exc:
        raise Gone from exc
    return receive(channel, largest, monotonic() + seconds)


def send(channel: socket.socket, header: dict[str, Any], body: bytes = b"") -> None:
    """Raises `OSError` if the other side has hung up."""
    encoded = json.dumps(header).encode()
    channel.sendall(LENGTHS.pack(len(encoded), len(body)) + encoded)
    if body:
        channel.sendall(body)


def send_file(channel: socket.socket, descriptor: int) -> None:
    """Hand over an open file, ahead of the message that is about it."""
    socket.send_fds(channel, [b"F"], [descriptor])


def receive(channel: socket.socket, largest: int, deadline: float | None = None) -> Message:
    """The next message, with a body of at most `largest` bytes, before the clock `monotonic` reaches the deadline.

    Raises `Gone`, or `TimeoutError`.
    """
    header_length, body_length = LENGTHS.unpack(_exactly(channel, LENGTHS.size, deadline))
    if header_length > HEADER or body_length > largest:
        raise Gone
    try:
        header = json.loads(_exactly(channel, header_length, deadline))
    except (ValueError, RecursionError) as exc:
        raise Gone from exc
    if not isinstance(header, dict):
        raise Gone
    return header, _exactly(channel, body_length, deadline)


def receive_file(channel: socket.socket) -> int:
    """The descriptor of the next file. Raises `Gone`."""
    lead, descriptors, *_ = socket.recv_fds(channel, 1, 1)
    if not lead or not descriptors:
        raise Gone
    return descriptors[0]


def _exactly(channel: socket.socket, count: int, deadline: float | None) -> bytes:
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
