"""A long command at a terminal draws progress bars, each in one place."""

import os
import pty
import re
import subprocess
from contextlib import suppress

import pytest

from tests.kit import factories as make
from tests.kit.backups import KEYS, snapshots
from tests.kit.installation import MANAGE, ROOT, installed, managed

pytestmark = pytest.mark.slow

CODES = "code,title\nA,Diseases\n"
COMMANDS = {
    "import_codes": "import_codes --from {folder}/codes.csv --system own --release 1",
    "import_images": "import_images {folder}/cd --owner doctor",
    "reconcile_files": "reconcile_files",
    "rotate_identity_key": "rotate_identity_key",
    "copy_database": "copy_database --to sqlite:///{folder}/copy.sqlite3",
    "backup": "backup {folder}/backup",
    "verify_backup": "verify_backup {snapshot}",
    "restore": "restore {snapshot}",
    "create_dummy_data": "create_dummy_data --images 2",
}
NEED_EMPTY = {"restore", "create_dummy_data"}


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """The environment of an installation with dummy data."""
    with installed(tmp_path_factory.mktemp("filled"), **KEYS) as environment:
        managed(environment, "create_dummy_data", "--images", "3")
        yield environment


@pytest.fixture(scope="module")
def snapshot(filled, tmp_path_factory):
    backup = tmp_path_factory.mktemp("backup")
    managed(filled, "backup", str(backup))
    return snapshots(backup)[0]


@pytest.fixture
def empty(tmp_path):
    """The environment of an installation without rows."""
    with installed(tmp_path / "empty", **KEYS) as environment:
        yield environment


def run_at_terminal(environment: dict[str, str], *command: str) -> str:
    """Return what a command writes to a terminal, control sequences included."""
    ours, its = pty.openpty()
    size = {"TERM": "xterm", "COLUMNS": "120", "LINES": "40"}
    with subprocess.Popen([*MANAGE, *command], cwd=ROOT, env=environment | size, stdout=its, stderr=its) as process:
        os.close(its)
        written = b""
        with suppress(OSError), open(ours, "rb", buffering=0) as terminal:  # on Linux its end is an error
            while piece := terminal.read(4096):
                written += piece
    assert process.returncode == 0, written.decode()
    return written.decode()


def screen(written: str) -> list[str]:
    """Return the lines that are visible in the end."""
    lines, row = [""], 0
    for part in re.findall(r"\x1b\[[\d;?]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", written):
        if part == "\n":
            row += 1
            lines += [""] * (row == len(lines))
        elif part == "\x1b[2K" or not part.startswith(("\x1b", "\r")):
            lines[row] = "" if part == "\x1b[2K" else lines[row] + part
        elif up := re.fullmatch(r"\x1b\[(\d+)A", part):
            row = max(0, row - int(up[1]))
    return lines


@pytest.mark.parametrize("name", COMMANDS)
def test_a_long_command_draws_a_bar_and_each_in_one_place(name, filled, snapshot, tmp_path, request):
    installation = request.getfixturevalue("empty") if name in NEED_EMPTY else filled
    (tmp_path / "codes.csv").write_text(CODES)
    (tmp_path / "cd").mkdir()
    (tmp_path / "cd" / "1.png").write_bytes(make.png())
    written = run_at_terminal(installation, *COMMANDS[name].format(folder=tmp_path, snapshot=snapshot).split())
    assert re.search("━.*(100%|1/1)", written), written
    bars = [line.partition("━")[0] for line in screen(written) if "━" in line]
    assert len(bars) == len(set(bars)), bars
