"""Backups are taken while people work, and what is restored from them is whole. Damage is found and named."""

import hashlib
import json
import os
import shutil
import subprocess
import time
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from harrison.backup import manifest
from harrison.backup.snapshots import Snapshot
from tests.load import Said, team
from tests.serving import MANAGE, ROOT, managed, own_database, served

pytestmark = pytest.mark.slow

RESTORES = 10  # of each database: 20 in all
KEYS = {
    "HARRISON_IDENTITY_KEYS": "an identity key of the tests of backups that is long enough",
    "HARRISON_PROJECT_KEY": "a project key of the tests of backups that is long enough",
}
LABEL = """
from label.actions import create_label
print(create_label(by=None, name="Consolidation").pk)
"""


def refused(environment, *command) -> str:
    done = subprocess.run([*MANAGE, *command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def url(request):
    """Where rows are kept; nothing means SQLite."""
    return request.getfixturevalue("own_postgresql") if request.param == "postgresql" else ""


@pytest.fixture(scope="module")
def backup(url, tmp_path_factory):
    """A folder of backups, taken under the load of six writers who upload, annotate, redact and remake."""
    folder = tmp_path_factory.mktemp("backup")
    with served(tmp_path_factory.mktemp("busy"), DATABASE_URL=url, **KEYS) as server:
        tokens = [server.token_of(name, "doctor") for name in ("jane", "joan")]
        label = server.manage("shell", "--no-imports", "-c", LABEL).split()[-1]
        said = Said()
        with team(server, tokens, label, said):
            for _ in range(RESTORES):
                server.manage("backup", str(folder))
        assert len(said.annotations) > RESTORES
    return folder


def snapshots(backup: Path) -> list[Path]:
    return sorted((backup / "snapshots").iterdir())


@pytest.fixture
def empty(url, tmp_path):
    """An installation without a table, with the keys of the one that was backed up: its environment."""
    with own_database(url) as fresh:
        yield environment(tmp_path / "empty", fresh)


def environment(folder: Path, url: str = "", **more: str) -> dict[str, str]:
    told = {"HARRISON_DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "harrison.settings", "DATABASE_URL": url}
    return os.environ | told | KEYS | more


@pytest.fixture
def restored(backup, empty):
    """An installation that was restored from the last snapshot: its environment."""
    managed(empty, "restore", str(snapshots(backup)[-1]))
    return empty


@pytest.fixture
def verify(settings):
    """`verify(snapshot)` is what `verify_backup` finds wrong, in an installation with the right keys."""
    settings.PROJECT_KEY = KEYS["HARRISON_PROJECT_KEY"].encode()
    return lambda snapshot: said_by("verify_backup", snapshot)


def said_by(command: str, snapshot: Path) -> str:
    err = StringIO()
    try:
        call_command(command, str(snapshot), stdout=StringIO(), stderr=err)
    except CommandError as exc:
        return f"{err.getvalue()}{exc}"
    return ""


@pytest.fixture
def copy(backup, tmp_path) -> Path:
    """A snapshot of a backup that may be spoiled."""
    shutil.copytree(backup, tmp_path / "copy")
    return snapshots(tmp_path / "copy")[0]


def flip(path: Path) -> None:
    """One bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def entries(snapshot: Path) -> list[list]:
    return [json.loads(line) for line in (snapshot / "files.jsonl").read_text().splitlines()]


def media(snapshot: Path, number: int = 0) -> Path:
    sha256 = entries(snapshot)[number][4]
    return snapshot.parents[1] / "media" / sha256[:2] / sha256


# --- Whole ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(RESTORES))
def test_what_is_restored_from_a_backup_under_load_is_whole(number, backup, empty):
    snapshot = snapshots(backup)[number]
    told = managed(empty, "restore", str(snapshot))
    assert "Files and rows agree." in told and f"and {len(entries(snapshot)):,} files" in told
    assert len(entries(snapshot)) > number


def test_a_whole_snapshot_has_no_fault(backup, verify):
    assert [verify(snapshot) for snapshot in snapshots(backup)] == [""] * RESTORES


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


def test_there_is_no_key_in_a_backup(backup):
    for path in (path for path in backup.rglob("*") if path.is_file()):
        assert not [name for name, key in KEYS.items() if key.encode() in path.read_bytes()]


def test_a_backup_is_its_owners_alone(backup):
    assert {path.stat().st_mode & 0o077 for path in (backup / "snapshots").rglob("*")} == {0}


def test_where_a_copy_goes_before_its_bytes_are_taken_another_moment_is_tried(restored, tmp_path, verify):
    managed(restored, "shell", "--no-imports", "-c", GOES.format(dest=tmp_path / "backup"))
    (snapshot,) = snapshots(tmp_path / "backup")
    assert verify(snapshot) == ""


GOES = """
from contextlib import contextmanager
from pathlib import Path
from django.db import connection
from harrison.backup import bars, making
from imagery.actions import redact_image
from imagery.deidentification.manifest import Box
from imagery.models import Image
import sys
image = Image.objects.filter(media_type="image/png").exclude(research="").first()
rows, moments = making.ROWS[connection.vendor], []
real = rows.taken
def redact(width):
    box = Box(None, 0, 0, width, 3)
    redact_image(by=image.owner, image=Image.objects.get(pk=image.pk), boxes=[box])
@contextmanager
def twice_overtaken(target, bars):
    moments.append(target)
    if len(moments) < 3:
        redact(2 * len(moments))  # a copy that was not there when everything was copied,
    with real(target, bars) as named:
        named = list(named)
        if len(moments) < 3:
            redact(2 * len(moments) + 1)  # and another in its place
        yield iter(named)
rows.taken = twice_overtaken
made = making.make(Path("{dest}"), bars.Bars(sys.stdout))
assert (len(moments), made.faults) == (3, []), (len(moments), made.faults)
"""


# --- Damaged --------------------------------------------------------------------------------------------------------


def spoil_rows(snapshot: Path) -> None:
    flip(next(snapshot.glob("rows.*")))


def lose_rows(snapshot: Path) -> None:
    next(snapshot.glob("rows.*")).unlink()


def lose_a_line(snapshot: Path) -> None:
    files = snapshot / "files.jsonl"
    files.write_text("".join(files.read_text().splitlines(keepends=True)[:-1]))


def cut_the_manifest(snapshot: Path) -> None:
    manifest = snapshot / "manifest.json"
    manifest.write_bytes(manifest.read_bytes()[:-20])


def change_the_manifest(snapshot: Path) -> None:
    manifest = snapshot / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"vendor": "', '"vendor": "another '))


def forge_the_manifest(snapshot: Path) -> None:
    """With a digest that fits, by somebody who has the folder and not the key."""
    path = snapshot / "manifest.json"
    told = json.loads(path.read_text())
    told["manifest"]["faults"] = 1
    told["sha256"] = hashlib.sha256(json.dumps(told["manifest"], sort_keys=True).encode()).hexdigest()
    path.write_text(json.dumps(told))


def forge_the_manifest_as_of_elsewhere(snapshot: Path) -> None:
    """So that the seal would seem to be another installation's."""
    manifest = snapshot / "manifest.json"
    told = json.loads(manifest.read_text())
    manifest.write_text(manifest.read_text().replace(told["manifest"]["project_key"], "0" * 16))
    forge_the_manifest(snapshot)


SPOILT = {
    spoil_rows: "is damaged: its bytes are not those that were written",
    lose_rows: "is not there",
    lambda snapshot: flip(media(snapshot)): "are damaged. They are the original of image",
    lambda snapshot: flip(media(snapshot, 1)): "are damaged. They are the research of image",
    lambda snapshot: media(snapshot).unlink(): "are not there. They are the original of image",
    lose_a_line: "files.jsonl is damaged",
    cut_the_manifest: "The manifest is damaged",
    change_the_manifest: "The manifest is damaged",
    forge_the_manifest: "changed by somebody who has not the project's key",
    forge_the_manifest_as_of_elsewhere: "changed by somebody who has not the project's key",
    lambda snapshot: (snapshot / "manifest.json").unlink(): "is no finished snapshot",
}


@pytest.mark.parametrize(("spoil", "told"), SPOILT.items())
def test_what_is_spoilt_is_found(spoil, told, copy, verify):
    spoil(copy)
    assert told in verify(copy)


def test_rows_and_files_of_two_snapshots_do_not_pass_for_one(copy, verify, settings):
    """Each part is whole, and sealed; but they are not of one moment."""
    settings.PROJECT_KEY = KEYS["HARRISON_PROJECT_KEY"].encode()
    later = snapshots(copy.parents[1])[-1]
    shutil.copy(later / "files.jsonl", copy)
    told = manifest.read(Snapshot(copy))
    parts = told.parts | {"files.jsonl": manifest.part(copy / "files.jsonl")}
    manifest.write(Snapshot(copy), replace(told, parts=parts))
    assert "not those that the snapshot lists" in verify(copy)


def test_a_damaged_snapshot_is_not_restored(copy, empty):
    flip(media(copy))
    assert "The snapshot is damaged, nothing was done." in refused(empty, "restore", str(copy))


def test_a_backup_that_is_killed_is_plainly_unfinished_and_the_next_takes_it_away(restored, tmp_path):
    dest = tmp_path / "backup"
    with subprocess.Popen([*MANAGE, "backup", str(dest)], cwd=ROOT, env=restored, stdout=subprocess.DEVNULL) as process:
        while not list(dest.glob("snapshots/*")) and process.poll() is None:
            time.sleep(0.001)
        process.kill()
    (left,) = snapshots(dest)
    assert left.name.endswith(".incomplete") and "no finished snapshot" in refused(restored, "verify_backup", str(left))
    managed(restored, "backup", str(dest))
    (whole,) = snapshots(dest)
    assert not whole.name.endswith(".incomplete")


# --- Faults of the installation -------------------------------------------------------------------------------------


@pytest.fixture
def faulty(restored):
    """An installation that has lost an original and whose disk has altered another: its environment.

    They are CTs: the bytes of a clean picture and of its research copy are the same, and those would be found there.
    """
    originals = Path(restored["HARRISON_DATA_DIR"], "originals").glob("??/*")
    lost, altered = sorted(path for path in originals if path.read_bytes()[128:132] == b"DICM")[:2]
    lost.unlink()
    flip(altered)
    return restored


def test_faults_of_the_installation_are_told_and_everything_else_is_backed_up(faulty, tmp_path, verify):
    said = refused(faulty, "backup", str(tmp_path / "backup"))
    (snapshot,) = snapshots(tmp_path / "backup")
    assert "it is not there." in said and "its bytes are not those that were stored." in said
    assert "2 files of this installation are missing or altered" in said
    assert verify(snapshot).count("When this was made: original") == 2


def test_a_backup_with_faults_is_restored_and_the_faults_are_told(faulty, tmp_path, url):
    refused(faulty, "backup", str(tmp_path / "backup"))
    (snapshot,) = snapshots(tmp_path / "backup")
    with own_database(url) as fresh:
        said = refused(environment(tmp_path / "again", fresh), "restore", str(snapshot))
    assert "Restored" in said and "2 of 2 findings are not mended." in said


def test_a_file_that_was_lost_after_a_backup_is_in_the_next_to_the_same_place(faulty, copy, verify):
    managed(faulty, "backup", str(copy.parents[1]))
    assert verify(snapshots(copy.parents[1])[-1]) == ""


# --- Where nothing is restored --------------------------------------------------------------------------------------


def test_an_installation_in_use_is_left_alone(backup, restored):
    said = refused(restored, "restore", str(snapshots(backup)[0]))
    assert "is in use" in said and "imagery_image" in said


@pytest.mark.parametrize("key", KEYS)
def test_other_keys_are_refused(key, backup, empty):
    other = empty | {key: "quite another key of the tests of backups that is long"}
    assert f"{key} " in refused(other, "restore", str(snapshots(backup)[0]))


def test_the_key_that_was_rotated_away_is_still_needed_and_enough(backup, empty):
    both = empty | {
        "HARRISON_IDENTITY_KEYS": f"a new identity key that is long enough,{KEYS['HARRISON_IDENTITY_KEYS']}"
    }
    assert "agree" in managed(both, "restore", str(snapshots(backup)[0]))


def test_another_database_is_refused_with_the_way_to_go(backup, url, own_postgresql, tmp_path):
    with own_database("" if url else own_postgresql) as other:
        said = refused(environment(tmp_path / "other", other), "restore", str(snapshots(backup)[0]))
    assert "copy_database" in said


def test_a_snapshot_of_a_newer_harrison_is_refused(copy, empty, settings):
    settings.PROJECT_KEY = KEYS["HARRISON_PROJECT_KEY"].encode()
    told = manifest.read(Snapshot(copy))
    manifest.write(Snapshot(copy), replace(told, migrations=[*told.migrations, "imagery.9999_of_tomorrow"]))
    assert "newer Harrison, which has imagery.9999_of_tomorrow" in refused(empty, "restore", str(copy))


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


def test_the_password_travels_by_the_environment(on_postgresql):
    told = "from harrison.backup import postgresql; print(postgresql.environment()['PGPASSWORD'])"
    assert managed(on_postgresql, "shell", "--no-imports", "-c", told).split()[-1] == "a-password"
