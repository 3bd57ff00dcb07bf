"""Read settings from the environment: typed, with an error of one line, and secrets from files.

Every name is read at start-up, whether it is needed or not, so that a wrong value or an unknown name stops the start.
"""

import os
import re
import secrets
import stat
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

FLAGS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
RATE = re.compile(r"[1-9]\d*/(s|sec|second|m|min|minute|h|hour|d|day)")
# HARRISON_* names that are not settings of the application: of the tests and of deploy/compose.yaml.
OTHER_NAMES = {"HARRISON_DEMAND", "HARRISON_HOST", "HARRISON_IMAGE", "HARRISON_SOAK", "HARRISON_TIMES"}
# Kubernetes adds such variables for a Service called harrison. Nobody sets them, so nobody can unset them.
KUBERNETES_NAMES = re.compile(r"HARRISON_(PORT|PORT_.+|SERVICE_.+)")

names_read: set[str] = set()


def read_text(name: str, default: str = "") -> str:
    names_read.add(name)
    return os.environ.get(name) or default


def read_list(name: str, default: str = "") -> list[str]:
    """Read values separated by commas."""
    return [value.strip() for value in read_text(name, default).split(",") if value.strip()]


def read_choice(name: str, default: str, choices: Iterable[str]) -> str:
    value = read_text(name, default)
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is {value!r}: set one of {', '.join(choices)}, or unset it.")
    return value


def read_flag(name: str, default: bool) -> bool:
    """Read true or false, and refuse any other word: a mistyped HARRISON_PRODUCTION must not start a trial."""
    value = read_text(name, str(default))
    if value.lower() not in FLAGS:
        raise ImproperlyConfigured(f"{name} is {value!r}: set true or false, or unset it.")
    return FLAGS[value.lower()]


def read_number(name: str, default: int, minimum: int, maximum: int) -> int:
    value = read_text(name, str(default))
    if not re.fullmatch(r"-?\d{1,18}", value, re.ASCII) or not minimum <= int(value) <= maximum:
        raise ImproperlyConfigured(f"{name} is {value!r}: set a whole number from {minimum} to {maximum}, or unset it.")
    return int(value)


def read_rate(name: str, default: str) -> str:
    """Read a rate such as 20/min. DRF would refuse a wrong one only at the first login."""
    value = read_text(name, default)
    if not RATE.fullmatch(value):
        raise ImproperlyConfigured(
            f"{name} is {value!r}: set a number per second, min, hour or day, such as {default}, or unset it."
        )
    return value


def read_url(name: str) -> str:
    value = read_text(name)
    if value and not value.startswith(("https://", "http://")):
        raise ImproperlyConfigured(f"{name} is {value!r}: set an address that begins with https:// (or http://).")
    return value


def read_folder(name: str, default: Path, mode: int = 0o777) -> Path:
    """Read the path of a folder, and create it with this mode if it does not exist."""
    folder = Path(read_text(name, str(default))).resolve()
    try:
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
    except OSError as exc:
        raise ImproperlyConfigured(
            f"{name} is {str(folder)!r}, which cannot be created: {exc.strerror}. Set a folder you may write to."
        ) from exc
    return folder


def read_secret(name: str) -> str:
    """Read `NAME`, or the content of the file that `NAME_FILE` names; empty if neither is set.

    Raises `ImproperlyConfigured` if both are set, or if the file is missing, empty or writable by everyone. A file that
    everyone may read is accepted, because containers mount secrets like that.
    """
    value, path = read_text(name), read_text(f"{name}_FILE")
    if value and path:
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set: unset one of them.")
    return read_secret_file(f"{name}_FILE names {path}", Path(path)) if path else value


def read_secret_file(subject: str, path: Path) -> str:
    try:
        value, mode = path.read_text().strip(), path.stat().st_mode
    except OSError as exc:
        raise ImproperlyConfigured(f"{subject}, which cannot be read: {exc.strerror}.") from exc
    except UnicodeDecodeError as exc:
        raise ImproperlyConfigured(f"{subject}, which is not a text file.") from exc
    if not value:
        raise ImproperlyConfigured(f"{subject}, which is empty.")
    if mode & stat.S_IWOTH:
        raise ImproperlyConfigured(f"{subject}, which everyone may write: run chmod o-w on it.")
    return value


def read_or_create_secret(name: str, *, folder: Path, production: bool) -> str:
    """Read a secret. A trial installation generates a missing one and stores it in `folder`; production refuses."""
    value = read_secret(name)
    if not value and production:
        raise ImproperlyConfigured(f"Set {name} or {name}_FILE: in production no secret is generated.")
    return value or create_trial_secret(trial_secret_path(folder, name))


def trial_secret_path(folder: Path, name: str) -> Path:
    return folder / name.lower()


def create_trial_secret(path: Path) -> str:
    """Generate a secret unless the file exists. Only the owner may read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    except OSError as exc:
        raise ImproperlyConfigured(f"{path} cannot be written: {exc.strerror}. Set {path.name.upper()}.") from exc
    return read_secret_file(f"The trial secret is in {path}", path)


def require_settings(reason: str, names: Iterable[str]) -> None:
    """Raise `ImproperlyConfigured` unless all these settings, or the files with them, are set."""
    for name in names:
        if not read_secret(name):
            raise ImproperlyConfigured(f"Set {name}: {reason} needs it.")


def refuse_unknown_names() -> None:
    """Raise `ImproperlyConfigured` for a HARRISON_* variable that no setting reads. Call it after the last setting."""
    for name in sorted(os.environ.keys() - names_read - OTHER_NAMES):
        if name.startswith("HARRISON_") and not KUBERNETES_NAMES.fullmatch(name):
            hint = "".join(f" Did you mean {match}?" for match in get_close_matches(name, names_read, 1))
            raise ImproperlyConfigured(
                f"{name} is not a setting.{hint} .env.example lists all. Correct it or unset it."
            )
