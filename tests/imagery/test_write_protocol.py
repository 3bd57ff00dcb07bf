"""The order of system calls when an image comes in: nothing points at bytes that are not safe on the disk yet."""

import os
import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file

from core.models import new_id
from imagery.storage import disk
from imagery.storage.disk import DiskStorage
from tests.kit import factories as make
from tests.kit.needs import STRACE, need

ROOT = Path(__file__).parents[2]
CALLS = "open,openat,mkdir,mkdirat,write,pwrite64,fsync,fdatasync,link,linkat"
PREPARE = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
from accounts.models import User
User.objects.create_user("doctor")
"""
UPLOAD = """
import sys
from django.core.files.uploadedfile import SimpleUploadedFile
from accounts.models import User
from imagery import actions
with open(sys.argv[1], "rb") as file:
    actions.upload_image(by=User.objects.get(), file=SimpleUploadedFile("a", file.read()))
"""


def run(folder, script, *arguments, before=()):
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("HARRISON_", "DATABASE_", "DJANGO_"))}
    told = {"HARRISON_DATA_DIR": str(folder / "data"), "DJANGO_SETTINGS_MODULE": "harrison.settings"}
    script = f"import django; django.setup()\n{script}"
    command = [*before, sys.executable, "-c", script, *arguments]
    subprocess.run(command, cwd=ROOT, env=inherited | told, check=True, timeout=120)


@pytest.fixture(scope="module")
def calls(tmp_path_factory):
    """Every call of every process of one upload, in order, with paths in place of descriptors."""
    strace = shutil.which("strace")
    need(strace, STRACE)
    folder = tmp_path_factory.mktemp("protocol")
    run(folder, PREPARE)
    log = folder / "strace.log"
    before = (strace, "-f", "-y", "--seccomp-bpf", "-s", "0", "-e", f"trace={CALLS}", "-o", str(log))
    run(folder, UPLOAD, get_testdata_file("CT_small.dcm", download=False), before=before)
    return whole(log.read_text().splitlines())


def whole(lines: list[str]) -> list[str]:
    """Calls that strace broke in two, because another process came between, stand where they ended."""
    begun, found = {}, []
    for line in lines:
        process, call = line.split(maxsplit=1)
        if call.endswith("<unfinished ...>"):
            begun[process] = call.removesuffix("<unfinished ...>").strip()
        elif resumed := re.match(r"<\.\.\. \w+ resumed>(.*)", call):
            found.append(begun.pop(process, "") + resumed[1])
        else:
            found.append(call)
    return found


def at(calls: list[str], pattern: str) -> list[int]:
    return [number for number, call in enumerate(calls) if re.match(pattern, call)]


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
