"""What tests of backups share: environments of installations, and snapshots to damage."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

from django.core.management import CommandError, call_command
from django.test import override_settings

from tests.kit.installation import MANAGE, ROOT, managed, own_database

KEYS = {
    "HARRISON_IDENTITY_KEYS": "an identity key of the tests of backups that is long enough",
    "HARRISON_PROJECT_KEY": "a project key of the tests of backups that is long enough",
}
UPLOAD = """
from accounts.models import User
from django.core.files.base import ContentFile
from imagery.actions import upload_image
from tests.kit.load import distinct
jane, _ = User.objects.get_or_create(username="jane")
for number in (0, 2, 2):  # a picture and two CTs
    upload_image(by=jane, file=ContentFile(distinct(number), name="a"))
"""


def environment(folder: Path, url: str = "", **more: str) -> dict[str, str]:
    """Return the environment of an installation without tables, with the keys of the one that was backed up."""
    own = {"HARRISON_DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "harrison.settings", "DATABASE_URL": url}
    return os.environ | own | KEYS | more


@contextmanager
def duplicate(environment: dict[str, str], folder: Path) -> Iterator[dict[str, str]]:
    """Copy an installation that no process uses, and give the environment of the copy."""
    shutil.copytree(environment["HARRISON_DATA_DIR"], folder)
    url = environment["DATABASE_URL"]
    with own_database(url, template=url.rpartition("/")[2]) as copy:
        yield environment | {"HARRISON_DATA_DIR": str(folder), "DATABASE_URL": copy}


def run_script(environment: dict[str, str], script: str) -> str:
    """Return the last line that a script prints in an installation."""
    return managed(environment, "shell", "--no-imports", "-c", script).splitlines()[-1]


def refused(environment: dict[str, str], *command: str) -> str:
    """Return the output of a command that fails, without a traceback."""
    done = subprocess.run([*MANAGE, *command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stdout + done.stderr
    return done.stdout + done.stderr


def find_faults(snapshot: Path) -> str:
    """Return what `verify_backup` reports in an installation with the right keys; nothing if the snapshot is intact."""
    err = StringIO()
    with override_settings(PROJECT_KEY=KEYS["HARRISON_PROJECT_KEY"].encode()):
        try:
            call_command("verify_backup", str(snapshot), stdout=StringIO(), stderr=err)
        except CommandError as exc:
            return f"{err.getvalue()}{exc}"
    return ""


def snapshots(backup: Path) -> list[Path]:
    return sorted((backup / "snapshots").iterdir())


def media_of(snapshot: Path) -> list[str]:
    """Return the SHA-256 of the media of each file, in the order of the list."""
    return [json.loads(line)[4] for line in (snapshot / "files.jsonl").read_text().splitlines()]


def media_path(snapshot: Path, number: int = 0) -> Path:
    sha256 = media_of(snapshot)[number]
    return snapshot.parents[1] / "media" / sha256[:2] / sha256


def flip_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
