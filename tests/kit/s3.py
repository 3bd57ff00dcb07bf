"""An S3-speaking server on loopback that checks signatures, and a proxy before it that can fail, stall and see."""

import os
import socket
import subprocess
import sys
import threading
import time
import uuid
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache

import pytest
from botocore.loaders import JSONFileLoader
from django.core.files.storage import storages

from harrison.storages import read_storages
from tests.kit.ports import free_port

# Each client reads botocore's service models again, which takes a third of a second; dozens of clients are made here.
read_file = JSONFileLoader().load_file
JSONFileLoader.load_file = staticmethod(cache(read_file))

ACCESS_KEY, SECRET_KEY, REGION = "harrison-tests", "a secret of the tests' own", "eu-central-1"


@contextmanager
def server(folder):
    """nanio, whose buckets are the folders of this one; gives its port."""
    port = free_port()
    command = [sys.executable, "-m", "nanio", "serve", "--data-dir", str(folder), "--host", "127.0.0.1"]
    options = ["--port", str(port), "--region", REGION, "--log-level", "error", "--no-access-log"]
    keys = {"NANIO_ACCESS_KEY": ACCESS_KEY, "NANIO_SECRET_KEY": SECRET_KEY}
    with subprocess.Popen([*command, *options], env=os.environ | keys, stdout=subprocess.DEVNULL) as process:
        try:
            wait_for(port, process)
            yield port
        finally:
            process.terminate()


def wait_for(port: int, process) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError("the S3 server of the tests does not start")


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict = field(repr=False)


class Proxy:
    """Hands one request per connection on to the server and remembers it.

    fails    a test of a `Request`: those are answered 503
    silent   a test of a `Request`: those are handed on, and their answers withheld until the client goes
    """

    def __init__(self, target: int) -> None:
        self.target, self.seen = target, []
        self.fails = self.silent = lambda request: False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError, ValueError), client, client.makefile("rb") as incoming:
            request, head = read_head(incoming)
            self.seen.append(request)
            if request.headers.get("expect"):
                client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            body = incoming.read(int(request.headers.get("content-length", 0)))
            if self.fails(request):
                client.sendall(b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
            self._hand_on(client, head + body, silent=self.silent(request))

    def _hand_on(self, client: socket.socket, message: bytes, *, silent: bool) -> None:
        with socket.create_connection(("127.0.0.1", self.target)) as upstream:
            upstream.sendall(message)
            while piece := upstream.recv(65536):
                if not silent:
                    client.sendall(piece)
        if silent:
            client.settimeout(60)
            client.recv(1)


def read_head(incoming) -> tuple[Request, bytes]:
    """The request without its body, and its bytes with `Connection: close` instead of what it said of that."""
    first, *lines = iter(lambda: incoming.readline().rstrip(b"\r\n"), b"")
    headers = dict(line.decode("latin-1").split(": ", 1) for line in lines)
    method, path, _ = first.decode().split(" ")
    kept = [line for line in lines if not line.lower().startswith((b"connection:", b"expect:"))]
    head = b"\r\n".join([first, *kept, b"Connection: close", b"", b""])
    return Request(method, path, {name.lower(): value for name, value in headers.items()}), head


@pytest.fixture(scope="session")
def nanio(tmp_path_factory):
    """The server's port, and the folder of its buckets."""
    folder = tmp_path_factory.mktemp("nanio")
    with server(folder) as port:
        yield port, folder


@pytest.fixture
def proxy(nanio):
    before = Proxy(nanio[0])
    yield before
    before.close()


def new_bucket(folder, port: int) -> dict[str, str]:
    """The environment of an installation with a bucket of its own in this folder of nanio's, reached at this port."""
    bucket = f"harrison-{uuid.uuid4().hex}"
    (folder / bucket).mkdir()
    return {
        "HARRISON_STORAGE": "s3",
        "HARRISON_S3_BUCKET": bucket,
        "HARRISON_S3_ENDPOINT": f"http://127.0.0.1:{port}",
        "HARRISON_S3_REGION": REGION,
        "HARRISON_S3_ACCESS_KEY": ACCESS_KEY,
        "HARRISON_S3_SECRET_KEY": SECRET_KEY,
        "HARRISON_S3_TIMEOUT": "20",
    }


@pytest.fixture
def told(proxy, nanio, monkeypatch):
    """The environment of an installation with a bucket of its own, behind the proxy."""
    environment = new_bucket(nanio[1], proxy.port)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return environment


@pytest.fixture
def settled(settings, monkeypatch, tmp_path):
    """`settled()` makes Harrison keep bytes where the environment says now; returns the two storages."""

    def use():
        settings.STORAGES = settings.STORAGES | read_storages(tmp_path)
        return storages["originals"], storages["research"]

    return use


@pytest.fixture
def in_s3(told, settled):
    return settled


@pytest.fixture
def bucket(in_s3):
    return in_s3()
