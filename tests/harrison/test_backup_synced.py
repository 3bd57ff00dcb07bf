"""A snapshot gets its name when all of it is on the disk: after a power cut it is whole or not there."""

import re
from itertools import pairwise

import pytest

from tests.kit.backups import KEYS, UPLOAD, snapshots
from tests.kit.installation import MANAGE, installed, managed
from tests.kit.strace import at, calls_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def backup(tmp_path_factory):
    """The folder of a backup, and the system calls that made it."""
    folder = tmp_path_factory.mktemp("backup")
    with installed(tmp_path_factory.mktemp("installation"), DATABASE_URL="", **KEYS) as environment:
        managed(environment, "shell", "--no-imports", "-c", UPLOAD)
        log = tmp_path_factory.mktemp("calls") / "strace.log"
        calls = calls_of([*MANAGE, "backup", str(folder / "to")], log, environment)
    return folder / "to", calls


def synced(calls, path) -> list[int]:
    return at(calls, rf"fsync\(\d+<{re.escape(str(path))}>\) += 0")


def renamed(calls, old: str, new: str) -> int:
    (number,) = at(calls, rf'rename\w*\((?:AT_FDCWD[^,]*, )?"{re.escape(old)}", (?:AT_FDCWD[^,]*, )?"{re.escape(new)}"')
    return number


@pytest.fixture
def completed(backup):
    """When the snapshot got its name."""
    folder, calls = backup
    (snapshot,) = snapshots(folder)
    return renamed(calls, f"{snapshot}.incomplete", str(snapshot))


def test_every_part_of_a_snapshot_is_synced_before_it_gets_its_name(backup, completed):
    folder, calls = backup
    (snapshot,) = snapshots(folder)
    incomplete = f"{snapshot}.incomplete"
    named = renamed(calls, f"{incomplete}/manifest.new", f"{incomplete}/manifest.json")
    for part in ("rows.sqlite3", "files.jsonl", "manifest.new"):
        assert any(number < named for number in synced(calls, f"{incomplete}/{part}")), part
    order = [named, synced(calls, incomplete)[-1], completed, synced(calls, snapshot.parent)[-1]]
    assert all(one < two for one, two in pairwise(order)), order


def test_the_bytes_and_the_names_of_media_are_synced_before_a_snapshot_gets_its_name(backup, completed):
    folder, calls = backup
    media = [path for path in (folder / "media").glob("??/*") if path.is_file()]
    assert media
    for path in media:
        pattern = rf'rename\w*\((?:AT_FDCWD[^,]*, )?"([^"]+)", (?:AT_FDCWD[^,]*, )?"{re.escape(str(path))}"'
        arrived = [(number, m[1]) for number, call in enumerate(calls) if (m := re.match(pattern, call))]
        assert arrived and all(synced(calls, old)[0] < number for number, old in arrived), path.name
        assert arrived[-1][0] < synced(calls, path.parent)[-1] < completed, path.name
