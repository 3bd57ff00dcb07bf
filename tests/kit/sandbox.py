"""Worker processes for tests: pools of their own, visits, and workers that do something else."""

import sys
from contextlib import contextmanager

import pytest

from dicom.refusals import Unreadable
from dicom.sandbox import pool
from dicom.visits import open_file

IMPORTS = "import _socket, json, os, resource, select, signal, socket, stat, sys, threading, time"


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


def replace_work(monkeypatch, work, before=IMPORTS):
    """Have workers run another function in place of `serve_file`: the body of `work(parent, limits)`."""
    body = "".join(f"    {line}\n" for line in work.strip().splitlines())
    script = f"{before}\nfrom dicom import worker\nfrom dicom.sandbox import messages\n"
    script += f"def work(parent, limits):\n{body}\nworker.serve_file = work\nworker.main()\n"
    monkeypatch.setattr(pool, "COMMAND", [sys.executable, "-P", "-c", script])


RECEIVE = "file = messages.receive_file(parent); request, _ = messages.receive(parent)\n"


WHO = """
def is_socket(descriptor):
    try:
        return stat.S_ISSOCK(os.fstat(descriptor).st_mode)
    except OSError:
        return False
sockets = sum(map(is_socket, range(64)))
messages.send(parent, {'process': os.getpid(), 'sockets': sockets})
"""
