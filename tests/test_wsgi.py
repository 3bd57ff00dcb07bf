"""What a process of the server has done before its first request."""

import os
import subprocess
import sys

import pytest

from tests.serving import ROOT

ASK = "import gc, sys, harrison.wsgi; print(gc.get_freeze_count(), len(gc.get_objects()), 'label.views' in sys.modules)"


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "harrison.settings", "HARRISON_DATA_DIR": str(tmp_path_factory.mktemp("data"))
    }  # fmt: skip
    done = subprocess.run([sys.executable, "-c", ASK], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_what_is_loaded_is_not_looked_through_for_garbage(told):
    frozen, looked_through, _ = told
    assert int(frozen) > 20 * int(looked_through)


def test_the_views_are_loaded(told):
    assert told[2] == "True"
