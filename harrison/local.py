"""Settings that django-environ does not read as we need them: strict flags, and secrets from wherever they are kept."""

import os
import secrets
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


def secret(name: str, *, folder: Path | None = None, production: bool = False) -> str:
    """`NAME`, or what the file that `NAME_FILE` names holds, or, locally, a random value kept in `folder`.

    Raises `ImproperlyConfigured` in production, or without a folder, when neither is set; and when a named file is
    missing or empty.
    """
    if os.environ.get(name):
        return os.environ[name]
    if os.environ.get(f"{name}_FILE"):
        return _read(name, Path(os.environ[f"{name}_FILE"]))
    if production:
        raise ImproperlyConfigured(f"Set {name} or {name}_FILE: production takes no generated secret.")
    if folder is None:
        raise ImproperlyConfigured(f"Set {name} or {name}_FILE.")
    return _kept(folder / name.lower())


def _read(name: str, path: Path) -> str:
    try:
        value = path.read_text().strip()
    except OSError as exc:
        raise ImproperlyConfigured(f"{name}_FILE names {path}, which cannot be read: {exc.strerror}.") from exc
    if not value:
        raise ImproperlyConfigured(f"{name}_FILE names {path}, which is empty.")
    return value


def _kept(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as fresh:
            fresh.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return path.read_text().strip()
