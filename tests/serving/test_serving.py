"""Harrison as it is served: clients that are slow, too many, or gone."""

import http.client
import re
import socket
import ssl
import subprocess
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from io import BytesIO

import pytest
from django.db import DEFAULT_DB_ALIAS, connections

from harrison.gate import WAITING, Gate
from harrison.silence import SILENCE
from tests.kit.serving import served
from tests.serving.test_hostile_uploads import Watch

SLOW = 200  # clients
MOST_ROUNDS = 10  # of a hundred answers without slow clients and a hundred with them
MOST = 400 * 1024**2  # bytes that one process may hold whatever clients do
LARGE = "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with served(tmp_path_factory.mktemp("serving")) as server:
        yield server


@pytest.fixture(scope="module")
def token(server):
    return server.token_of("doctor", "doctor")


@pytest.fixture(scope="module")
def doctor(server, token):
    return server.session(token)


@contextmanager
def clients(server):
    """`connect()` is a connection that speaks TLS, open until the block ends."""
    trusting = ssl.create_default_context(cafile=server.folder / "cert.crt")
    with ExitStack() as opened:

        def connect(receive: int | None = None) -> ssl.SSLSocket:
            plain = socket.create_connection(("127.0.0.1", server.port), timeout=60)
            if receive:
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
            return opened.enter_context(trusting.wrap_socket(plain, server_hostname="127.0.0.1"))

        yield connect


@pytest.fixture
def connect(server):
    with clients(server) as connect:
        yield connect


