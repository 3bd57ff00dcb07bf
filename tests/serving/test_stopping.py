"""The server's own end: it hears that it is told, whenever it is, and answers what it has begun."""

import gc
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import pytest
import requests

from harrison.stopping import STOP
from tests.kit import needs, stopping
from tests.kit.ports import free_port
from tests.kit.serving import ROOT, answers, ending

ROUNDS = needs.rounds(4, 50)  # of five seconds each


@ending
@pytest.mark.slow
def test_told_to_stop_under_load_it_answers_what_it_has_begun(tmp_path):
    """Each round told at some moment of its first seconds; each ends by itself."""
    seen = stopping.stopped(tmp_path, ROUNDS)
    assert seen["answered"] == seen["recorded"] > 100 and seen["lost"] == 0, seen
    assert seen.pop("unanswered of one") <= 2, seen
    assert set(seen) <= {"200", "201", "refused", "unanswered", "answered", "recorded", "lost", "longest"}, seen
    gc.collect()  # what it left open, here and not in another test


@contextmanager
def tiny(folder, processes):
    """A process that serves tests/kit/tiny.py, and its address."""
    port = free_port()
    command = [sys.executable, "-m", "tests.kit.tiny", str(port), str(processes)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True) as process:
        try:
            until(lambda: answers(port))
            yield process, f"http://127.0.0.1:{port}"
        finally:
            end_of(process.pid)


def end_of(group):
    """Of what a server that does not stop leaves behind, too."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def until(true):
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_process_that_does_not_serve_yet_keeps_nobody_from_stopping(tmp_path):
    with tiny(tmp_path, 2) as (process, _):
        until((tmp_path / "second").exists)
        process.terminate()
        assert process.wait(STOP / 2) == 0


def test_a_signal_that_does_not_wake_the_main_thread_is_heard(tmp_path):
    with tiny(tmp_path, 1) as (process, address):
        assert requests.get(f"{address}/told", timeout=STOP).text == "answered"
        process.wait(STOP / 2)


def test_told_again_and_again_it_answers_what_it_has_begun(tmp_path):
    working = tmp_path / "working"
    with tiny(tmp_path, 1) as (process, address), ThreadPoolExecutor(1) as client:
        answer = client.submit(requests.get, f"{address}/work", timeout=STOP)
        until(lambda: working.exists() and working.read_text())
        for _ in range(4):
            os.kill(int(working.read_text()), signal.SIGTERM)
            time.sleep(0.1)  # so that they are four
        assert answer.result().text == "answered"
        process.wait(STOP / 2)
