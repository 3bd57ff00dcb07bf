"""The order of system calls when an image comes in: nothing points at bytes that are not safe on the disk yet."""

import os
import re
import sys
from itertools import pairwise

import pytest
from pydicom.data import get_testdata_file

from core.models import new_id
from imagery.storage import disk
from imagery.storage.disk import DiskStorage
from tests.kit import factories as make
from tests.kit.installation import installed, managed
from tests.kit.strace import at, calls_of

PREPARE = """
from accounts.models import User
User.objects.create_user("doctor")
"""
UPLOAD = """
import sys
import django
django.setup()
from django.core.files.uploadedfile import SimpleUploadedFile
from accounts.models import User
from imagery import actions
with open(sys.argv[1], "rb") as file:
    actions.upload_image(by=User.objects.get(), file=SimpleUploadedFile("a", file.read()))
"""


@pytest.fixture(scope="module")
def calls(tmp_path_factory):
    """Every call of every process of one upload, in order."""
    folder = tmp_path_factory.mktemp("protocol")
    with installed(folder, DATABASE_URL="") as environment:
        managed(environment, "shell", "--no-imports", "-c", PREPARE)
        command = [sys.executable, "-c", UPLOAD, get_testdata_file("CT_small.dcm", download=False)]
        return calls_of(command, folder / "strace.log", environment)


def linked(calls: list[str], room: str) -> tuple[str, str, int]:
    """The name under which a file arrived in a room, the name that it got, and when."""
    pattern = rf'link\w*\((?:AT_FDCWD[^,]*, )?"([^"]+/{room}/\.incoming/[^"]+)", .*"([^"]+/{room}/[\d-]+/\w+)".* = 0'
    ((number, found),) = [(n, m) for n, call in enumerate(calls) if (m := re.match(pattern, call))]
    return found[1], found[2], number


@pytest.mark.parametrize("room", ["originals", "research"])
def test_written_synced_linked_its_folder_synced_and_only_then_the_row(room, calls):
    arrived, name, linking = linked(calls, room)
    written = at(calls, rf"(p?write(64)?)\(\d+<{re.escape(arrived)}(\.part)?>")
    synced = at(calls, rf"fsync\(\d+<{re.escape(arrived)}>\) += 0")
    folder = at(calls, rf"fsync\(\d+<{re.escape(os.path.dirname(name))}>\) += 0")
    row = at(calls, r"pwrite64\(\d+<[^>]*db\.sqlite3-wal>")
    kept = at(calls, r"f(data)?sync\(\d+<[^>]*db\.sqlite3-wal>\) += 0")
    order = [written[-1], synced[-1], linking, folder[0], row[0], kept[-1]]
    assert all(one < two for one, two in pairwise(order)), order


@pytest.mark.parametrize("room", ["originals", "research"])
def test_a_new_folder_is_on_the_disk_before_a_file_goes_into_it(room, calls):
    _, name, linking = linked(calls, room)
    folder = os.path.dirname(name)
    made = at(calls, rf'mkdir\("{re.escape(folder)}"')
    synced = at(calls, rf"fsync\(\d+<{re.escape(os.path.dirname(folder))}>\) += 0")
    assert made and any(made[0] < sync < linking for sync in synced)


@pytest.fixture
def adopt(tmp_path, monkeypatch):
    """Lets files be adopted below ab/; gives the folders whose entries were synced meanwhile."""
    storage, synced = DiskStorage(location=tmp_path), []
    storage.incoming()
    monkeypatch.setattr(disk, "sync", lambda path: synced.append(path.relative_to(tmp_path).as_posix()))

    def one() -> list[str]:
        synced.clear()
        make.store(storage, b"bytes", f"ab/{new_id().hex}")
        return [path for path in synced if not path.startswith(".incoming")]

    return one


def test_a_folder_that_was_there_is_synced_when_it_is_first_met(adopt, tmp_path):
    (tmp_path / "ab").mkdir()
    assert adopt() == [".", "ab"]


def test_a_folder_that_is_certain_is_not_synced_again(adopt):
    adopt()
    assert adopt() == ["ab"]


def test_a_file_that_is_set_aside_has_its_new_and_its_old_name_on_the_disk(tmp_path, monkeypatch):
    storage, synced = DiskStorage(location=tmp_path), []
    make.store(storage, b"bytes", "ab/cd")
    monkeypatch.setattr(disk, "sync", synced.append)
    aside = storage.path(storage.set_aside("ab/cd"))
    assert aside.read_bytes() == b"bytes"
    assert synced[-2:] == [aside.parent, tmp_path / "ab"]
