"""Backups are taken while people work, and what is restored from them is whole."""

import json
import os

import pytest

from harrison.backup import postgresql
from harrison.backup.naming import COLUMNS
from tests.kit.backups import KEYS, duplicate, entries, environment, refused, snapshots, verified
from tests.kit.load import THERE, Said, team
from tests.kit.needs import rounds
from tests.kit.serving import managed, own_database, served
from tests.kit.waiting import until

pytestmark = pytest.mark.slow

RESTORES = rounds(3, 10)  # of each database
LABEL = """
from label.actions import create_label
print(create_label(by=None, name="Consolidation").pk)
"""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def url(request):
    """Where rows are kept; nothing means SQLite."""
    return request.getfixturevalue("own_postgresql") if request.param == "postgresql" else ""


@pytest.fixture(scope="module")
def busy(url, tmp_path_factory):
    """A folder of backups, taken under the load of six writers who upload, annotate, redact and remake.

    With it, of each of its snapshots, what they had been told yes to when it was begun.
    """
    folder, before = tmp_path_factory.mktemp("backup"), []
    with served(tmp_path_factory.mktemp("busy"), DATABASE_URL=url, **KEYS) as server:
        tokens = [server.token_of(name, "doctor") for name in ("jane", "joan")]
        label = server.manage("shell", "--no-imports", "-c", LABEL).split()[-1]
        said = Said()
        with team(server, tokens, label, said):
            until(lambda: said.annotations)
            for _ in range(RESTORES):
                before.append(said.so_far())
                server.manage("backup", str(folder))
        assert len(said.annotations) > RESTORES
    return folder, before


@pytest.fixture(scope="module")
def backup(busy):
    return busy[0]


@pytest.fixture
def empty(url, tmp_path):
    """An installation without a table, with the keys of the one that was backed up: its environment."""
    with own_database(url) as fresh:
        yield environment(tmp_path / "empty", fresh)


@pytest.fixture(scope="module")
def restored_once(url, backup, tmp_path_factory):
    with own_database(url) as fresh:
        told = environment(tmp_path_factory.mktemp("restored"), fresh)
        managed(told, "restore", str(snapshots(backup)[-1]))
        yield told


@pytest.fixture
def restored(restored_once, tmp_path):
    """The environment of an installation that was restored from the last snapshot."""
    with duplicate(restored_once, tmp_path / "restored") as told:
        yield told


# --- Whole ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(RESTORES))
def test_what_is_restored_from_a_backup_under_load_is_whole_and_has_all_that_was_said_before(number, busy, empty):
    backup, before = busy
    snapshot = snapshots(backup)[number]
    told = managed(empty, "restore", str(snapshot))
    assert "Files and rows agree." in told and f"and {len(entries(snapshot)):,} files" in told
    there = json.loads(managed(empty, "shell", "--no-imports", "-c", LOOK).splitlines()[-1])
    assert before[number].lost(*there) == set()
    assert len(before[number].annotations) > 0, "nobody has worked"


LOOK = f"""
{THERE}
import json
print(json.dumps([images, annotations]))
"""


def test_a_whole_snapshot_has_no_fault(backup):
    assert [verified(snapshot) for snapshot in snapshots(backup)] == [""] * RESTORES


def test_each_further_snapshot_adds_only_new_bytes(backup):
    kept = [path.name for path in (backup / "media").rglob("*") if path.is_file()]
    named = {entry[4] for snapshot in snapshots(backup) for entry in entries(snapshot)}
    assert len(kept) == len(set(kept)) < sum(len(entries(each)) for each in snapshots(backup))
    assert named <= set(kept)


def test_a_restored_installation_goes_on(restored):
    assert "stays" in managed(restored, "shell", "--no-imports", "-c", GO_ON)
    assert "No planned migration operations." in managed(restored, "migrate", "--plan")


GO_ON = """
from imagery.models import Image
from label.actions import create_label
from knox.models import AuthToken
label = create_label(by=None, name="After the fire")
print("stays" if label.pk and Image.objects.exists() and not AuthToken.objects.exists() else "is lost")
"""


def test_a_restore_says_from_when_on_things_are_missing_and_what_research_must_not_see(backup, empty):
    snapshot = snapshots(backup)[0]
    since = json.loads((snapshot / "manifest.json").read_text())["manifest"]["made_at"]
    told = managed(empty, "restore", str(snapshot))
    assert f"after {since} is missing" in told and "BEFORE RESEARCH COMES IN" in told


def test_there_is_no_key_in_a_backup(backup):
    for path in (path for path in backup.rglob("*") if path.is_file()):
        assert not [name for name, key in KEYS.items() if key.encode() in path.read_bytes()]


