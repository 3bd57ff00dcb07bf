"""The processes that see untrusted files: what they cannot do, and what they do not know."""

import json
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from dicom.sandbox import messages
from tests.kit import needs
from tests.kit.processes import alive
from tests.kit.sandbox import IMPORTS, RECEIVE, replace_work, rows, visiting
from tests.kit.untrusted import SUBJECT

ROOT = Path(__file__).parents[2]
ATTEMPTS = ["socket.socket()", "socket.create_connection(('127.0.0.1', 9))"]
if sys.platform == "linux" and platform.machine() == "x86_64":
    ATTEMPTS += [
        "_socket.socket()",
        "_socket.socketpair()",
        "open('/etc/hostname')",
        "open('/tmp/x', 'w')",
        "os.listdir('/')",
        "os.unlink('/tmp/x')",
        "os.rename('/tmp/x', '/tmp/y')",
        "os.fork()",
        "os.execv('/bin/true', ['true'])",
        "threading.Thread(target=print).start()",
        "os.kill(os.getppid(), 0)",
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))",
    ]
TRY_ALL = f"""
{IMPORTS}
def succeeds(attempt):
    try:
        eval(attempt)
    except (OSError, RuntimeError, ValueError):
        return False
    return True
def successes():
    return [attempt for attempt in {ATTEMPTS!r} if succeeds(attempt)]
"""


def test_a_worker_can_do_nothing_but_read_and_write_what_it_was_given(new_pool, good, monkeypatch):
    replace_work(monkeypatch, RECEIVE + "messages.send(parent, {'successes': successes()})", TRY_ALL)
    with visiting(good, new_pool()) as visit:
        assert visit._ask({"do": "describe"})[0] == {"successes": []}


@needs.ocr
def test_the_process_that_finds_text_can_do_as_little():
    script = f"{TRY_ALL}\nfrom dicom.text import worker\n"
    script += "worker.find_boxes = lambda picture, detect: successes()\nworker.main()\n"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, input=b"", check=True)
    assert json.loads(done.stdout) == []


@needs.seccomp
def test_threads_that_run_already_are_locked_too():
    script = (
        "import _socket, threading\nfrom dicom.sandbox import seccomp\nfrom dicom.limits import LIMITS\n"
        "locked, outcome = threading.Event(), []\n"
        "def attempt():\n"
        "    locked.wait()\n"
        "    try:\n        _socket.socket()\n    except OSError:\n        outcome.append('refused')\n"
        "thread = threading.Thread(target=attempt)\nthread.start()\n"
        "seccomp.lock(LIMITS)\nlocked.set()\nthread.join()\nprint(*outcome)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "refused\n", done.stderr


def test_every_file_has_a_process_of_its_own_with_one_socket(new_pool, good, who):
    processes = new_pool()
    replies = [who(good, processes) for _ in range(3)]
    assert len({reply["process"] for reply in replies} | {processes.server.process.pid}) == 4
    assert {reply["sockets"] for reply in replies} == {1}


def test_a_worker_is_gone_when_its_visit_ends(new_pool, good, monkeypatch):
    replace_work(monkeypatch, RECEIVE + "messages.send(parent, {'process': os.getpid()})\nwhile True: pass")
    with visiting(good, new_pool()) as visit:
        process = visit._ask({"do": "describe"})[0]["process"]
        assert alive(process)
    assert not alive(process)


def test_a_worker_is_gone_before_its_copy_is_believed(new_pool, good, tmp_path, monkeypatch):
    replace_work(monkeypatch, RECEIVE + "messages.send(parent, {'process': os.getpid()})\nwhile True: pass")
    with visiting(good, new_pool()) as visit, (tmp_path / "copy").open("w+b") as copy:
        process = visit._ask({"do": "describe"})[0]["process"]
        visit.worker.ask = lambda *_, **__: ({"state": "refused", "reasons": []}, b"")
        visit.deidentify(SUBJECT, copy)
        assert not alive(process)


def test_children_know_no_secret(new_pool, good, monkeypatch):
    monkeypatch.setenv("HARRISON_SECRET_KEY", "swordfish")
    processes = new_pool()
    assert rows(good, processes) == 16
    environment = Path(f"/proc/{processes.server.process.pid}/environ").read_text()
    names = {entry.split("=")[0] for entry in environment.split("\0") if entry}
    assert names == {"PYTHONPATH", "OPENBLAS_NUM_THREADS", "PYTHONUTF8"}


def test_a_message_without_a_file_is_not_one():
    ours, theirs = messages.socket.socketpair()
    with ours, theirs:
        ours.sendall(b"F")
        with pytest.raises(messages.Gone):
            messages.receive_file(theirs)
