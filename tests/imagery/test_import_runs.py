"""`import_images` in a process of its own: several workers, a kill, Ctrl-C."""

import os
import signal
import sqlite3
import subprocess
from contextlib import closing

import psycopg
import pytest

from imagery.importing.report import read_report
from tests.kit.backups import duplicate
from tests.kit.files import slices
from tests.kit.installation import MANAGE, ROOT, installed, managed
from tests.kit.waiting import until

pytestmark = pytest.mark.slow
NUMBER = 40  # of files
REGISTER = (
    "from accounts.actions import register_user as r; r(by=None, username='jane', password='x', roles=['doctor'])"
)


@pytest.fixture(scope="module")
def with_doctor(tmp_path_factory):
    """An installation with a doctor in it, to be copied."""
    server = os.environ.get("DATABASE_URL", "")
    with installed(tmp_path_factory.mktemp("installation"), DATABASE_URL=server) as environment:
        managed(environment, "shell", "--no-imports", "-c", REGISTER)
        yield environment


@pytest.fixture
def installation(with_doctor, tmp_path):
    with duplicate(with_doctor, tmp_path / "data") as environment:
        yield environment


@pytest.fixture
def many(tmp_path):
    """The slices of one study."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number, content in enumerate(slices(NUMBER)):
        (folder / f"{number:02}.dcm").write_bytes(content)
    return folder


def hashes_in(environment):
    """Return the SHA-256 of all images."""
    url = environment["DATABASE_URL"]
    opened = psycopg.connect(url) if url else sqlite3.connect(f"{environment['HARRISON_DATA_DIR']}/db.sqlite3")
    with closing(opened) as database:
        return [row[0] for row in database.execute("SELECT sha256 FROM imagery_image")]


def command(source, *more):
    return [*MANAGE, "import_images", str(source), "--owner", "jane", *map(str, more)]


def begun(environment, source, report):
    """Start the command, and return its process once it has written some lines."""
    started = command(source, "--report", report, "--workers", 2)
    process = subprocess.Popen(
        started, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    until(lambda: process.poll() is not None or (report.exists() and len(read_report(report)) >= 5))
    return process


def finish(environment, source, *more):
    again = command(source, "--workers", 3, *more)
    return subprocess.run(again, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)


@pytest.mark.on_both
def test_several_workers_take_every_file_once(installation, many, tmp_path):
    done = finish(installation, many, "--report", tmp_path / "r.csv")
    assert (done.returncode, f"{NUMBER} stored" in done.stdout) == (0, True), done
    reported, stored = {row[4] for row in read_report(tmp_path / "r.csv")}, hashes_in(installation)
    assert len(set(stored)) == len(stored) == len(reported) == NUMBER


@pytest.mark.parametrize("way", ["by bytes", "by the report"])
def test_a_run_that_is_killed_goes_on_and_every_file_is_in_once(way, installation, many, tmp_path):
    report = tmp_path / "r.csv"
    killed = begun(installation, many, report)
    killed.kill()
    killed.communicate()
    lines = read_report(report)
    assert 5 <= len(lines) <= len(hashes_in(installation)) < NUMBER
    done = finish(installation, many, *(["--resume", report] if way == "by the report" else []))
    assert done.returncode == 0, done
    stored = hashes_in(installation)
    assert len(set(stored)) == len(stored) == NUMBER
    assert len(read_report(report)) == (NUMBER if way == "by the report" else len(lines))


def test_ctrl_c_finishes_what_has_begun_and_leaves_a_whole_report(installation, many, tmp_path):
    report = tmp_path / "r.csv"
    stopped = begun(installation, many, report)
    stopped.send_signal(signal.SIGINT)
    _, errors = stopped.communicate(timeout=60)
    assert (stopped.returncode, "Run it again" in errors) == (130, True), errors
    assert report.read_bytes().endswith(b"\r\n") and "Traceback" not in errors
    assert len(read_report(report)) == len(hashes_in(installation)) < NUMBER
    assert not list((tmp_path / "data" / "originals" / ".incoming").iterdir())