def asking(method: str, path: str, token: str, *headers: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Token {token}", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


# --- Slow clients ---------------------------------------------------------------------------------------------------

UPLOADING = ("Content-Type: multipart/form-data; boundary=x", "Content-Length: 1000000")
BEGINNINGS = {
    "heads": lambda token: b"GET / HTTP/1.1\r\nHo",
    "bodies": lambda token: asking("POST", "/api/v1/images/", token, *UPLOADING) + b"--x",
    "readers": lambda token: asking("GET", LARGE, token),
}


@contextmanager
def watched(server):
    """The most that a process of the server held meanwhile, in bytes."""
    watch = Watch(server.process.pid)
    watch.start()
    try:
        yield watch
    finally:
        watch.watching = False
        watch.join()


@contextmanager
def crowded(kind, server, token):
    """Two hundred clients have begun and go no further."""
    with clients(server) as connect:
        for _ in range(SLOW):
            client = connect(4096)
            client.sendall(BEGINNINGS[kind](token))
            if kind == "readers":
                client.recv(1)  # so its answer has begun
        yield


def hundred(server, doctor) -> list[float]:
    """Seconds that each of a hundred answers takes, one after the other; a hundred before them count for nothing, for
    that so many came or went costs everybody something, once.
    """
    took = []
    for _ in range(200):
        began = time.perf_counter()
        assert doctor.get(f"{server.address}/api/v1/me/", timeout=30).status_code == 200
        took.append(time.perf_counter() - began)
    return took[100:]


def p99(took: list[float]) -> float:
    return sorted(took)[len(took) * 99 // 100 - 1]


@pytest.mark.slow
@pytest.mark.parametrize("kind", BEGINNINGS)
def test_two_hundred_slow_clients_leave_the_others_p99_under_twice_what_it_was(kind, server, token, doctor):
    """Without them and with them in turn, for whatever else this machine does comes and goes, and until it is clear."""
    alone, beside = [], []
    with watched(server) as watch:
        for _ in range(MOST_ROUNDS):
            if len(beside) >= 300 and p99(beside) < 2 * p99(alone):
                break
            alone += hundred(server, doctor)
            with crowded(kind, server, token):
                beside += hundred(server, doctor)
    assert p99(beside) < 2 * p99(alone)
    assert max(watch.peaks.values()) < MOST


@pytest.mark.slow
def test_who_sends_half_a_head_is_hung_up_on(connect):
    client = connect()
    client.sendall(BEGINNINGS["heads"](""))
    client.settimeout(SILENCE / 2)  # before those who say nothing at all
    assert client.recv(1) == b""


# --- Too many -------------------------------------------------------------------------------------------------------


def told(gate, path="/api/v1/me/", **environ):
    """Status, Retry-After and body."""
    answered = {}
    body = gate(
        {"PATH_INFO": path, "REQUEST_METHOD": "GET", "wsgi.input": BytesIO(), **environ},
        lambda status, headers: answered.update(status=status, headers=dict(headers)),
    )
    return answered["status"], answered["headers"].get("Retry-After"), b"".join(body)


def hello(environ, start_response):
    start_response("200 OK", [])
    return [b"hello"]


class Held:
    """An application that works until it is let go, and knows how many were worked on at once."""

    def __init__(self) -> None:
        self.go, self.entered, self.inside, self.most = threading.Event(), threading.Semaphore(0), 0, 0

    def __call__(self, environ, start_response):
        self.inside += 1
        self.most = max(self.most, self.inside)
        self.entered.release()
        if environ["PATH_INFO"] != "/livez":
            self.go.wait(30)
        self.inside -= 1
        return hello(environ, start_response)


@pytest.fixture
def held():
    """An application, its gate with one at work and two waiting, and what will be told to those three."""
    application = Held()
    gate = Gate(application, working=1, waiting=2)
    with ThreadPoolExecutor(3) as clients:
        answers = [clients.submit(told, gate)]
        application.entered.acquire()
        answers += [clients.submit(told, gate) for _ in range(2)]
        while gate.queue.inside < 2:
            threading.Event().wait(0.01)
        yield application, gate, answers
        application.go.set()


def test_whoever_finds_the_queue_full_is_told_to_come_again_at_once(held):
    _, gate, _ = held
    status, after, body = told(gate)
    assert (status, after) == ("503 Service Unavailable", "2") and b'"code": "overloaded"' in body


def test_whoever_waits_is_answered_and_one_at_a_time(held):
    application, _, answers = held
    application.go.set()
    assert [answer.result()[0] for answer in answers] == ["200 OK"] * 3 and application.most == 1


def test_whoever_waits_or_is_worked_on_is_in_hand_and_nobody_else(held):
    application, gate, answers = held
    assert len(gate.hand.since) == 3 and gate.hand.longest() > 0
    application.go.set()
    assert [answer.result() for answer in answers] and gate.hand.longest() == 0


def test_a_process_with_much_to_do_is_alive(held):
    _, gate, _ = held
    assert told(gate, "/livez")[0] == "200 OK"


def test_a_connection_belongs_to_the_place_and_not_to_the_thread():
    used = []

    def looking(environ, start_response):
        used.append(connections[DEFAULT_DB_ALIAS])
        return hello(environ, start_response)

    gate, own = Gate(looking, working=1), connections[DEFAULT_DB_ALIAS]
    told(gate)
    with ThreadPoolExecutor(1) as other:
        other.submit(told, gate).result()
    assert used[0] is used[1] is not own and connections[DEFAULT_DB_ALIAS] is own


def test_on_sqlite_it_is_open_for_the_next(server, doctor):
    """Opened anew it would read the schema again, and closed it would empty the log of what is written."""
    doctor.get(f"{server.address}/api/v1/me/", timeout=10)
    if "DATABASE_URL" not in server.environment:
        assert (server.folder / "db.sqlite3-wal").stat().st_size


@pytest.mark.slow
def test_far_too_many_are_told_to_come_again_and_memory_stays_bounded(server, token, connect):
    with watched(server) as watch, ThreadPoolExecutor(32) as readers:
        clients = list(readers.map(lambda _: connect(), range(6 * WAITING)))  # before the first is silent for too long
        for client in clients:
            client.sendall(asking("GET", "/api/v1/me/", token))
        seen = Counter(readers.map(answer_of, clients))
    assert set(seen) == {(200, None), (503, "2")} and seen[503, "2"] > WAITING and seen[200, None] >= WAITING, seen
    assert max(watch.peaks.values()) < MOST


def answer_of(client) -> tuple[int, str | None]:
    answer = http.client.HTTPResponse(client)
    answer.begin()
    answer.read()
    return answer.status, answer.headers["Retry-After"]


# --- HEAD -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
@pytest.mark.parametrize("path", ["/api/v1/me/", "/api/v1/teams/", "/api/v1/labels/nothing/", LARGE, "/livez"])
def test_head_is_the_answer_without_its_body(version, path, server, token):
    asked = [
        "curl",
        "-sS",
        version,
        "--head",
        "--cacert",
        server.folder / "cert.crt",
        "-H",
        f"Authorization: Token {token}",
    ]
    done = subprocess.run([*asked, server.address + path], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    assert re.match(r"HTTP/[\d.]+ (200|404)", done.stdout)
