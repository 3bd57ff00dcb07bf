"""An installation with its files in a bucket is backed up and restored. On the database of this test run."""

import os

import pytest

from tests.kit.backups import KEYS, UPLOAD, environment, refused, snapshots
from tests.kit.installation import installed, managed, own_database
from tests.kit.ports import free_port
from tests.kit.s3 import new_bucket

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def old(nanio, tmp_path_factory):
    """The environment of an installation with a picture and two CTs in its bucket."""
    port, folder = nanio
    with installed(tmp_path_factory.mktemp("old"), **KEYS, **new_bucket(folder, port)) as environment:
        managed(environment, "shell", "--no-imports", "-c", UPLOAD)
        yield environment


@pytest.fixture(scope="module")
def snapshot(old, tmp_path_factory):
    backup = tmp_path_factory.mktemp("backup")
    managed(old, "backup", str(backup))
    return snapshots(backup)[0]


@pytest.fixture
def fresh(nanio, tmp_path):
    """The environment of an installation with another database and bucket, both empty."""
    port, folder = nanio
    with own_database(os.environ.get("DATABASE_URL", "")) as url:
        yield environment(tmp_path, url, **new_bucket(folder, port))


def contents(nanio, environment) -> dict[str, bytes]:
    """Return the originals and research copies of a bucket by name."""
    bucket = nanio[1] / environment["HARRISON_S3_BUCKET"]
    return {
        str(path.relative_to(bucket)): path.read_bytes()
        for kind in ("originals", "research")
        for path in (bucket / kind).rglob("*")
        if path.is_file()
    }


def test_a_whole_backup_of_a_bucket_has_no_fault(old, snapshot):
    assert "Intact: " in managed(old, "verify_backup", str(snapshot))


def test_a_bucket_is_restored_byte_for_byte_and_agrees_with_the_rows(old, snapshot, fresh, nanio):
    output = managed(fresh, "restore", str(snapshot))
    assert "6 files" in output and "Files and rows agree." in output
    assert len(contents(nanio, old)) == 6 and contents(nanio, fresh) == contents(nanio, old)


def test_without_its_bucket_no_snapshot_is_made(old, tmp_path):
    away = old | {"HARRISON_S3_ENDPOINT": f"http://127.0.0.1:{free_port()}"}
    assert "No snapshot was made." in refused(away, "backup", str(tmp_path))
    assert not list(tmp_path.glob("snapshots/*Z"))


def test_a_restore_whose_bucket_was_away_is_run_again(snapshot, fresh):
    away = fresh | {"HARRISON_S3_ENDPOINT": f"http://127.0.0.1:{free_port()}"}
    assert "Then run this command again." in refused(away, "restore", str(snapshot))
    assert "Files and rows agree." in managed(fresh, "restore", str(snapshot))
