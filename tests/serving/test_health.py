"""A process that is alive says so, to anyone, and nothing is written down."""

import socket
from collections import namedtuple
from contextlib import nullcontext
from io import BytesIO
from pathlib import Path
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.core.files.storage import storages

from events.models import Event
from harrison import health, readiness
from harrison.wsgi import application


@pytest.fixture
def nobody(client_of):
    return client_of(None)


def test_a_live_process_says_so(nobody):
    answer = nobody.get(health.LIVE)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_nothing_is_asked_of_the_database(nobody, django_assert_num_queries):
    with django_assert_num_queries(0):
        nobody.get(health.LIVE)


def test_it_leaves_no_event(nobody):
    nobody.get(health.LIVE)
    assert not Event.objects.exists()


def test_it_answers_whatever_the_host_and_without_https(nobody, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert nobody.get(health.LIVE, HTTP_HOST="10.0.0.7:8000", secure=False).status_code == 200


def test_it_is_only_read(nobody):
    answer = nobody.post(health.LIVE)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_no_other_path_passes_unrecorded(nobody):
    nobody.get(f"{health.LIVE}/")
    assert Event.objects.count() == 1


class Silent(WSGIRequestHandler):
    def log_message(self, *_) -> None:
        """Say nothing."""


@pytest.fixture
def serving():
    """`serving(app)` is the port of this machine that an application answers on."""
    servers: list[WSGIServer] = []

    def serve(app) -> int:
        server = make_server("127.0.0.1", 0, app, handler_class=Silent)
        Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server.server_port

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def broken(environ, start_response):
    start_response("503 Service Unavailable", [])
    return [b""]


def test_the_check_of_a_container_passes_where_it_answers(serving):
    assert health.check_health(str(serving(application))) == 0


def test_the_check_of_a_container_fails_where_it_answers_otherwise(serving):
    assert health.check_health(str(serving(broken))) == 1


def test_the_check_of_a_container_fails_where_nothing_listens():
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        assert health.check_health(str(unheard.getsockname()[1])) == 1


def test_the_check_of_a_container_asks_a_unix_socket_too(tmp_path):
    assert health.check_health(str(tmp_path / "missing.sock")) == 1


# --- Ready ------------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def asked_for_the_first_time(monkeypatch):
    monkeypatch.setattr(readiness, "latest_checks", readiness.LatestChecks())


def ready(client):
    answer = client.get(health.READY)
    return answer.status_code, {name for name, told in answer.json()["checks"].items() if told != "ok"}


def test_what_can_do_its_work_says_so(nobody):
    assert ready(nobody) == (200, set())


def stored() -> set[Path]:
    return {path for path in storages["originals"].root.rglob("*") if path.is_file()}


def test_asking_leaves_nothing(nobody):
    storages["originals"].incoming()
    before = stored()
    ready(nobody)
    assert not Event.objects.exists() and stored() == before


def test_a_database_that_cannot_be_written_is_not_ready(nobody, monkeypatch):
    monkeypatch.setattr(Event.objects, "create", lambda **row: 1 / 0)
    assert ready(nobody) == (503, {"database"})


def test_a_storage_that_cannot_be_written_is_not_ready(nobody, monkeypatch):
    monkeypatch.setattr(storages["originals"], "adopt", lambda arrived, name: 1 / 0)
    assert ready(nobody) == (503, {"storage"})


def test_a_storage_that_gives_other_bytes_is_not_ready(nobody, monkeypatch):
    monkeypatch.setattr(storages["originals"], "local", lambda name: nullcontext(BytesIO(b"other")))
    assert ready(nobody) == (503, {"storage"})


@pytest.mark.parametrize(("room", "expected"), [(-1, (503, {"disk"})), (0, (200, set()))])
def test_a_disk_without_room_is_not_ready(room, expected, nobody, settings, monkeypatch):
    usage = namedtuple("Usage", "free")(settings.FREE_DISK_BYTES + room)
    monkeypatch.setattr("harrison.readiness.shutil.disk_usage", lambda folder: usage)
    assert ready(nobody) == expected


def test_what_failed_is_for_the_log_alone(nobody, monkeypatch, caplog):
    def fail(**row):
        raise OSError("secret address of the database")

    monkeypatch.setattr(Event.objects, "create", fail)
    assert "secret" not in nobody.get(health.READY).content.decode() and "secret" in caplog.text


def test_whoever_asks_again_at_once_is_told_what_was_found(nobody, monkeypatch):
    monkeypatch.setattr(readiness, "FRESH_SECONDS", 60)
    assert ready(nobody) == (200, set())
    monkeypatch.setattr(Event.objects, "create", lambda **row: 1 / 0)
    assert ready(nobody) == (200, set())
    monkeypatch.setattr(readiness, "FRESH_SECONDS", 0)
    assert ready(nobody) == (503, {"database"})


def test_who_asks_while_another_look_does_not_end_is_answered(nobody, monkeypatch):
    monkeypatch.setattr(readiness, "WAIT_SECONDS", 0.1)
    with readiness.latest_checks.lock:
        assert ready(nobody) == (503, {"answer"})
