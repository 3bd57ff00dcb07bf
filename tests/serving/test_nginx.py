"""The shipped nginx configuration in front of real workers: limits, slow clients, spoofed addresses, restarts."""

import os
import re
import signal
import socket
import ssl
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import pytest
import requests

from dicom.limits import LIMITS
from tests.kit import factories as make
from tests.kit import needs
from tests.kit.files import zipped
from tests.kit.hostile import native
from tests.kit.installation import ROOT
from tests.kit.nginx import SHIPPED, behind_nginx, configure, nginx, start_workers, stopping
from tests.kit.slow_clients import STALLED, connect, head, p99, stalled, timed
from tests.kit.waiting import until

pytestmark = [
    pytest.mark.slow,
    # Python leaves one in fifteen connections that are reset before their handshake open.
    pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning"),
]

WEB_CONNECTIONS, OVERFLOW = 64, 8  # max_conns of web, and of its backup
SPELLINGS = (
    "X-Forwarded-For",
    "x-forwarded-for",
    "X_Forwarded_For",
    "X-Forwarded_For",
    "Forwarded",
    "X-Real-IP",
    "X-Client-IP",
)


@pytest.fixture(scope="module")
def site():
    needs.need(nginx(), "No nginx here: what stands in front of Harrison goes untested (Debian: nginx-light).")
    with behind_nginx() as site:
        yield site


@pytest.fixture(scope="module")
def token(site):
    return site.token_of("doctor", "doctor")


@pytest.fixture(scope="module")
def doctor(site, token):
    return site.session_from("127.0.0.2", token)


def me(site, session, **options):
    return session.get(f"{site.address}/api/v1/me/", timeout=60, **options)


def upload(site, session, content):
    return session.post(f"{site.address}/api/v1/images/", files={"file": ("a.dcm", content)}, timeout=120)


@pytest.mark.parametrize("name", ["nginx.conf", "behind-balancer.conf"])
def test_nginx_accepts_the_configuration(name, tmp_path):
    needs.need(nginx(), "No nginx here: its configuration goes unchecked (Debian: nginx-light).")
    (command, _) = configure(tmp_path, name)
    tested = subprocess.run([*command, "-t"], capture_output=True, text=True)
    assert tested.returncode == 0, tested.stderr


def test_nginx_waits_as_long_as_a_redaction_may_take():
    waits = re.search(r"^proxy_read_timeout (\d+)s;", (SHIPPED / "http.conf").read_text(), re.MULTILINE)
    assert waits and int(waits[1]) > LIMITS.queue + LIMITS.copy_wall


def test_the_balancer_waits_as_long_as_nginx_does_and_ends_idle_connections_first():
    balancer = (ROOT / "deploy" / "terraform" / "balancer.tf").read_text()
    idle = int(re.search(r"idle_timeout += (\d+)", balancer)[1])
    keepalive = int(re.search(r"keepalive_timeout (\d+)s", (SHIPPED / "behind-balancer.conf").read_text())[1])
    minutes = re.findall(r"proxy_read_timeout (\d+)m", (SHIPPED / "harrison.conf").read_text())
    assert max(int(number) * 60 for number in minutes) <= idle < keepalive


# --- What a client may claim ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def auditor(site):
    return site.session_from("127.0.0.3", site.token_of("auditor", "auditor"))


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_address_that_a_client_claims_is_believed(spelling, site, doctor, auditor):
    claim = "for=203.0.113.9;proto=http" if spelling == "Forwarded" else "203.0.113.9"
    event = me(site, doctor, headers={spelling: claim}).headers["X-Request-ID"]
    recorded = auditor.get(f"{site.address}/api/v1/events/{event}/", timeout=30).json()
    assert recorded["client_address"] == "127.0.0.2"
    assert "203.0.113.9" not in str(recorded)


def test_a_client_cannot_claim_that_it_came_over_http(site, doctor):
    answer = doctor.get(f"{site.address}/api/v1/", headers={"X-Forwarded-Proto": "http"}, timeout=30)
    assert answer.json()["images"].startswith("https://")


def test_a_cookie_of_400_kb_is_refused(site, doctor):
    answer = me(site, doctor, headers={"Cookie": "a=" + '\\"' * 200_000})
    assert (answer.status_code, answer.json()["code"]) == (431, "headers_too_large")


@pytest.mark.parametrize(("path", "size"), [("labels", 4 * 1024**2), ("images", 521 * 1024**2)])
def test_a_body_that_is_too_large_is_refused_before_it_is_sent(path, size, site, token):
    with connect(site, "127.0.0.4") as client:
        client.sendall(head(f"/api/v1/{path}/", token, f"Content-Length: {size}"))
        assert client.recv(12) == b"HTTP/1.1 413"


def test_readiness_is_not_told_to_the_outside(site, doctor):
    assert doctor.get(f"{site.address}/readyz", timeout=30).status_code == 404


def test_http_2_is_spoken(site):
    context = ssl.create_default_context(cafile=site.folder / "cert.crt")
    context.set_alpn_protocols(["h2"])
    with (
        socket.create_connection(("127.0.0.1", site.port)) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as client,
    ):
        assert client.selected_alpn_protocol() == "h2"


# --- Slow clients -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "number"), [("bodies", needs.rounds(40, 400)), ("heads", needs.rounds(40, 200))])
def test_clients_that_stall_hold_no_one_up(kind, number, site, token, doctor):
    with stalled(kind, number, site, token):
        seconds = [timed(lambda: me(site, doctor)) for _ in range(needs.rounds(10, 300))]
    if needs.soaking:
        assert p99(seconds) < 1, seconds


def test_a_client_that_stalls_in_its_head_is_hung_up_on(site):
    with connect(site, "127.0.0.5") as client:
        client.sendall(STALLED["heads"](""))
        assert client.recv(1) == b""


