"""Backups are taken while people work, and what is restored from them is complete."""

import json
import os
import subprocess
from contextlib import closing

import pytest

from harrison.backup.files import COLUMNS, LOGIN_TABLES
from harrison.backup.postgresql import PostgreSQLRows, find_program
from harrison.backup.snapshots import Snapshot
from tests.kit.backups import KEYS, duplicate, environment, find_faults, media_of, refused, run_script, snapshots
from tests.kit.installation import managed, own_database
from tests.kit.load import STORED_ROWS, Acknowledged, team
from tests.kit.needs import rounds
from tests.kit.serving import served
from tests.kit.waiting import until

pytestmark = pytest.mark.slow

ROUNDS = rounds(2, 10)  # snapshots and restores, of each database
LABEL = """
from label.actions import create_label
print(create_label(by=None, name="Consolidation").pk)
"""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def url(request):
    """Address of a database server; empty for SQLite."""
    return request.getfixturevalue("own_postgresql") if request.param == "postgresql" else ""


@pytest.fixture(scope="module")
def busy(url, tmp_path_factory):
    """Backups taken while six writers upload, annotate, redact and remake, and what was acknowledged before each."""
    folder, acknowledged = tmp_path_factory.mktemp("backup"), []
    with served(tmp_path_factory.mktemp("busy"), DATABASE_URL=url, **KEYS) as server:
        tokens = [server.token_of(name, "doctor") for name in ("jane", "joan")]
        label = run_script(server.environment, LABEL)
        written = Acknowledged()
        with team(server, tokens, label, written):
            until(lambda: written.annotations)
            for _ in range(ROUNDS):
                acknowledged.append(written.so_far())
                server.manage("backup", str(folder))
        assert len(written.annotations) > ROUNDS
    return folder, acknowledged


@pytest.fixture(scope="module")
def backup(busy):
    return busy[0]


@pytest.fixture
def empty(url, tmp_path):
    """The environment of an installation without tables."""
    with own_database(url) as own:
        yield environment(tmp_path / "empty", own)


@pytest.fixture(scope="module")
def restored_once(url, backup, tmp_path_factory):
    with own_database(url) as own:
        installation = environment(tmp_path_factory.mktemp("restored"), own)
        managed(installation, "restore", str(snapshots(backup)[-1]))
        yield installation


@pytest.fixture
def restored(restored_once, tmp_path):
    """The environment of an installation that was restored from the last snapshot."""
    with duplicate(restored_once, tmp_path / "restored") as installation:
        yield installation


STORED = f"""
{STORED_ROWS}
import json
print(json.dumps([images, annotations]))
"""
GO_ON = """
from imagery.models import Image
from label.actions import create_label
from knox.models import AuthToken
label = create_label(by=None, name="After the fire")
print("works" if label.pk and Image.objects.exists() and not AuthToken.objects.exists() else "is broken")
"""


@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_restore_of_a_backup_under_load_has_everything_acknowledged_before_it(number, busy, empty):
    backup, acknowledged = busy
    snapshot = snapshots(backup)[number]
    made_at = json.loads((snapshot / "manifest.json").read_text())["manifest"]["made_at"]
    output = managed(empty, "restore", str(snapshot))
    assert "Files and rows agree." in output and f"and {len(media_of(snapshot)):,} files" in output
    assert f"after {made_at} is lost" in output and "BEFORE YOU LET RESEARCHERS IN" in output
    assert acknowledged[number].lost(*json.loads(run_script(empty, STORED))) == set()
    assert len(acknowledged[number].annotations) > 0, "the writers have not worked"
    if number == 0:
        assert run_script(empty, GO_ON) == "works"
        assert "No planned migration operations." in managed(empty, "migrate", "--plan")


def test_snapshots_are_intact_share_their_media_and_contain_no_key(backup):
    assert [find_faults(snapshot) for snapshot in snapshots(backup)] == [""] * ROUNDS
    media = {path.name for path in (backup / "media").rglob("*") if path.is_file()}
    lists = [media_of(snapshot) for snapshot in snapshots(backup)]
    assert set().union(*lists) <= media and len(media) < sum(map(len, lists))
    files = [path for path in backup.rglob("*") if path.is_file()]
    assert [path for path in files for key in KEYS.values() if key.encode() in path.read_bytes()] == []
    assert len(files) > len(media) > 0


def test_a_snapshot_holds_no_token_and_no_session(backup, url):
    rows = Snapshot(snapshots(backup)[-1]).rows("postgresql" if url else "sqlite")
    assert sorted(login_rows(rows)) == [("django_session", 0), ("knox_authtoken", 0)]


