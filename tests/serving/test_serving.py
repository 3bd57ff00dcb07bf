"""gunicorn alone, as in a trial: HTTPS, and limits of what a client may send."""

import http.client
import ssl
from pathlib import Path

import pytest
import requests
from django.core.management import call_command
from django.core.management.base import CommandError

from harrison.management.commands.serve import TRIAL_WORKERS
from tests.kit.ports import free_port
from tests.kit.processes import alive, children
from tests.kit.serving import served
from tests.kit.waiting import until

LARGE_FILE = "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with served(tmp_path_factory.mktemp("serving")) as server:
        yield server


@pytest.fixture(scope="module")
def doctor(server):
    return server.session(server.token_of("doctor", "doctor"))


@pytest.fixture(scope="module")
def auditor(server):
    return server.session(server.token_of("auditor", "auditor"))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_certificate_of_a_trial_is_valid_for_this_machine(host, server):
    answer = requests.get(f"https://{host}:{server.port}/livez", verify=str(server.folder / "cert.crt"), timeout=30)
    assert answer.json() == {"status": "ok"}


def test_the_key_of_a_trial_is_readable_by_its_owner_alone(server):
    assert (server.folder / "cert.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("option", ["certificate", "key"])
def test_a_certificate_without_its_key_is_refused(option):
    with pytest.raises(CommandError, match="Give --certificate and --key together"):
        call_command("serve", **{option: Path("a.pem")})


@pytest.mark.parametrize("what", ["port", "metrics_port"])
def test_a_port_in_use_is_named(what, server):
    ports = {"port": free_port(), "metrics_port": 0} | {what: server.port}
    with pytest.raises(CommandError, match=f"Port {server.port} is already in use"):
        call_command("serve", **ports)


@pytest.mark.parametrize("path", ["/api/v1/me/", "/api/v1/labels/unknown/", LARGE_FILE, "/livez"])
def test_head_is_answered_without_a_body(path, server, doctor):
    context = ssl.create_default_context(cafile=server.folder / "cert.crt")
    connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=context, timeout=30)
    headers = {"Authorization": doctor.headers["Authorization"]}
    for method in ("HEAD", "GET"):  # on one connection: bytes after the first answer would spoil the second
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        assert (answer.status, bool(answer.read())) == (404 if "unknown" in path else 200, method == "GET")
    connection.close()


def test_each_worker_starts_the_process_that_reads_files_before_a_file_comes(server):
    until(lambda: len(file_readers(server.process.pid)) == TRIAL_WORKERS)


def file_readers(server: int) -> list[int]:
    """Process ids of the readers that the workers of a server have started."""
    commands = {
        pid: Path(f"/proc/{pid}/cmdline").read_bytes()
        for worker in children(server)
        for pid in children(worker)
        if alive(pid)
    }
    return [pid for pid, command in commands.items() if b"dicom.worker" in command]


# --- Headers ----------------------------------------------------------------------------------------------------------


def test_a_header_larger_than_8_kb_is_refused(server, doctor):
    cookie = {"Cookie": "a=" + '\\"' * 200_000}
    assert doctor.get(f"{server.address}/api/v1/me/", headers=cookie, timeout=30).status_code == 431


def test_headers_larger_than_32_kb_are_refused_before_cookies_are_parsed(server, doctor):
    answer = doctor.get(f"{server.address}/api/v1/me/", headers={f"X-{i}": "a" * 8000 for i in range(5)}, timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (431, "headers_too_large")


def test_a_client_that_names_another_address_is_recorded_with_its_own(server, doctor, auditor):
    named = dict.fromkeys(("X-Forwarded-For", "X_Forwarded_For", "X-Real-IP", "REMOTE_ADDR"), "203.0.113.9")
    event = doctor.get(f"{server.address}/api/v1/me/", headers=named, timeout=30).headers["X-Request-ID"]
    assert auditor.get(f"{server.address}/api/v1/events/{event}/", timeout=30).json()["client_address"] == "127.0.0.1"
