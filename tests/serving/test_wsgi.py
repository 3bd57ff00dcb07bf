"""What a process of the server has done before its first request, and another with the same application has not."""

import json
import os
import subprocess
import sys

import pytest

from harrison.management.commands.serve import SPARE, THREADS
from tests.kit.serving import ROOT

ASK = """
import gc, importlib, json, resource, sys, threading
resource.setrlimit(resource.RLIMIT_NOFILE, (512, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
before = gc.get_threshold()
importlib.import_module(sys.argv[1])
from django.db.backends.signals import connection_created
print(json.dumps({
    "frozen": gc.get_freeze_count(), "looked_through": len(gc.get_objects()),
    "same_threshold": gc.get_threshold() == before,
    "views": "label.views" in sys.modules, "threads": threading.active_count(),
    "descriptors": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
    "heard": connection_created.has_listeners(),
}))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What a process tells of itself that has imported `module`."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "harrison.settings", "HARRISON_DATA_DIR": str(tmp_path_factory.mktemp("data"))
    }  # fmt: skip

    def of(module):
        command = [sys.executable, "-c", ASK, module]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return of


@pytest.fixture(scope="module")
def served(told):
    return told("harrison.served")


def test_what_is_loaded_is_not_looked_through_for_garbage(served):
    assert served["frozen"] > 20 * served["looked_through"]


def test_the_views_are_loaded(served):
    assert served["views"]


def test_there_are_descriptors_for_every_connection_that_the_server_lets_in(served):
    assert served["descriptors"] > THREADS + SPARE


def test_importing_the_entry_point_of_wsgi_servers_leaves_the_process_as_it_is(told):
    found = told("harrison.wsgi")
    assert (found["frozen"], found["same_threshold"], found["threads"], found["heard"]) == (0, True, 1, False)
    assert found["descriptors"] == 512
