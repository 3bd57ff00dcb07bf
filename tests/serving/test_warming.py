"""The processes that read files are there before the first upload, and wait for nobody's first answer."""

import os
import subprocess
import sys
from threading import Event

import pytest
from django.core.signals import request_finished

from dicom.sandbox import pool
from harrison import warming
from imagery import research_copies
from tests.kit.serving import ROOT

# The application of the server, which is asked one thing: the processes that it has before and after its answer.
ASK = """
import time
from wsgiref.util import setup_testing_defaults
from harrison.served import application
from imagery import research_copies
from dicom.visits import shared

def there():
    return [len(shared().workers), research_copies.cleaner.child is not None]

before, environ = there(), {"PATH_INFO": "/livez"}
setup_testing_defaults(environ)
application(environ, lambda *_: None).close()
while there() != [1, True]:
    time.sleep(0.05)
print(before, there())
"""


@pytest.fixture
def starts(monkeypatch):
    """How often they were started; waits for a first time."""
    begun, counted = Event(), []
    monkeypatch.setattr(warming, "start", lambda: (counted.append(1), begun.set()))
    warming.after_the_first_answer()
    yield lambda: begun.wait(10) and len(counted)
    request_finished.disconnect(warming.begin)


def test_they_start_with_the_first_answer_alone(starts):
    for _ in range(3):
        request_finished.send(sender=None)
    assert starts() == 1


def test_a_process_of_the_server_has_them_once_it_has_answered(tmp_path):
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "harrison.settings", "HARRISON_DATA_DIR": str(tmp_path), "HARRISON_ALLOWED_HOSTS": "*"
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", ASK], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "[0, False] [1, True]\n", done.stderr


def test_a_child_that_was_made_ready_reads_the_first_file(tmp_path):
    children = pool.Pool(1)
    children.warm()
    (ready,) = children.workers
    (tmp_path / "bad").write_bytes(b"bad")
    with pytest.raises(pool.Unreadable):
        children.ask(tmp_path / "bad", {"do": "describe"})
    assert children.workers == {ready}
    children.close()


@pytest.mark.parametrize("command", [["false"], ["/nothing/here"]])
def test_what_does_not_start_stops_nothing(command, monkeypatch):
    monkeypatch.setattr(pool, "COMMAND", command)
    monkeypatch.setattr(research_copies, "COMMAND", command)
    pool.Pool(1).warm()
    research_copies.Cleaner().warm()
