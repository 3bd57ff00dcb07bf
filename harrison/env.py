"""Settings from the environment: typed, loud, and secrets from wherever they are kept.

Every name is read here, whatever the others say, so that a wrong value stops the start although nobody needs it yet,
and a name that nobody reads is known for a slip.
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
# Not the application's: what the tests ask of a machine, and what deploy/compose.yaml is told.
OTHERS = {"HARRISON_DEMAND", "HARRISON_HOST", "HARRISON_IMAGE", "HARRISON_SOAK", "HARRISON_TIMES"}
# Kubernetes puts the address of each Service into every container beside it, under names made of the Service's own:
# where that is called harrison, nobody has set these, and nobody could unset them.
SERVICE = re.compile(r"HARRISON_(PORT|PORT_.+|SERVICE_.+)")

read: set[str] = set()  # every name that a setting came from, or would have


def text(name: str, default: str = "") -> str:
    """What the environment says, or the default where it says nothing."""
    read.add(name)
    return os.environ.get(name) or default


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def choice(name: str, default: str, choices: Iterable[str]) -> str:
    word = text(name, default)
    if word not in choices:
        raise ImproperlyConfigured(f"{name} is {word!r}: set one of {', '.join(choices)}, or unset it.")
    return word


def flag(name: str, default: bool) -> bool:
    """`NAME` as true or false. Raises `ImproperlyConfigured` for any other word: read as false, a mistyped
    HARRISON_PRODUCTION would open a hospital's server.
    """
    word = text(name, str(default))
    if word.lower() not in FLAGS:
        raise ImproperlyConfigured(
            f"{name} is {word!r}, which is neither true nor false: set one of them, or unset it."
        )
    return FLAGS[word.lower()]


def number(name: str, default: int, least: int, most: int) -> int:
    """`NAME` as a whole number from `least` to `most`. Raises `ImproperlyConfigured`."""
    word = text(name, str(default))
    if not re.fullmatch(r"-?\d{1,18}", word, re.ASCII) or not least <= int(word) <= most:
        raise ImproperlyConfigured(f"{name} is {word!r}: set a whole number from {least} to {most}, or unset it.")
    return int(word)


def rate(name: str, default: str) -> str:
    """`NAME` as how many in what time. Raises `ImproperlyConfigured`: DRF would, but in the middle of a login."""
    word = text(name, default)
    if not RATE.fullmatch(word):
        raise ImproperlyConfigured(
            f"{name} is {word!r}: set a number for a second, min, hour or day, such as {default}, or unset it."
        )
    return word


def refuse_unknown() -> None:
    """Once all are read. A misspelt HARRISON_PRODUCTION would start as a trial, and nobody would know."""
    for name in sorted(os.environ.keys() - read - OTHERS):
        if name.startswith("HARRISON_") and not SERVICE.fullmatch(name):
            meant = "".join(f" Is it {near}?" for near in get_close_matches(name, read, 1))
            raise ImproperlyConfigured(f"{name} is no setting: .env.example lists all.{meant} Mend it, or unset it.")


def given(name: str) -> str:
    """`NAME`, or what the file that `NAME_FILE` names holds; empty when neither is set.

    Raises `ImproperlyConfigured` when both are, and when a named file is missing, empty or may be written by everyone.
    Containers mount secrets readable by all, so that is no fault.
    """
    value, path = text(name), text(f"{name}_FILE")
    if value and path:
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set: unset one of them.")
    return _read(name, Path(path)) if path else value


def secret(name: str, *, folder: Path, production: bool) -> str:
    """What is `given` as `NAME`, or, locally, a random value kept in `folder`.

    Raises `ImproperlyConfigured` in production when nothing is given.
    """
    told = given(name)
    if told:
        return told
    if production:
        raise ImproperlyConfigured(f"Set {name} or {name}_FILE: production takes no generated secret.")
    return _kept(kept_in(folder, name))


def kept_in(folder: Path, name: str) -> Path:
    """Where a trial installation keeps the secret that it made for itself."""
    return folder / name.lower()


def _read(name: str, path: Path) -> str:
    try:
        value, mode = path.read_text().strip(), path.stat().st_mode
    except OSError as exc:
        raise ImproperlyConfigured(f"{name}_FILE names {path}, which cannot be read: {exc.strerror}.") from exc
    except UnicodeDecodeError as exc:
        raise ImproperlyConfigured(f"{name}_FILE names {path}, which is not text.") from exc
    if not value:
        raise ImproperlyConfigured(f"{name}_FILE names {path}, which is empty.")
    if mode & stat.S_IWOTH:
        raise ImproperlyConfigured(f"{name}_FILE names {path}, which everyone may write: chmod o-w it.")
    return value


def _kept(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as fresh:
            fresh.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return path.read_text().strip()
