"""Damage to a backup and faults of an installation are found and named; what does not fit is not restored.

On the database that this run of the tests is on.
"""

import hashlib
import json
import os
import shutil
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from harrison.backup import manifest
from harrison.backup.snapshots import Snapshot
from tests.kit.backups import KEYS, UPLOAD, duplicate, environment, flip, media, refused, snapshots, verified
from tests.kit.serving import MANAGE, ROOT, installed, managed, own_database

pytestmark = [pytest.mark.slow, pytest.mark.on_both]

URL = os.environ.get("DATABASE_URL", "")


@pytest.fixture(scope="module")
def backup(tmp_path_factory):
    """A folder with two snapshots; the second has more in it."""
    folder = tmp_path_factory.mktemp("backup")
    with installed(tmp_path_factory.mktemp("old"), **KEYS) as old:
        for _ in range(2):
            managed(old, "shell", "--no-imports", "-c", UPLOAD)
            managed(old, "backup", str(folder))
    return folder


@pytest.fixture
def empty(tmp_path):
    """An installation without a table, with the keys of the one that was backed up: its environment."""
    with own_database(URL) as fresh:
        yield environment(tmp_path / "empty", fresh)


@pytest.fixture(scope="module")
def restored_once(backup, tmp_path_factory):
    with own_database(URL) as fresh:
        told = environment(tmp_path_factory.mktemp("restored"), fresh)
        managed(told, "restore", str(snapshots(backup)[-1]))
        yield told


@pytest.fixture
def restored(restored_once, tmp_path):
    """The environment of an installation that was restored from the last snapshot."""
    with duplicate(restored_once, tmp_path / "restored") as told:
        yield told


@pytest.fixture
def copy(backup, tmp_path) -> Path:
    """A snapshot of a backup that may be spoiled."""
    shutil.copytree(backup, tmp_path / "copy")
    return snapshots(tmp_path / "copy")[0]


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
def test_what_is_spoilt_is_found(spoil, told, copy):
    spoil(copy)
    assert told in verified(copy)


def test_rows_and_files_of_two_snapshots_do_not_pass_for_one(copy, settings):
    """Each part is whole, and sealed; but they are not of one moment."""
    settings.PROJECT_KEY = KEYS["HARRISON_PROJECT_KEY"].encode()
    later = snapshots(copy.parents[1])[-1]
    shutil.copy(later / "files.jsonl", copy)
    told = manifest.read(Snapshot(copy))
    parts = told.parts | {"files.jsonl": manifest.part(copy / "files.jsonl")}
    manifest.write(Snapshot(copy), replace(told, parts=parts))
    assert "not those that the snapshot lists" in verified(copy)


def test_a_damaged_snapshot_is_not_restored(copy, empty):
    flip(media(copy))
    assert "The snapshot is damaged, nothing was done." in refused(empty, "restore", str(copy))


def killed(environment, folder):
    """Where a backup went that was killed, and what it left. On a busy machine one may be whole before it is seen."""
    for attempt in range(5):
        dest = folder / f"backup-{attempt}"
        command = [*MANAGE, "backup", str(dest)]
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as process:
            while not list(dest.glob("snapshots/*")) and process.poll() is None:
                time.sleep(0.001)
            process.kill()
        (left,) = snapshots(dest)
        if left.name.endswith(".incomplete"):
            break
    return dest, left


def test_a_backup_that_is_killed_is_plainly_unfinished_and_the_next_takes_it_away(restored, tmp_path):
    dest, left = killed(restored, tmp_path)
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


def test_faults_of_the_installation_are_told_and_everything_else_is_backed_up(faulty, tmp_path):
    said = refused(faulty, "backup", str(tmp_path / "backup"))
    (snapshot,) = snapshots(tmp_path / "backup")
    assert "it is not there." in said and "its bytes are not those that were stored." in said
    assert "2 files of this installation are missing or altered" in said
    assert verified(snapshot).count("When this was made: original") == 2


def test_a_backup_with_faults_is_restored_and_the_faults_are_told(faulty, tmp_path):
    refused(faulty, "backup", str(tmp_path / "backup"))
    (snapshot,) = snapshots(tmp_path / "backup")
    with own_database(URL) as fresh:
        said = refused(environment(tmp_path / "again", fresh), "restore", str(snapshot))
    assert "Restored" in said and "2 of 2 findings are not mended." in said


def test_a_file_that_was_lost_after_a_backup_is_in_the_next_to_the_same_place(faulty, copy):
    managed(faulty, "backup", str(copy.parents[1]))
    assert verified(snapshots(copy.parents[1])[-1]) == ""


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


def test_a_snapshot_of_a_newer_harrison_is_refused(copy, empty, settings):
    settings.PROJECT_KEY = KEYS["HARRISON_PROJECT_KEY"].encode()
    told = manifest.read(Snapshot(copy))
    manifest.write(Snapshot(copy), replace(told, migrations=[*told.migrations, "imagery.9999_of_tomorrow"]))
    assert "newer Harrison, which has imagery.9999_of_tomorrow" in refused(empty, "restore", str(copy))
