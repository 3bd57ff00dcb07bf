"""The processes that see untrusted files: what they cannot do, and that their end is never the end of their parent."""

import json
import os
import platform
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from dicom.limits import MIB, Limits
from dicom.refusals import Unreadable
from dicom.sandbox import messages, pool
from dicom.sandbox.pool import Pool
from dicom.visits import open_file
from tests.kit import hostile, needs
from tests.kit.processes import alive, ends
from tests.kit.untrusted import SUBJECT
from tests.kit.waiting import until

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
import _socket, json, os, resource, select, signal, socket, stat, sys, threading, time
def succeeds(attempt):
    try:
        eval(attempt)
    except (OSError, RuntimeError, ValueError):
        return False
    return True
def successes():
    return [attempt for attempt in {ATTEMPTS!r} if succeeds(attempt)]
"""


@pytest.fixture
def new_pool():
    pools = []

    def make(size=1, **limits):
        pools.append(Pool(size, Limits(**limits)))
        return pools[-1]

    yield make
    for each in pools:
        each.close()


@pytest.fixture
def good(tmp_path):
    (tmp_path / "good").write_bytes(hostile.png())
    return tmp_path / "good"


@pytest.fixture
def slow(tmp_path):
    """A picture that takes some tenths of a second to decode."""
    (tmp_path / "slow").write_bytes(hostile.png_bomb(10_000, 5_000))
    return tmp_path / "slow"


@contextmanager
def visiting(path, processes):
    with path.open("rb") as file, open_file(file, processes) as visit:
        yield visit


def rows(path, processes):
    with visiting(path, processes) as visit:
        return visit.describe().rows


def refusal(path, processes):
    with pytest.raises(Unreadable) as refused:
        rows(path, processes)
    return refused.value.code


def replace_work(monkeypatch, work):
    """Have workers run another function in place of `serve_file`: the body of `work(parent, limits)`."""
    body = "".join(f"    {line}\n" for line in work.strip().splitlines())
    script = f"{TRY_ALL}\nfrom dicom import worker\nfrom dicom.sandbox import messages\n"
    script += f"def work(parent, limits):\n{body}\nworker.serve_file = work\nworker.main()\n"
    monkeypatch.setattr(pool, "COMMAND", [sys.executable, "-P", "-c", script])


RECEIVE = "file = messages.receive_file(parent); request, _ = messages.receive(parent)\n"


def test_a_worker_can_do_nothing_but_read_and_write_what_it_was_given(new_pool, good, monkeypatch):
    replace_work(monkeypatch, RECEIVE + "messages.send(parent, {'successes': successes()})")
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


WHO = """
def is_socket(descriptor):
    try:
        return stat.S_ISSOCK(os.fstat(descriptor).st_mode)
    except OSError:
        return False
