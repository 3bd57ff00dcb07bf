"""manage.py in a clean environment, and the settings that the product reads."""

import os
import subprocess

from harrison import env
from tests.kit.installation import MANAGE, ROOT


def names_read() -> set[str]:
    """Of settings; a secret's file is the same setting."""
    return {
        name for name in env.names_read if name.startswith(("HARRISON_", "DATABASE_")) and not name.endswith("_FILE")
    }


def clean_environment() -> dict[str, str]:
    """Return the environment without any setting of Harrison."""
    prefixes = ("HARRISON_", "DATABASE_", "DJANGO_")
    return {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}


def start(folder, *command, **environment) -> subprocess.CompletedProcess:
    """A command of a fresh process, with nothing of ours in its environment but what is given."""
    return subprocess.run(
        [*MANAGE, *(command or ("check",))],
        cwd=ROOT,
        env=clean_environment() | {"HARRISON_DATA_DIR": str(folder)} | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
