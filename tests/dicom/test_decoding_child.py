"""The process that reads files: what it cannot do, and that nothing it says is believed unseen."""

import json
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from dicom.description import Description, PatientFacts, from_json, to_json
from dicom.limits import Limits
from dicom.sandbox import pool
from dicom.sandbox.pool import Pool
from dicom.visits import Unreadable, describe, render
from tests.kit import hostile, needs

DESCRIBE = {"do": "describe"}
ROOT = Path(__file__).parents[2]


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "good"
    path.write_bytes(hostile.png())
    return path


@pytest.fixture
def a_pool():
    made = []

    def make(size=1, **limits):
        made.append(Pool(size, Limits(**limits)))
        return made[-1]

    yield make
    for each in made:
        each.close()


def code(pool, path):
    with pytest.raises(Unreadable) as refusal:
        pool.ask(path, DESCRIBE)
    return refusal.value.code


def rows(pool, path):
    header, _ = pool.ask(path, DESCRIBE)
    return header["description"]["rows"]


ATTEMPTS = {"a socket": "socket.socket()", "a connection": "socket.create_connection(('127.0.0.1', 9))"}
if sys.platform == "linux" and platform.machine() == "x86_64":
    ATTEMPTS |= {
        "a raw socket": "_socket.socket()",
        "a file to read": "open('/etc/hostname')",
        "a file to write": "open('/tmp/x', 'w')",
        "a folder": "os.listdir('/')",
        "a file removed": "os.unlink('/tmp/x')",
        "a fork": "os.fork()",
        "a program": "os.execv('/bin/true', ['true'])",
        "a thread": "threading.Thread(target=print).start()",
        "a signal": "os.kill(os.getppid(), 0)",
        "a limit lifted": "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))",
    }


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_the_cage_refuses(attempt):
    script = (
        "import _socket, os, resource, socket, threading\n"
        "from dicom.sandbox import seccomp\n"
        "from dicom.limits import LIMITS\n"
        "seccomp.lock(LIMITS)\n"
        f"try:\n    {ATTEMPTS[attempt]}\nexcept (OSError, RuntimeError, ValueError):\n    print('refused')\n"
    )
    tried = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert tried.stdout == "refused\n", tried.stderr


@needs.seccomp
def test_the_cage_holds_threads_that_run_already():
    script = (
        "import _socket, threading\nfrom dicom.sandbox import seccomp\nfrom dicom.limits import LIMITS\n"
        "locked, told = threading.Event(), []\n"
        "def attempt():\n"
        "    locked.wait()\n"
        "    try:\n        _socket.socket()\n    except OSError:\n        told.append('refused')\n"
        "thread = threading.Thread(target=attempt)\nthread.start()\n"
        "seccomp.keep_to(seccomp.SYSTEM_CALLS)\nlocked.set()\nthread.join()\nprint(*told)\n"
    )
    tried = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert tried.stdout == "refused\n", tried.stderr


def pretend(monkeypatch, script):
    """Let children be something else: a script that has `parent`, the socket to us."""
    start = "import json, os, socket, sys; from dicom.sandbox import messages; parent = socket.socket(fileno=0)\n"
    monkeypatch.setattr(pool, "COMMAND", [sys.executable, "-P", "-c", start + script])


READY = "messages.send(parent, {'ready': True}); messages.receive_file(parent); messages.receive(parent, 0)\n"


@pytest.mark.parametrize(
    "script",
    [
        "os.abort()",
        "parent.sendall(b'x' * 8 + b'x' * 100); parent.recv(1)",
        "parent.sendall(messages.LENGTHS.pack(4, 2**32 - 1)); parent.recv(1)",
        "parent.sendall(messages.LENGTHS.pack(2**32 - 1, 0)); parent.recv(1)",
        "parent.sendall(messages.LENGTHS.pack(4, 0) + b'what'); parent.recv(1)",
        "parent.sendall(messages.LENGTHS.pack(2, 0) + b'[]'); parent.recv(1)",
        "parent.sendall(messages.LENGTHS.pack(200000, 0) + b'[' * 200000); parent.recv(1)",
    ],
)
def test_a_child_that_dies_or_talks_nonsense_costs_its_file_only(script, monkeypatch, a_pool, good):
    with monkeypatch.context() as patched:
        pretend(patched, READY + script)
        children = a_pool()
        assert code(children, good) == "too_costly"
    assert rows(children, good) == 16


@pytest.mark.parametrize("answer", [{"refused": "no such reason"}, {"refused": ["x"]}, {"refused": 7}])
def test_a_reason_that_is_none_is_not_believed(answer, monkeypatch, a_pool, good):
    pretend(monkeypatch, READY + f"messages.send(parent, {answer!r})")
    assert code(a_pool(), good) == "undecodable"


def test_children_that_do_not_start_are_no_fault_of_the_file(monkeypatch, a_pool, good, caplog):
    pretend(monkeypatch, "os.abort()")
    assert code(a_pool(), good) == "busy"
    assert "does not start" in caplog.text


FACTS = to_json(Description("image/png", 1, 1, patient=PatientFacts(other_ids=("1",))))
LIES = {
    "nothing": None,
    "a list": [],
    "one fact missing": {key: value for key, value in FACTS.items() if key != "rows"},
    "one fact more": FACTS | {"path": "/etc"},
    "a number as text": FACTS | {"rows": "1"},
    "a truth as number": FACTS | {"rows": True},
    "no rows": FACTS | {"rows": 0},
    "a number beyond 32 bits": FACTS | {"series_number": 2**40},
    "a long text": FACTS | {"modality": "x" * 1_000},
    "a text with control characters": FACTS | {"modality": "C\0T"},
    "a date that is none": FACTS | {"study_date": "2023-02-30"},
    "another media type": FACTS | {"media_type": "text/html"},
    "a patient of another kind": FACTS | {"patient": {"name": "x"}},
    "a record number that is a list": FACTS | {"patient": FACTS["patient"] | {"record_number": []}},
}


@pytest.mark.parametrize("lie", LIES)
def test_facts_of_another_shape_are_not_believed(lie, monkeypatch, good):
    monkeypatch.setattr(Pool, "ask", lambda *_: ({"description": LIES[lie]}, b""))
    with pytest.raises(Unreadable) as refusal:
        describe(good)
    assert refusal.value.code == "undecodable"


def test_facts_survive_the_way():
    assert from_json(json.loads(json.dumps(FACTS))) == Description(
        "image/png", 1, 1, patient=PatientFacts(other_ids=("1",))
    )


def test_bytes_that_are_no_png_are_not_passed_on(monkeypatch, good):
    monkeypatch.setattr(Pool, "ask", lambda *_: ({}, b"<script>"))
    with pytest.raises(Unreadable, match="decoded"):
        render(good)