def login_rows(rows):
    """Give the tables of logins, with the number of their rows in a snapshot."""
    if isinstance(rows, PostgreSQLRows):
        command = [find_program("pg_restore"), "--data-only", "--file=-", str(rows.path)]
        dump = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        for table in LOGIN_TABLES:
            yield table, dump.count(f"COPY public.{table} ")
    else:
        with closing(rows.open()) as connection:
            for table in LOGIN_TABLES:
                yield table, connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_only_its_owner_may_read_a_backup(backup):
    assert {path.stat().st_mode & 0o077 for path in (backup / "snapshots").rglob("*")} == {0}


def test_a_research_copy_replaced_between_rows_and_files_is_in_the_backup(restored, tmp_path):
    assert run_script(restored, REDACT_MEANWHILE.format(dest=tmp_path / "backup")) == "0 faults, replaced copy included"
    assert [find_faults(snapshot) for snapshot in snapshots(tmp_path / "backup")] == [""]


REDACT_MEANWHILE = """
from io import StringIO
from pathlib import Path
from rich.console import Console
from dicom.deidentification.manifest import Box
from harrison.backup import making
from imagery.actions import redact_image
from imagery.models import Image
copy_files = making.copy_files
image = Image.objects.filter(media_type="image/png").exclude(research="").first()
replaced = image.research
def redact_then_copy(*arguments):
    redact_image(by=image.owner, image=image, boxes=[Box(None, 0, 0, 5, 3)])
    copy_files(*arguments)
making.copy_files = redact_then_copy
snapshot, manifest = making.make_snapshot(Path("{dest}"), Console(file=StringIO()))
assert Image.objects.get(pk=image.pk).research != replaced
included = replaced in [file.name for file in snapshot.files() if file.media]
print(f"{{manifest.faults}} faults, replaced copy {{'included' if included else 'lost'}}")
"""


def test_another_kind_of_database_is_refused_with_the_way_to_go(backup, url, own_postgresql, tmp_path):
    with own_database("" if url else own_postgresql) as other:
        output = refused(environment(tmp_path / "other", other), "restore", str(snapshots(backup)[0]))
    assert "copy_database" in output


# --- PostgreSQL's programs ------------------------------------------------------------------------------------------


@pytest.fixture
def on_postgresql(own_postgresql, tmp_path):
    """The environment of a migrated installation whose database has a password."""
    with own_database(own_postgresql) as own:
        installation = environment(tmp_path / "data", own.replace("harrison@", "harrison:a-password@"))
        managed(installation, "migrate", "--verbosity", "0")
        yield installation


def test_without_pg_dump_the_error_says_what_to_install(on_postgresql, tmp_path):
    output = refused(on_postgresql | {"PATH": "/nonexistent"}, "backup", str(tmp_path / "backup"))
    assert "apt-get install postgresql-client" in output and not list((tmp_path / "backup").glob("snapshots/*Z"))


def test_pg_restore_gets_the_password_by_the_environment_and_its_errors_quote_no_row(on_postgresql, tmp_path):
    output = managed(on_postgresql, "shell", "--no-imports", "-c", RESTORE_TWICE.format(dump=tmp_path / "dump"))
    assert "duplicate key" in output and "Jane Doe" not in output and "DETAIL" not in output
    assert output.splitlines()[-1] == "a-password"


RESTORE_TWICE = """
from pathlib import Path
from django.core.management import CommandError
from harrison.backup import postgresql
from label.actions import create_label
create_label(by=None, name="Jane Doe")
rows = postgresql.PostgreSQLRows(Path("{dump}"))
rows.dump()
try:
    postgresql.run_client("pg_restore", "--data-only", "--table=label_label", str(rows.path))
except CommandError as exc:
    print(exc)
print(postgresql.client_environment()["PGPASSWORD"])
"""


def test_the_output_of_pg_restore_is_read_to_the_end(tmp_path, monkeypatch):
    """It fails if nobody reads on, and an intact dump would look torn."""
    (tmp_path / "pg_restore").write_text(MORE_AFTER_THE_ROWS)
    (tmp_path / "pg_restore").chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert list(PostgreSQLRows(tmp_path / "dump").named_files()) == []


MORE_AFTER_THE_ROWS = f"""#!/bin/sh
set -e
echo 'COPY public.imagery_image ({", ".join(COLUMNS)}) FROM stdin;'
echo '\\.'
sleep 0.2
echo '-- PostgreSQL database dump complete'
"""