# --- Too many ---------------------------------------------------------------------------------------------------------


def processes(server):
    """gunicorn and its workers."""
    listed = subprocess.run(["pgrep", "-P", str(server.pid)], capture_output=True, text=True)
    return [server.pid, *map(int, listed.stdout.split())]


@contextmanager
def frozen(*servers):
    """These servers stand still: requests to them wait."""
    pids = [pid for server in servers for pid in processes(server)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def ask_at_once(number, site, token, threads):
    """Send so many requests from 20 addresses; give their answers as futures."""
    clients = [site.session_from(f"127.0.2.{client % 20 + 1}", token) for client in range(number)]
    return [threads.submit(me, site, client) for client in clients]


def test_more_requests_than_may_wait_are_answered_503(site, token):
    number = WEB_CONNECTIONS + OVERFLOW + 5
    with ThreadPoolExecutor(number) as threads, frozen(site.process, site.uploads):
        answers = ask_at_once(number, site, token, threads)
        until(lambda: sum(answer.done() for answer in answers) == 5)
        refused = [answer.result() for answer in answers if answer.done()]
    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {(503, "overloaded")}
    assert {answer.headers["Retry-After"] for answer in refused} == {"2"}
    assert sum(answer.result().status_code == 200 for answer in answers) == number - 5


def test_livez_answers_while_all_web_workers_are_busy(site, token, doctor):
    with ThreadPoolExecutor(WEB_CONNECTIONS) as threads, frozen(site.process):
        ask_at_once(WEB_CONNECTIONS, site, token, threads)
        assert doctor.get(f"{site.address}/livez", timeout=30).status_code == 200


@pytest.mark.parametrize("path", ["api/v1/images/", "api/v1/studies/upload/"])
def test_uploads_have_workers_of_their_own(path, site, doctor):
    files = [("files" if "upload" in path else "file", ("a.png", make.png(len(path))))]
    with frozen(site.process):
        answer = doctor.post(f"{site.address}/{path}", files=files, timeout=60)
    assert answer.status_code == 201, answer.text


def test_an_address_that_asks_too_often_slows_no_other_down(site, token, doctor):
    with site.session_from("127.0.0.6", token) as greedy, ThreadPoolExecutor(20) as threads:
        asked = threads.map(lambda _: greedy.get(f"{site.address}/livez", timeout=30).status_code, range(1000))
        assert me(site, doctor).status_code == 200
        assert 429 in set(asked)


# --- Restarts ---------------------------------------------------------------------------------------------------------


def test_a_restart_of_the_web_workers_is_not_seen(site, doctor):
    """Reads go to the upload workers meanwhile."""
    site.process.terminate()
    with ThreadPoolExecutor(1) as threads:
        ended = threads.submit(site.process.wait, 60)
        while not ended.done():
            assert me(site, doctor).status_code == 200
    assert me(site, doctor).status_code == 200
    site.process = site.stack.enter_context(stopping(start_workers(site.folder, site.environment, "web")))
    assert me(site, doctor).status_code == 200


COUNT = """
from accounts.models import Team
print(*Team.objects.values_list("name", flat=True))
"""


@pytest.mark.parametrize("_", range(needs.rounds(1, 10)))
def test_no_acknowledged_write_is_lost_when_workers_stop_under_load(_, site, token):
    acknowledged, stop = [], []

    def write(client):
        with site.session_from(f"127.0.3.{client}", token) as session:
            number = 0
            while not stop:
                name, number = f"{time.monotonic()}-{client}-{number}", number + 1
                with suppress(requests.ConnectionError):
                    if (
                        session.post(f"{site.address}/api/v1/teams/", json={"name": name}, timeout=60).status_code
                        == 201
                    ):
                        acknowledged.append(name)

    with ThreadPoolExecutor(6) as threads:
        for client in range(1, 7):
            threads.submit(write, client)
        until(lambda: len(acknowledged) > 20)
        site.process.send_signal(signal.SIGTERM)
        site.process.wait(60)
        before = len(acknowledged)
        until(lambda: len(acknowledged) > before + 20)  # by the upload workers
        stop.append(True)
    site.process = site.stack.enter_context(stopping(start_workers(site.folder, site.environment, "web")))
    assert set(acknowledged) <= set(site.manage("shell", "--no-imports", "-c", COUNT).split())


# --- Long work --------------------------------------------------------------------------------------------------------


def large_file(number):
    """A DICOM file of 60 MB with 60 frames."""
    return native(bytes([number]) * (60 * 1024**2), rows=1024, columns=1024, frames=60)


def archive(number, pictures):
    return zipped(**{f"{picture}.png": make.png(number * 1000 + picture) for picture in range(pictures)})


@pytest.mark.soak
def test_batches_and_large_files_hold_no_reader_up(site, token, doctor):
    """Two batches of 700 pictures and three files of 60 MB at once."""
    bodies = [("images", {"file": ("a.dcm", large_file(number))}) for number in range(1, 4)]
    bodies += [("studies/upload", {"archive": ("a.zip", archive(number, 700))}) for number in range(2)]

    def send(path, files):
        with site.session_from("127.0.0.8", token) as client:
            return client.post(f"{site.address}/api/v1/{path}/", files=files, timeout=900)

    seconds = []
    with ThreadPoolExecutor(len(bodies)) as threads:
        uploads = [threads.submit(send, *body) for body in bodies]
        while not all(upload.done() for upload in uploads):
            seconds.append(timed(lambda: doctor.get(f"{site.address}/api/v1/images/", timeout=60)))
            time.sleep(0.02)
    assert {upload.result().status_code for upload in uploads} == {201}
    assert p99(seconds) < 1, sorted(seconds)[-20:]
