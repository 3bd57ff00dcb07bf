"""Clients that send the beginning of a request and then stall, and how long others wait meanwhile."""

import socket
import ssl
import time
from contextlib import ExitStack, contextmanager


def head(path, token, *headers):
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Token {token}", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


@contextmanager
def connect(site, address):
    context = ssl.create_default_context(cafile=site.folder / "cert.crt")
    with (
        socket.create_connection(("127.0.0.1", site.port), timeout=60, source_address=(address, 0)) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as client,
    ):
        yield client


STALLED = {
    "bodies": lambda token: head("/api/v1/images/", token, "Content-Length: 1000000") + b"--x",
    "heads": lambda token: b"GET /api/v1/me/ HTTP/1.1\r\nHo",
}


@contextmanager
def stalled(kind, number, site, token):
    """So many clients, of ten from one address, have sent the beginning of a request."""
    with ExitStack() as stack:
        for client in range(number):
            stack.enter_context(connect(site, f"127.0.1.{client // 10 + 1}")).sendall(STALLED[kind](token))
        yield


def timed(ask):
    began = time.perf_counter()
    assert ask().status_code == 200
    return time.perf_counter() - began


def p99(seconds):
    return sorted(seconds)[len(seconds) * 99 // 100 - 1]
