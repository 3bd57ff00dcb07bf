"""The server is killed under six writers, again and again: everything that it acknowledged is there and whole.

SIGKILL goes to all of its processes, so nothing can clean up. Files that no row names are left to `reconcile_files`.
"""

import gc
import json
import os
import random
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.kit.installation import MANAGE, ROOT, installed, managed
from tests.kit.load import STORED_ROWS, Acknowledged, team
from tests.kit.needs import rounds
from tests.kit.ports import free_port
from tests.kit.serving import Served, answers, ending
from tests.kit.waiting import until

pytestmark = [pytest.mark.slow, ending]

KILLS = rounds(3, 10)
MAX_SECONDS_OF_WORK = 2.5  # before a kill
LABEL = """
from label.actions import create_label
print(create_label(by=None, name="Consolidation").pk)
"""
READ_ROWS = f"""
{STORED_ROWS}
import json
print(json.dumps([images, annotations]))
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def environment(request, tmp_path):
    """An installation on each database."""
    url = request.getfixturevalue("own_postgresql") if request.param == "postgresql" else ""
    with installed(tmp_path, DATABASE_URL=url, PORT=str(free_port())) as environment:
        yield environment


@contextmanager
def started(environment):
    """A server that answers; killed at the end, with all processes that it has started."""
    folder, port = Path(environment["HARRISON_DATA_DIR"]), int(environment["PORT"])
    command = [*MANAGE, "serve", "--port", str(port)]
    with (
        (folder / "log").open("a") as log,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True) as process,
    ):
        try:
            until(lambda: answers(port) or process.poll() is not None)
            assert process.poll() is None, (folder / "log").read_text()
            yield Served(port, folder, environment, process)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            until(lambda: not answers(port))  # workers hold the port for a moment after the kill


def work_until_killed(environment, tokens, label, acknowledged) -> None:
    with started(environment) as server:
        before = len(acknowledged.images)
        with team(server, tokens, label, acknowledged):
            until(lambda: len(acknowledged.images) > before + 1)
            time.sleep(random.uniform(0, MAX_SECONDS_OF_WORK))
            os.killpg(server.process.pid, signal.SIGKILL)


def test_what_was_acknowledged_before_a_kill_is_there_and_whole(environment):
    server = Served(0, Path(environment["HARRISON_DATA_DIR"]), environment, None)
    tokens = [server.token_of(name, "doctor") for name in ("jane", "joan", "june")]
    label = server.manage("shell", "--no-imports", "-c", LABEL).split()[-1]
    acknowledged = Acknowledged()
    for _ in range(KILLS):
        work_until_killed(environment, tokens, label, acknowledged)
    images, annotations = json.loads(managed(environment, "shell", "--no-imports", "-c", READ_ROWS).splitlines()[-1])
    assert acknowledged.lost(images, annotations) == set()
    assert "Files and rows agree" in managed(environment, "reconcile_files")
    assert len(acknowledged.images) > KILLS and len(acknowledged.annotations) > KILLS, "no one has worked"
    gc.collect()  # close connections that it left open here, not in another test
