"""Damage to a backup and faults of an installation are found and named; what does not fit is not restored.

On the database of this test run.
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

from harrison.backup.manifest import hash_file, read_manifest, write_manifest
from harrison.backup.snapshots import Snapshot
from tests.kit.backups import (
    KEYS,
    UPLOAD,
    duplicate,
    environment,
    find_faults,
    flip_bit,
    media_path,
    refused,
    snapshots,
)
from tests.kit.installation import MANAGE, ROOT, installed, managed, own_database

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
    """The environment of an installation without tables."""
    with own_database(URL) as own:
        yield environment(tmp_path / "empty", own)


@pytest.fixture(scope="module")
def restored_once(backup, tmp_path_factory):
    with own_database(URL) as own:
        installation = environment(tmp_path_factory.mktemp("restored"), own)
        managed(installation, "restore", str(snapshots(backup)[-1]))
        yield installation


@pytest.fixture
def restored(restored_once, tmp_path):
    """The environment of an installation that was restored from the last snapshot."""
    with duplicate(restored_once, tmp_path / "restored") as installation:
        yield installation


@pytest.fixture
def copy(backup, tmp_path) -> Path:
    """The first snapshot of a copy of the backup."""
    return copy_backup(backup, tmp_path / "copy")


def copy_backup(backup: Path, folder: Path) -> Path:
    shutil.copytree(backup, folder)
    return snapshots(folder)[0]


# --- Damaged --------------------------------------------------------------------------------------------------------


def lose_a_line(snapshot: Path) -> None:
    files = snapshot / "files.jsonl"
    files.write_text("".join(files.read_text().splitlines(keepends=True)[:-1]))


def cut_manifest(snapshot: Path) -> None:
    manifest = snapshot / "manifest.json"
    manifest.write_bytes(manifest.read_bytes()[:-20])


def change_manifest(snapshot: Path) -> None:
    manifest = snapshot / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"vendor": "', '"vendor": "another '))


def forge_manifest(snapshot: Path, **changes: object) -> None:
    """Change the manifest and its digest, like someone who may write there but has no key."""
    path = snapshot / "manifest.json"
    content = json.loads(path.read_text())
    content["manifest"] |= {"faults": 1} | changes
    content["sha256"] = hashlib.sha256(json.dumps(content["manifest"], sort_keys=True).encode()).hexdigest()
    path.write_text(json.dumps(content))


DAMAGES = {
    "rows altered": (
        lambda snapshot: flip_bit(next(snapshot.glob("rows.*"))),
        "is damaged: its bytes are not those that were written",
    ),
    "rows lost": (lambda snapshot: next(snapshot.glob("rows.*")).unlink(), "is missing"),
    "original altered": (lambda snapshot: flip_bit(media_path(snapshot)), "are damaged. They hold the original of"),
    "copy altered": (lambda snapshot: flip_bit(media_path(snapshot, 1)), "are damaged. They hold the research of"),
    "original lost": (lambda snapshot: media_path(snapshot).unlink(), "are missing. They hold the original of"),
    "line lost": (lose_a_line, "files.jsonl is damaged"),
    "manifest cut": (cut_manifest, "The manifest is damaged"),
    "manifest changed": (change_manifest, "The manifest is damaged"),
    "manifest forged": (forge_manifest, "someone without that key changed the manifest"),
    "manifest forged as of another installation": (
        lambda snapshot: forge_manifest(snapshot, project_key="0" * 16),
        "someone without that key changed the manifest",
    ),
    "manifest lost": (lambda snapshot: (snapshot / "manifest.json").unlink(), "is not a complete snapshot"),
}


def test_every_damage_is_found_and_named(backup, tmp_path):
    unnoticed = {}
    for name, (damage, expected) in DAMAGES.items():
        snapshot = copy_backup(backup, tmp_path / name)
        damage(snapshot)
        faults = find_faults(snapshot)
        if expected not in faults:
            unnoticed[name] = faults
    assert unnoticed == {}


def test_rows_and_files_of_different_snapshots_do_not_pass_as_one(copy, settings):
    """Each part is intact and sealed, but they are not of one moment."""
    settings.PROJECT_KEY = KEYS["HARRISON_PROJECT_KEY"].encode()
    shutil.copy(snapshots(copy.parents[1])[-1] / "files.jsonl", copy)
    manifest = read_manifest(Snapshot(copy))
    parts = manifest.parts | {"files.jsonl": hash_file(copy / "files.jsonl")}
    write_manifest(Snapshot(copy), replace(manifest, parts=parts))
    assert "not those that the snapshot lists" in find_faults(copy)


def test_a_damaged_snapshot_is_not_restored(copy, empty):
    flip_bit(media_path(copy))
    assert "The snapshot is damaged; nothing was done." in refused(empty, "restore", str(copy))


def kill_backup(environment: dict[str, str], folder: Path) -> tuple[Path, Path]:
    """Return the folder of a backup that was killed, and its snapshot. A quick one may finish first: try again."""
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


def test_a_killed_backup_is_incomplete_and_the_next_one_removes_it(restored, tmp_path):
    dest, left = kill_backup(restored, tmp_path)
    assert "not a complete snapshot" in refused(restored, "verify_backup", str(left))
    managed(restored, "backup", str(dest))
    assert [snapshot.name.endswith(".incomplete") for snapshot in snapshots(dest)] == [False]


# --- Faults of the installation -------------------------------------------------------------------------------------


@pytest.fixture
def faulty(restored):
    """The environment of an installation that has lost one original, and whose disk has altered another.

    Both are CTs: the research copy of a clean picture has the bytes of its original, and the backup would find those.
    """
    originals = Path(restored["HARRISON_DATA_DIR"], "originals").glob("????-??-??/*")
    lost, altered = sorted(path for path in originals if path.read_bytes()[128:132] == b"DICM")[:2]
    lost.unlink()
    flip_bit(altered)
    return restored


def test_a_faulty_installation_is_backed_up_and_restored_and_its_faults_are_named(faulty, copy, tmp_path):
    output = refused(faulty, "backup", str(tmp_path / "backup"))
    assert "the file is missing." in output and "its bytes are not those that were stored." in output
    assert "2 files of this installation are missing or altered" in output
    (snapshot,) = snapshots(tmp_path / "backup")
    assert find_faults(snapshot).count("When this snapshot was made: original") == 2
    with own_database(URL) as own:
        output = refused(environment(tmp_path / "again", own), "restore", str(snapshot))
    assert "Restored" in output and output.count("When this snapshot was made: original") == 2
    managed(faulty, "backup", str(copy.parents[1]))  # here earlier snapshots have the bytes
    assert find_faults(snapshots(copy.parents[1])[-1]) == ""


# --- Refused --------------------------------------------------------------------------------------------------------


def test_an_installation_in_use_is_left_alone(backup, restored):
    output = refused(restored, "restore", str(snapshots(backup)[0]))
    assert "is in use" in output and "imagery_image" in output


def test_other_keys_are_refused_and_a_rotated_key_is_needed_and_enough(backup, empty):
    snapshot = str(snapshots(backup)[0])
    for key in KEYS:
        other = empty | {key: "quite another key of the tests of backups that is long"}
        assert f"{key} " in refused(other, "restore", snapshot)
    keys = f"a new identity key that is long enough,{KEYS['HARRISON_IDENTITY_KEYS']}"
    assert "agree" in managed(empty | {"HARRISON_IDENTITY_KEYS": keys}, "restore", snapshot)


def test_a_snapshot_of_a_newer_harrison_is_refused(copy, empty, settings):
    settings.PROJECT_KEY = KEYS["HARRISON_PROJECT_KEY"].encode()
    manifest = read_manifest(Snapshot(copy))
    write_manifest(Snapshot(copy), replace(manifest, migrations=[*manifest.migrations, "imagery.9999_of_tomorrow"]))
    assert "newer Harrison, which has imagery.9999_of_tomorrow" in refused(empty, "restore", str(copy))
