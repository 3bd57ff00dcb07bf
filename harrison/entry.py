"""Load the settings for an entry point: `manage.py` or a WSGI server."""

import os
import sys
from typing import NoReturn

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError

# gunicorn starts a failed worker again and again, unless it ends with this code (WORKER_BOOT_ERROR).
EXIT_CODE = 3


def load_settings() -> None:
    """Read the settings of the environment. A wrong one ends the process with one line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "harrison.settings")
    try:
        _ = settings.INSTALLED_APPS  # the first read of a setting loads all
    except ImproperlyConfigured as exc:
        stop(f"Harrison cannot start: {exc}")


def run_command(arguments: list[str]) -> None:
    """Run a management command. A database that cannot be used ends it with one line, too."""
    load_settings()
    try:
        execute_from_command_line(arguments)
    except OperationalError as exc:
        if "--traceback" in arguments:
            raise
        advice = "Check DATABASE_URL, and run migrate if a table is missing; --traceback shows more."
        stop(f"The database cannot be used: {exc}. {advice}")


def stop(reason: str) -> NoReturn:
    """End the process with one line."""
    sys.stderr.write(" ".join(reason.split()) + "\n")
    raise SystemExit(EXIT_CODE)
