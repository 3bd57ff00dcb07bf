"""The server is killed under six writers, again and again: what it had said yes to is there, and nothing else is.

SIGKILL goes to the whole group of processes, so that nobody can clear up; then it is started again.
"""

import gc
import json
import os
import random
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import requests

from tests.kit.load import THERE, Said, team
from tests.kit.needs import rounds
from tests.kit.ports import free_port
from tests.kit.serving import MANAGE, ROOT, Served, ending, installed, managed

pytestmark = [pytest.mark.slow, ending]

ROUNDS = rounds(3, 10)  # each with a kill
SOON = 5.0  # seconds within which a server that is started again has to answer, on a processor of its own
AT_MOST = 20.0  # seconds, however busy the machine is
LONGEST = 2.5  # seconds of work before a kill
LABEL = """
from label.actions import create_label
print(create_label(by=None, name="Consolidation").pk)
"""
LOOK = f"""
{THERE}
import json
from imagery.reconciliation import fingerprint, rooms
torn, orphans, lost = [], [], []
for room in rooms():
    rows = {{getattr(image, room.field).name: getattr(image, room.digest) for image in room.images()}}
    files = {{file.name for folder in room.storage.folders() for file in room.storage.stored(folder)}}
    torn += [name for name in rows.keys() & files if fingerprint(room.storage, name) != rows[name]]
    orphans += sorted(files - rows.keys())
    lost += sorted(rows.keys() - files)
arriving = [str(path) for room in rooms() for path in room.storage.arrivals().glob("*/*")]
print(json.dumps([torn, orphans, lost, arriving, images, annotations]))
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def environment(request, tmp_path):
    """An installation on each database, that nobody serves yet."""
    url = request.getfixturevalue("own_postgresql") if request.param == "postgresql" else ""
    with installed(tmp_path, DATABASE_URL=url, PORT=str(free_port())) as told:
        yield told


@contextmanager
def started(environment):
    """The server and its process; killed at the end, with all that it has started."""
    command = [*MANAGE, "serve", "--port", environment["PORT"]]
    with (
        open(f"{environment['HARRISON_DATA_DIR']}/log", "a") as log,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True) as process,
    ):
        try:
            yield Served(int(environment["PORT"]), Path(environment["HARRISON_DATA_DIR"]), environment, process)
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def seconds_until_an_answer(server, token) -> float:
    """Of a request that needs the database, and leaves an event; without those in which others had the processor."""
    began, waited = time.monotonic(), kept_waiting(server.process)
    while server.process.poll() is None and time.monotonic() < began + 60:
        with suppress(requests.ConnectionError, OSError):
            if server.session(token).get(f"{server.address}/api/v1/me/", timeout=5).status_code == 200:
                took = time.monotonic() - began
                assert took < AT_MOST, took
                return took - (kept_waiting(server.process) - waited)
        time.sleep(0.02)
    raise AssertionError((server.folder / "log").read_text())


def kept_waiting(process) -> float:
    """Seconds in which a process was ready to run and others ran: a busy machine is no fault. Linux counts them."""
    counted = Path(f"/proc/{process.pid}/schedstat")
    return int(counted.read_text().split()[1]) / 1e9 if counted.exists() else 0


def wait_for(there) -> None:
    deadline = time.monotonic() + 60
    while not there() and time.monotonic() < deadline:
        time.sleep(0.01)


def work_and_be_killed(environment, tokens, label, said) -> float:
    """How long it took to answer. The writers are in the middle of things when the end comes."""
    with started(environment) as server:
        answered = seconds_until_an_answer(server, tokens[0])
        writers = team(server, tokens, label, said)
        before = len(said.images)
        with writers:
            wait_for(lambda: len(said.images) > before + 1)  # decoders start with the first upload
            time.sleep(random.uniform(0, LONGEST))
            os.killpg(server.process.pid, signal.SIGKILL)
    return answered


def looked_at(environment) -> list:
    return json.loads(managed(environment, "shell", "--no-imports", "-c", LOOK).splitlines()[-1])


def test_what_was_said_yes_to_is_there_and_nothing_else(environment):
    server = Served(0, Path(environment["HARRISON_DATA_DIR"]), environment, None)
    tokens = [server.token_of(name, "doctor") for name in ("jane", "joan", "june")]
    label = server.manage("shell", "--no-imports", "-c", LABEL).split()[-1]
    said = Said()
    answered = [work_and_be_killed(environment, tokens, label, said) for _ in range(ROUNDS)]
    with started(environment) as server:
        answered.append(seconds_until_an_answer(server, tokens[0]))
        torn, orphans, lost, arriving, images, annotations = looked_at(environment)
    assert (torn, orphans, lost, arriving) == ([], [], [], [])
    assert said.lost(images, annotations) == set()
    assert len(said.images) > ROUNDS and len(said.annotations) > ROUNDS, "nobody has worked"
    assert max(answered) < SOON, answered
    gc.collect()  # what it left open, here and not in another test