sockets = sum(map(is_socket, range(64)))
messages.send(parent, {'process': os.getpid(), 'sockets': sockets})
"""


@pytest.fixture
def who(monkeypatch):
    """Workers answer who they are."""
    replace_work(monkeypatch, RECEIVE + WHO)

    def ask(path, processes):
        with visiting(path, processes) as visit:
            return visit._ask({"do": "describe"})[0]

    return ask


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


# --- Files that cost too much -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("limits", [{"cpu": 0.02}, {"wall": 0.02}], ids=["processor", "clock"])
def test_a_file_that_takes_too_long_is_refused_and_the_next_is_read(new_pool, slow, good, limits):
    processes = new_pool(**limits)
    assert refusal(slow, processes) == "too_costly"
    processes.limits = Limits()
    processes.close()  # its workers had those limits, in which a busy machine reads not even a good file
    assert rows(good, processes) == 16


def test_a_copy_that_takes_too_long_is_refused(new_pool, slow, tmp_path):
    with visiting(slow, new_pool(copy_wall=0.02)) as visit, (tmp_path / "copy").open("w+b") as copy:
        outcome = visit.deidentify(SUBJECT, copy)
    assert (outcome.state, outcome.manifest, outcome.thumbnail) == ("refused", None, b"")


def test_a_file_that_takes_too_much_memory_is_refused_and_the_next_is_read(new_pool, tmp_path, good):
    head = hostile.image(rows=10_000, columns=10_000, bits=32) + hostile.head(hostile.PIXELS, "OW", 400_000_000)
    (tmp_path / "large").write_bytes(hostile.part10(head))
    os.truncate(tmp_path / "large", 400_000_000 + len(hostile.part10(head)))  # a hole, no bytes on the disk
    processes = new_pool(address_space=700 * MIB)
    assert refusal(tmp_path / "large", processes) == "too_costly"
    assert rows(good, processes) == 16


def test_a_slow_file_holds_up_no_other(new_pool, good, slow, monkeypatch):
    processes = new_pool(size=2)
    with visiting(good, processes), ThreadPoolExecutor(1) as threads:
        assert threads.submit(rows, good, processes).result(30) == 16


def test_a_file_that_waits_too_long_is_refused_as_busy(new_pool, good):
    processes = new_pool(queue=0.01)
    with visiting(good, processes):
        assert refusal(good, processes) == "busy"
    assert rows(good, processes) == 16


def test_threads_share_the_workers(new_pool, good):
    processes = new_pool(size=2)
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda _: rows(good, processes), range(40))) == [16] * 40
    assert len(processes.idle) <= 2


# --- Processes that end -----------------------------------------------------------------------------------------------


NONSENSE = [
    "os.abort()",
    "parent.sendall(b'x' * 8 + b'x' * 100); parent.recv(1)",
    "parent.sendall(messages.LENGTHS.pack(4, 2**32 - 1)); parent.recv(1)",
    "parent.sendall(messages.LENGTHS.pack(2**32 - 1, 0)); parent.recv(1)",
    "parent.sendall(messages.LENGTHS.pack(4, 0) + b'what'); parent.recv(1)",
    "parent.sendall(messages.LENGTHS.pack(2, 0) + b'[]'); parent.recv(1)",
    "parent.sendall(messages.LENGTHS.pack(200000, 0) + b'[' * 200000); parent.recv(1)",
]


def test_a_worker_that_dies_or_sends_nonsense_costs_only_its_file(new_pool, good, monkeypatch):
    with monkeypatch.context() as patched:
        cases = "\n".join(f"if request['size'] == {number}: {script}" for number, script in enumerate(NONSENSE))
        replace_work(patched, RECEIVE + cases)
        processes = new_pool()
        for number in range(len(NONSENSE)):
            with visiting(good, processes) as visit, pytest.raises(Unreadable) as refused:
                visit.draw(size=number)
            assert refused.value.code == "too_costly", NONSENSE[number]
    processes.close()
    assert rows(good, processes) == 16


def idle_worker(processes):
    """The process that waits for the next file."""
    server = processes.server.process.pid
    children = Path(f"/proc/{server}/task/{server}/children")
    until(lambda: len(children.read_text().split()) == 1)
    return int(children.read_text())


@needs.seccomp
def test_an_idle_worker_that_died_costs_no_file(new_pool, good):
    processes = new_pool()
    assert rows(good, processes) == 16
    waiting = idle_worker(processes)
    os.kill(waiting, signal.SIGKILL)
    until(lambda: not alive(waiting))
    assert rows(good, processes) == 16


@needs.seccomp
def test_a_server_that_died_is_started_again(new_pool, good):
    processes = new_pool()
    assert rows(good, processes) == 16
    waiting = idle_worker(processes)
    processes.server.process.kill()
    processes.server.process.wait()
    assert ends(waiting)
    assert rows(good, processes) == 16


@needs.seccomp
def test_a_worker_at_work_ends_with_its_parent_however_that_ends(new_pool, good, monkeypatch):
    replace_work(monkeypatch, RECEIVE + "messages.send(parent, {'process': os.getpid()})\nselect.poll().poll(600_000)")
    processes = new_pool()
    with visiting(good, processes) as visit:
        process = visit._ask({"do": "describe"})[0]["process"]
        processes.server.process.kill()
        assert ends(process)


def test_children_end_with_their_parent(good):
    script = (
        "import os, sys\nfrom dicom.sandbox.pool import shared_pool\nfrom dicom.visits import describe\n"
        "describe(open(sys.argv[1], 'rb'))\nprint(shared_pool().server.process.pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, good], cwd=ROOT, capture_output=True, text=True)
    assert ends(int(done.stdout))


def test_a_fork_of_the_parent_has_children_of_its_own(good):
    shared = pool.shared_pool
    assert rows(good, None) == 16
    server = shared().server.process.pid
    forked = os.fork()
    if not forked:
        try:
            is_right = shared().server is None and rows(good, None) == 16 and shared().server.process.pid != server
            shared().close()
            os._exit(0 if is_right else 1)
        finally:
            os._exit(2)  # never on into the tests that follow
    assert os.waitstatus_to_exitcode(os.waitpid(forked, 0)[1]) == 0
    assert rows(good, None) == 16
    assert shared().server.process.pid == server


def test_an_interrupted_visit_leaves_no_worker_in_the_middle_of_a_file(new_pool, good, who):
    processes = new_pool()
    with pytest.raises(KeyboardInterrupt), visiting(good, processes) as visit:
        process = visit._ask({"do": "describe"})[0]["process"]
        raise KeyboardInterrupt
    assert not alive(process)


@pytest.mark.parametrize("command", [["/nothing/here"], [sys.executable, "-c", "import os; os.abort()"]])
def test_processes_that_do_not_start_are_no_fault_of_the_file(new_pool, good, monkeypatch, caplog, command):
    monkeypatch.setattr(pool, "COMMAND", command)
    assert refusal(good, new_pool()) == "busy"
    assert "does not start" in caplog.text


def test_a_worker_that_cannot_give_up_its_rights_reads_nothing(new_pool, good, monkeypatch, caplog):
    script = "from dicom import worker\nfrom dicom.sandbox import seccomp\nseccomp.lock = lambda limits: 1 / 0\n"
    monkeypatch.setattr(pool, "COMMAND", [sys.executable, "-P", "-c", script + "worker.main()"])
    assert refusal(good, new_pool()) == "busy"
    assert "no file is read" in caplog.text


def test_a_message_without_a_file_is_not_one():
    ours, theirs = messages.socket.socketpair()
    with ours, theirs:
        ours.sendall(b"F")
        with pytest.raises(messages.Gone):
            messages.receive_file(theirs)
