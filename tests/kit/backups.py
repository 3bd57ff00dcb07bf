"""What tests of backups share: installations by their environment, and snapshots that may be spoilt."""

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

from tests.kit.serving import MANAGE, ROOT, own_database

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
    """An installation without a table, with the keys of the one that was backed up."""
    told = {"HARRISON_DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "harrison.settings", "DATABASE_URL": url}
    return os.environ | told | KEYS | more


@contextmanager
def duplicate(environment: dict[str, str], folder: Path) -> Iterator[dict[str, str]]:
    """Copy an installation that no process uses, and give the environment of the copy."""
    shutil.copytree(environment["HARRISON_DATA_DIR"], folder)
    url = environment["DATABASE_URL"]
    with own_database(url, template=url.rpartition("/")[2]) as copy:
        yield environment | {"HARRISON_DATA_DIR": str(folder), "DATABASE_URL": copy}


def refused(environment, *command) -> str:
    done = subprocess.run([*MANAGE, *command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stdout + done.stderr
    return done.stdout + done.stderr


def verified(snapshot: Path) -> str:
    """What `verify_backup` finds wrong, in an installation with the right keys."""
    err = StringIO()
    with override_settings(PROJECT_KEY=KEYS["HARRISON_PROJECT_KEY"].encode()):
        try:
            call_command("verify_backup", str(snapshot), stdout=StringIO(), stderr=err)
        except CommandError as exc:
            return f"{err.getvalue()}{exc}"
    return ""


def snapshots(backup: Path) -> list[Path]:
    return sorted((backup / "snapshots").iterdir())


def entries(snapshot: Path) -> list[list]:
    return [json.loads(line) for line in (snapshot / "files.jsonl").read_text().splitlines()]


def media(snapshot: Path, number: int = 0) -> Path:
    sha256 = entries(snapshot)[number][4]
    return snapshot.parents[1] / "media" / sha256[:2] / sha256


def flip(path: Path) -> None:
    """One bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
