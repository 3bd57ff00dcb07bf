"""The forks that make copies: none outlives its answer or its server, and none knows of another file than its own."""

import os
import signal
import sys
import threading
import time
import weakref
from contextlib import closing, nullcontext

import pytest

from dicom.deidentification import worker
from dicom.sandbox import messages
from imagery import research_copies
from tests.dicom.test_deidentification_child import TELLING, cleaned
from tests.kit import needs
from tests.kit.processes import alive, ends

# The server itself; but a fork writes into the copy who it is, and then sleeps.
SLEEPING = """
import os, select
from dicom.deidentification import worker

def answer(wish, source, target):
    target.write(str(os.getpid()).encode())
    target.flush()
    select.poll().poll(600_000)  # the cage lets it sleep so

worker.answer = answer
worker.main()
"""


@needs.seccomp
def test_a_fork_at_work_ends_with_its_parent_however_that_ends(monkeypatch, tmp_path):
    monkeypatch.setattr(research_copies, "COMMAND", [sys.executable, "-P", "-c", SLEEPING])
    copy = tmp_path / "copy"
    with closing(research_copies.Cleaner()) as cleaner:
        asking = threading.Thread(target=cleaned, args=(cleaner, os.devnull, copy))
        asking.start()
        worker = written(copy)
        assert alive(worker)
        cleaner.child.process.send_signal(signal.SIGKILL)
        asking.join()
    assert ends(worker)


def written(copy) -> int:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and not (copy.exists() and copy.read_bytes()):
        time.sleep(0.01)
    return int(copy.read_bytes())


@needs.seccomp
def test_a_fork_is_gone_before_its_answer_is_heard(monkeypatch, tmp_path):
    staying = TELLING.replace("worker.main()", "os._exit = lambda code: [None for _ in iter(int, 1)]\nworker.main()")
    monkeypatch.setattr(research_copies, "COMMAND", [sys.executable, "-P", "-c", staying])
    with closing(research_copies.Cleaner()) as cleaner:
        assert not alive(cleaned(cleaner, os.devnull, tmp_path / "copy")["pid"])


class Wish:
    """Of which can be told whether anybody still has it."""


def test_the_next_fork_knows_nothing_of_the_wish_before(monkeypatch):
    """What the server still holds when it forks, the fork holds too."""
    held, known = [], []

    class Fork:
        runs = True

        def __init__(self, parent):
            known.extend(each() is not None for each in held)
            if held:
                raise messages.Gone

        def answer(self, files, wish, seconds):
            return b""

    def receive(*_):
        wish = Wish()
        held.append(weakref.ref(wish))
        return {"seconds": 1}, wish

    monkeypatch.setattr(worker, "Spare", Fork)
    monkeypatch.setattr(worker, "handed_over", lambda parent: nullcontext([]))
    monkeypatch.setattr(worker.messages, "receive", receive)
    monkeypatch.setattr(worker.messages, "send", lambda *_: None)
    with pytest.raises(messages.Gone):
        worker.serve(None)
    assert known == [False]
