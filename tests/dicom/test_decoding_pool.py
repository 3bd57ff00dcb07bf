"""The process that reads files: what it may do, and that its end is never the end of its parent."""

import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread

import pytest

from dicom import worker
from dicom.limits import MIB, Limits
from dicom.sandbox import messages, pool
from dicom.sandbox.pool import Pool
from dicom.visits import Unreadable, describe
from tests.kit import hostile
from tests.kit.processes import alive

DESCRIBE = {"do": "describe"}
ROOT = Path(__file__).parents[2]


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "good"
    path.write_bytes(hostile.png())
    return path


@pytest.fixture
def slow(tmp_path):
    """A picture that takes some tenths of a second to decode."""
    path = tmp_path / "slow"
    path.write_bytes(hostile.png_bomb(10_000, 5_000))
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


def pid(pool):
    (worker,) = pool.workers
    return worker.process.pid


@pytest.mark.parametrize("limits", [{"cpu": 0.02}, {"wall": 0.02}], ids=["processor", "clock"])
def test_a_file_that_takes_too_long_is_refused_and_the_next_is_read(a_pool, slow, good, limits):
    children = a_pool(**limits)
    assert code(children, slow) == "too_costly"
    assert not children.workers
    children.limits = Limits()  # a busy machine does not read even a good file in so little
    assert rows(children, good) == 16


def test_a_file_that_takes_too_much_memory_is_refused_and_the_next_is_read(a_pool, tmp_path, good):
    head = hostile.image(rows=10_000, columns=10_000, bits=32) + hostile.head(hostile.PIXELS, "OW", 400_000_000)
    (tmp_path / "large").write_bytes(hostile.part10(head))
    os.truncate(tmp_path / "large", 400_000_000 + len(hostile.part10(head)))  # a hole, no bytes on the disk
    children = a_pool(address_space=512 * MIB)
    assert code(children, tmp_path / "large") == "too_costly"
    assert rows(children, good) == 16


def test_a_child_that_died_while_idle_is_replaced(a_pool, good):
    children = a_pool()
    assert rows(children, good) == 16
    (first,) = children.workers
    first.process.kill()
    first.process.wait()
    assert rows(children, good) == 16
    assert pid(children) != first.process.pid


def test_a_child_is_replaced_after_so_many_files(a_pool, good):
    children = a_pool(jobs=2)
    assert rows(children, good) == 16
    first = pid(children)
    assert rows(children, good) == 16
    assert not children.workers
    assert rows(children, good) == 16
    assert pid(children) != first


def test_a_child_is_kept_warm(a_pool, good, tmp_path):
    (tmp_path / "bad").write_bytes(b"bad")
    children = a_pool()
    assert rows(children, good) == 16
    first = pid(children)
    assert code(children, tmp_path / "bad") == "unknown_format"
    assert rows(children, good) == 16
    assert pid(children) == first


def test_threads_share_the_children(a_pool, good):
    children = a_pool(size=2)
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda _: rows(children, good), range(40))) == [16] * 40
    assert len(children.workers) <= 2


def test_who_waits_too_long_is_asked_to_come_again(a_pool, good):
    children = a_pool(queue=0.01)
    children.places.acquire()
    assert code(children, good) == "busy"
    children.places.release()
    assert rows(children, good) == 16


def test_a_fork_has_children_of_its_own(good):
    assert describe(good).rows == 16
    before = {each.process.pid for each in pool.shared().workers}
    forked = os.fork()
    if not forked:
        try:
            described = describe(good).rows == 16 and not before & {each.process.pid for each in pool.shared().workers}
            pool.shared().close()
            os._exit(0 if described else 1)
        finally:
            os._exit(2)  # never on into the tests that follow
    assert os.waitstatus_to_exitcode(os.waitpid(forked, 0)[1]) == 0
    assert describe(good).rows == 16
    assert {each.process.pid for each in pool.shared().workers} == before


def test_a_child_ends_with_its_parent(good):
    script = (
        "import os, sys\n"
        "from dicom.sandbox import pool; from dicom.visits import describe\n"
        "describe(sys.argv[1])\n"
        "print(*[each.process.pid for each in pool.shared().workers], flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script, good], cwd=ROOT, capture_output=True, text=True)
    orphan = int(ended.stdout)
    deadline = time.monotonic() + 5
    while alive(orphan) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not alive(orphan)


def test_a_child_knows_no_secret(a_pool, good, monkeypatch):
    monkeypatch.setenv("HARRISON_SECRET_KEY", "swordfish")
    children = a_pool()
    assert rows(children, good) == 16
    environment = Path(f"/proc/{pid(children)}/environ").read_text()
    assert {each.split("=")[0] for each in environment.split("\0") if each} == {
        "PYTHONPATH",
        "OPENBLAS_NUM_THREADS",
        "PYTHONUTF8",
    }


def test_a_path_that_cannot_be_opened_is_the_callers_affair(tmp_path):
    with pytest.raises(FileNotFoundError):
        describe(tmp_path / "nothing")


def test_a_child_serves_until_its_parent_hangs_up(good):
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    serving = Thread(target=worker.serve, args=(theirs, Limits()))
    serving.start()
    with ours, theirs:
        for wish in (DESCRIBE, {"do": "render", "frame": 0, "size": 4, "window": None}, {"do": "render"}):
            with good.open("rb") as file:
                messages.send_file(ours, file.fileno())
            messages.send(ours, wish)
            header, body = messages.receive(ours, MIB)
            assert ("description" in header, body[:4] == b"\x89PNG", "refused" in header).count(True) == 1
        ours.shutdown(socket.SHUT_RDWR)
        serving.join(5)
    assert not serving.is_alive()


def test_a_message_without_a_file_is_none():
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        ours.sendall(b"F")
        with pytest.raises(messages.Gone):
            messages.receive_file(theirs)


def test_warming_up_keeps_silent(monkeypatch):
    silenced = []
    monkeypatch.setattr("logging.disable", silenced.append)
    monkeypatch.setattr("warnings.simplefilter", silenced.append)
    worker.warm_up()
    assert silenced == [50, "ignore"]


def test_an_interrupted_call_leaves_no_child_in_the_middle_of_a_file(a_pool, good, monkeypatch):
    children = a_pool()
    assert rows(children, good) == 16
    with monkeypatch.context() as patched:
        patched.setattr(pool.Worker, "ask", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            children.ask(good, DESCRIBE)
    assert not children.workers
    assert rows(children, good) == 16


def test_a_command_that_is_not_there_is_no_fault_of_the_file(a_pool, good, monkeypatch):
    monkeypatch.setattr(pool, "COMMAND", ["/nothing/here"])
    assert code(a_pool(), good) == "busy"
