"""Connections on which nothing moves: they end, and nobody else's does."""

import fcntl
import gc
import http.client
import os
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, closing
from unittest.mock import Mock

import pytest
import requests

from harrison import silence
from harrison.management.commands.serve import HEADERS
from tests.kit.ports import free_port
from tests.kit.serving import ROOT, answers, served
from tests.kit.silent import LARGE, SILENCE
from tests.serving.test_stopping import end_of, until


@pytest.fixture(scope="module")
def port():
    """Of a server with two threads, that ends what is silent for four seconds."""
    port = free_port()
    command = [sys.executable, "-m", "tests.kit.silent", str(port)]
    with subprocess.Popen(command, cwd=ROOT, start_new_session=True) as process:
        try:
            until(lambda: answers(port))
            yield port
        finally:
            end_of(process.pid)


@pytest.fixture
def connect(port):
    with ExitStack() as opened:

        def connected(receive: int = 65536):
            client = opened.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
            client.settimeout(10 * SILENCE)
            client.connect(("127.0.0.1", port))
            return client

        yield connected


def asked(port, path="/"):
    return requests.get(f"http://127.0.0.1:{port}{path}", timeout=20 * SILENCE).text


BODY = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 20\r\n\r\n"


def test_whose_body_stops_is_hung_up_on_and_gives_back_its_thread(port, connect):
    silent = [connect() for _ in range(2)]
    for client in silent:
        client.sendall(BODY + b"half")
    assert [client.recv(1) for client in silent] == [b"", b""]
    assert asked(port) == "answered"


def test_who_takes_nothing_of_an_answer_is_hung_up_on(connect):
    client = connect(4096)
    client.sendall(b"GET /large HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    time.sleep(2 * SILENCE)
    assert len(b"".join(iter(lambda: received(client), b""))) < len(LARGE)


def received(client):
    try:
        return client.recv(65536)
    except ConnectionResetError:
        return b""


def test_whose_body_comes_a_byte_at_a_time_is_answered(connect):
    client = connect()
    client.sendall(BODY)
    for _ in range(20):
        client.sendall(b"a")
        time.sleep(SILENCE / 10)
    assert client.recv(12) == b"HTTP/1.1 200"


def test_who_waits_for_long_work_is_answered(port):
    assert asked(port, "/work") == "answered"


@pytest.mark.slow
def test_behind_a_proxy_a_connection_may_be_idle_for_longer_than_a_head_may_take(tmp_path):
    """Who ends it is the proxy: what it sends on one that we are just ending it answers with 502."""
    with (
        served(tmp_path, "--plain", HARRISON_PROXIES="1") as server,
        closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=HEADERS)) as proxy,
    ):
        proxy.connect()
        proxy.auto_open = False  # never another connection
        for idle in (0, HEADERS + 3):
            time.sleep(idle)
            proxy.request("GET", "/livez")
            with proxy.getresponse() as answer:
                assert answer.status == 200 and answer.read()


def test_only_connections_with_clients_are_looked_at():
    with ExitStack() as opened:
        listening = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
        ours = opened.enter_context(socket.create_connection(listening.getsockname()))  # as to a database
        theirs = opened.enter_context(listening.accept()[0])
        looked_at = {(each.getsockname(), each.getpeername()) for each in silence.served()}
        assert (theirs.getsockname(), theirs.getpeername()) in looked_at
        assert (ours.getsockname(), ours.getpeername()) not in looked_at


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_looking_at_many_takes_one_descriptor():
    with ExitStack() as opened:
        listening = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
        for _ in range(9):
            opened.enter_context(socket.create_connection(listening.getsockname()))
            opened.enter_context(listening.accept()[0])
        gc.collect()  # so that nothing is closed meanwhile
        before = descriptors()
        assert {descriptors() - before for _ in silence.served()} == {1}


def test_a_look_that_fails_is_logged_and_not_the_last(monkeypatch, caplog):
    ends = iter([OSError(24, "Too many open files"), KeyboardInterrupt])
    monkeypatch.setattr(silence, "end_silent", Mock(side_effect=ends))
    with pytest.raises(KeyboardInterrupt):  # of the second look
        silence.look(silence.InHand(), 0.1)
    assert "Too many open files" in caplog.text


LOCKED = """
import fcntl, sys
with open(sys.argv[1], "r+") as file:
    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
"""


def test_a_look_leaves_the_locks_of_files_as_they_are(tmp_path):
    """SQLite's, that is: without them two processes write at once, and tear the database."""
    path = tmp_path / "db.sqlite3"
    with path.open("w") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        silence.end_silent(SILENCE)
        another = subprocess.run([sys.executable, "-c", LOCKED, str(path)], capture_output=True, text=True)
    assert "BlockingIOError" in another.stderr