def test_a_backup_is_its_owners_alone(backup):
    assert {path.stat().st_mode & 0o077 for path in (backup / "snapshots").rglob("*")} == {0}


def test_where_a_copy_goes_before_its_bytes_are_taken_another_moment_is_tried(restored, tmp_path):
    managed(restored, "shell", "--no-imports", "-c", GOES.format(dest=tmp_path / "backup"))
    (snapshot,) = snapshots(tmp_path / "backup")
    assert verified(snapshot) == ""


GOES = """
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from django.db import connection
from harrison.backup import bars, making
from imagery.actions import redact_image
from dicom.deidentification.manifest import Box
from imagery.models import Image
import sys, time
image = Image.objects.filter(media_type="image/png").exclude(research="").first()
rows, moments = making.ROWS[connection.vendor], []
real = rows.taken
def redact(width):
    box = Box(None, 0, 0, width, 3)
    redact_image(by=image.owner, image=Image.objects.get(pk=image.pk), boxes=[box])
@contextmanager
def twice_overtaken(target, bars):
    moments.append(datetime.now(UTC))
    if len(moments) < 3:
        redact(2 * len(moments))  # a copy that was not there when everything was copied,
    with real(target, bars) as named:
        time.sleep(1)  # a second in which the manifest's time would be too late
        named = list(named)
        if len(moments) < 3:
            redact(2 * len(moments) + 1)  # and another in its place
        yield iter(named)
rows.taken = twice_overtaken
made = making.make(Path("{dest}"), bars.Bars(sys.stdout))
assert (len(moments), made.faults) == (3, []), (len(moments), made.faults)
assert datetime.fromisoformat(made.manifest.made_at) <= moments[-1], "it tells a later moment than its own"
"""


def test_another_database_is_refused_with_the_way_to_go(backup, url, own_postgresql, tmp_path):
    with own_database("" if url else own_postgresql) as other:
        said = refused(environment(tmp_path / "other", other), "restore", str(snapshots(backup)[0]))
    assert "copy_database" in said


# --- PostgreSQL's programs ------------------------------------------------------------------------------------------


@pytest.fixture
def on_postgresql(own_postgresql, tmp_path):
    with own_database(own_postgresql) as fresh:
        yield environment(tmp_path / "data", fresh.replace("harrison@", "harrison:a-password@"))


def test_without_pg_dump_it_is_said_what_to_install(on_postgresql, tmp_path):
    managed(on_postgresql, "migrate", "--verbosity", "0")
    said = refused(on_postgresql | {"PATH": "/nonexistent"}, "backup", str(tmp_path / "backup"))
    assert "apt-get install postgresql-client" in said and not list((tmp_path / "backup").glob("snapshots/*Z"))


def test_what_pg_restore_could_not_do_is_told_without_the_row(on_postgresql, tmp_path):
    managed(on_postgresql, "migrate", "--verbosity", "0")
    said = managed(on_postgresql, "shell", "--no-imports", "-c", TWICE.format(dump=tmp_path / "dump"))
    assert "duplicate key" in said and "Jane Doe" not in said and "DETAIL" not in said


TWICE = """
from pathlib import Path
from django.core.management import CommandError
from harrison.backup import bars, postgresql
from label.actions import create_label
import sys
create_label(by=None, name="Jane Doe")
dump = Path("{dump}")
with postgresql.taken(dump, bars.Bars(sys.stderr)):
    pass
name = postgresql.parameters()["dbname"]
try:
    postgresql.run("pg_restore", ["--data-only", "--table=label_label", f"--dbname={{name}}", str(dump)], "", print)
except CommandError as exc:
    print(exc)
"""


def test_a_program_that_says_more_after_the_rows_is_heard_out(tmp_path, monkeypatch):
    """Where nobody reads any more it fails, and a whole dump would look like a torn one."""
    (tmp_path / "pg_restore").write_text(TALKATIVE)
    (tmp_path / "pg_restore").chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert list(postgresql.named(tmp_path / "dump")) == []


TALKATIVE = f"""#!/bin/sh
set -e
echo 'COPY public.imagery_image ({", ".join(COLUMNS)}) FROM stdin;'
echo '\\.'
sleep 0.2
echo '-- PostgreSQL database dump complete'
"""


def test_the_password_travels_by_the_environment(on_postgresql):
    told = "from harrison.backup import postgresql; print(postgresql.environment()['PGPASSWORD'])"
    assert managed(on_postgresql, "shell", "--no-imports", "-c", told).split()[-1] == "a-password"
