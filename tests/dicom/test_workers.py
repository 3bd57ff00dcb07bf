"""Files that cost too much, and processes that end: neither costs another file, or the process that asks."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dicom.limits import MIB, Limits
from dicom.refusals import Unreadable
from dicom.sandbox import pool
from tests.kit import hostile, needs
from tests.kit.processes import alive, ends
from tests.kit.sandbox import RECEIVE, refusal, replace_work, rows, visiting
from tests.kit.untrusted import SUBJECT
from tests.kit.waiting import until

ROOT = Path(__file__).parents[2]


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


SLOW = """
file = messages.receive_file(parent); request, _ = messages.receive(parent)
if os.pread(file, 4, 0) == b"slow":
    select.poll().poll(600_000)
messages.send(parent, {})
"""


def test_slow_files_make_way_for_a_quick_one_even_if_there_is_one_place(new_pool, good, monkeypatch, tmp_path):
    replace_work(monkeypatch, SLOW)
    monkeypatch.setattr(pool, "QUICK_SECONDS", 0.1)
    (tmp_path / "slow").write_bytes(b"slow")
    processes = new_pool(size=1, wall=8)

    def read(path):
        with visiting(path, processes) as visit:
            return visit._ask({"do": "describe"})[0]

    assert read(good) == {}  # starts the server
    with ThreadPoolExecutor(pool.SLOW_PLACES) as threads:
        slow_files = [threads.submit(read, tmp_path / "slow") for _ in range(pool.SLOW_PLACES)]
        until(lambda: processes.slow_places._value == 0)
        assert read(good) == {} and not any(file.done() for file in slow_files)
        assert all(isinstance(file.exception(), Unreadable) for file in slow_files)
    assert (processes.places._value, processes.slow_places._value) == (1, pool.SLOW_PLACES)


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
