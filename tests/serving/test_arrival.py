"""Bodies that come too slowly, in part, too large, too many at once, or where there is no room."""

import socket
import threading
import time
from contextlib import ExitStack
from io import BytesIO

import pytest
import requests

from harrison import arrival
from harrison.gate import Gate
from tests.kit.serving import served
from tests.serving.test_serving import Held, hello, told


class Trickle:
    """A body of which a byte comes now and then."""

    def read(self, size: int) -> bytes:
        time.sleep(0.1)
        return b"a"


def test_a_body_that_comes_too_slowly_is_408(monkeypatch):
    monkeypatch.setattr(arrival, "PATIENCE", 0)
    nobody = Held()
    assert told(Gate(nobody), CONTENT_LENGTH="900", **{"wsgi.input": Trickle()})[:2] == ("408 Request Timeout", "2")
    assert nobody.most == 0


@pytest.mark.slow
def test_who_is_told_408_and_who_stops_for_good_stop_nobody_else_and_are_gone_in_the_end(tmp_path):
    """Four of each, so that every process has one at least."""
    with served(tmp_path, "--plain") as server, ExitStack() as opened:
        address = "127.0.0.1", server.port
        clients = [opened.enter_context(socket.create_connection(address, timeout=120)) for _ in range(8)]
        for client in clients:
            client.sendall(HEAD + bytes(20_000))
        time.sleep(arrival.PATIENCE + 10)
        for client in clients[:4]:
            client.sendall(bytes(20_000))
        assert {client.recv(12) for client in clients[:4]} == {b"HTTP/1.1 408"}
        for _ in range(20):
            assert requests.get(f"http://127.0.0.1:{server.port}/livez", timeout=5).status_code == 200
        assert {client.recv(1) for client in clients[4:]} == {b""}


HEAD = b"POST /api/v1/images/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\n"


def test_half_a_body_is_not_worked_on():
    nobody = Held()
    assert told(Gate(nobody), CONTENT_LENGTH="9", **{"wsgi.input": BytesIO(b"half")})[0] == "400 Bad Request"
    assert nobody.most == 0


def test_what_is_too_large_is_read_no_further_than_whoever_refuses_it_needs(settings, monkeypatch):
    settings.MAX_UPLOAD_BYTES = 10
    monkeypatch.setattr(arrival, "OVERHEAD", 5)
    source = BytesIO(bytes(100))
    with arrival.whole({"CONTENT_LENGTH": "100", "wsgi.input": source}) as body:
        assert len(body.read()) == source.tell() == 15


def test_what_strangers_send_leaves_the_floor_of_the_disk_free(settings):
    settings.FREE_DISK_BYTES = 2**60
    large, nobody = BytesIO(bytes(2**21)), Held()
    status, _, body = told(Gate(nobody), CONTENT_LENGTH=str(2**21), **{"wsgi.input": large})
    assert status == "507 Insufficient Storage" and b'"code": "disk_full"' in body and nobody.most == 0


def test_a_disk_that_is_full_all_the_same_is_507(monkeypatch):
    with open("/dev/full", "r+b", buffering=0) as full:
        monkeypatch.setattr(arrival, "SpooledTemporaryFile", lambda **_: full)
        body = BytesIO(b"body")
        assert told(Gate(hello), CONTENT_LENGTH="4", **{"wsgi.input": body})[0] == "507 Insufficient Storage"


def test_no_more_bodies_arrive_at_once_than_there_are_places(monkeypatch):
    monkeypatch.setattr(arrival, "places", threading.Semaphore(0))
    status, after, _ = told(Gate(hello), CONTENT_LENGTH="4", **{"wsgi.input": BytesIO(b"body")})
    assert (status, after) == ("503 Service Unavailable", "2")
