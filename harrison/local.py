"""Settings that django-environ does not read as we need them: strict flags, and secrets from wherever they are kept."""

import os
import secrets
import stat
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

FLAGS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def flag(name: str, default: bool) -> bool:
    """`NAME` as true or false. Raises `ImproperlyConfigured` for any other word: read as false, a mistyped
    HARRISON_PRODUCTION would open a hospital's server.
    """
    word = os.environ.get(name) or str(default)
    if word.lower() not in FLAGS:
        raise ImproperlyConfigured(
            f"{name} is {word!r}, which is neither true nor false: set one of them, or unset it."
        )
    return FLAGS[word.lower()]


def given(name: str) -> str:
    """`NAME`, or what the file that `NAME_FILE` names holds; empty when neither is set.

    Raises `ImproperlyConfigured` when both are, and when a named file is missing, empty or may be written by everyone.
    Containers mount secrets readable by all, so that is no fault.
    """
    value, path = os.environ.get(name, ""), os.environ.get(f"{name}_FILE", "")
    if value and path:
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set: unset one of them.")
    return _read(name, Path(path)) if path else value


def secret(name: str, *, folder: Path | None = None, production: bool = False) -> str:
    """What is `given` as `NAME`, or, locally, a random value kept in `folder`.

    Raises `ImproperlyConfigured` in production, or without a folder, when nothing is given.
    """
    told = given(name)
    if told:
        return told
    if production:
        raise ImproperlyConfigured(f"Set {name} or {name}_FILE: production takes no generated secret.")
    if folder is None:
        raise ImproperlyConfigured(f"Set {name} or {name}_FILE.")
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
