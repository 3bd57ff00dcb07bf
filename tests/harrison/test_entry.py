"""Every entry point ends with one line if a setting is wrong or the database cannot be used."""

import subprocess
import sys

import pytest

from tests.kit.commands import clean_environment, start
from tests.kit.serving import ROOT

WRONG = {
    "HARRISON_PRODUCTION": "treu",
    "HARRISON_DATA_DIR": "/dev/null/var",
    "HARRISON_STATIC_DIR": "/dev/null",
    "HARRISON_PROJECT_KEY": "short",
    "HARRISON_PRODUCTON": "true",
    "DATABASE_URL": "bogus",
}
ENTRY_POINTS = {
    "manage.py": [sys.executable, "manage.py", "check"],
    "wsgi": [sys.executable, "-c", "import harrison.wsgi"],
    "gunicorn": [sys.executable, "-m", "gunicorn", "harrison.wsgi", "--bind=127.0.0.1:0", "--log-level=critical"],
}


def errors_of(command: list[str], environment: dict[str, str]) -> list[str]:
    done = subprocess.run(
        command, cwd=ROOT, env=clean_environment() | environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode != 0
    return done.stderr.strip().splitlines()


def test_a_wrong_setting_ends_every_entry_point_with_one_line(tmp_path):
    cases = [("manage.py", name) for name in WRONG] + [(door, "HARRISON_PRODUCTION") for door in ("wsgi", "gunicorn")]
    wrong = {}
    for door, name in cases:
        environment = {"HARRISON_DATA_DIR": str(tmp_path), name: WRONG[name]}
        lines = errors_of(ENTRY_POINTS[door], environment)
        if len(lines) != 1 or not lines[0].startswith("Harrison cannot start: ") or name not in lines[0]:
            wrong[door, name] = lines
    assert wrong == {}


@pytest.mark.parametrize("option", ["", "--traceback"])
def test_a_database_that_cannot_be_used_is_one_line_unless_a_traceback_is_requested(tmp_path, option):
    missing = {"DATABASE_URL": f"sqlite:///{tmp_path}/missing/db.sqlite3"}
    lines = start(tmp_path, *filter(None, ("migrate", option)), **missing).stderr.strip().splitlines()
    assert (len(lines) == 1) is (option == "") and "unable to open database file" in lines[-1]
    assert option or "Check DATABASE_URL" in lines[0]
