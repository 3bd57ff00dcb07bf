"""A process that is alive says so, to anyone, and nothing is written down."""

import socket
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest

from events.models import Event
from harrison import health
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
    assert health.ask(serving(application)) == 0


def test_the_check_of_a_container_fails_where_it_answers_otherwise(serving):
    assert health.ask(serving(broken)) == 1


def test_the_check_of_a_container_fails_where_nothing_listens():
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        assert health.ask(unheard.getsockname()[1]) == 1
