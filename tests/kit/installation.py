"""A Harrison on a data folder and a database of its own, and its management commands.

A migrated installation is made once and then copied: migrating takes seconds, importing the vocabulary half a minute, a
copy a moment. It is made anew when a file that it depends on has changed.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg

ROOT = Path(__file__).parents[2]
MANAGE = [sys.executable, "manage.py"]
SOURCES = {
    "migrated": ["requirements.txt", "*/migrations/*.py"],
    "vocabulary": ["requirements.txt", "*/migrations/*.py", "core/**/*.py", "disease/**/*.py", "disease/data/*"],
}


def managed(environment: dict[str, str], *command: str) -> str:
    """Return what a management command prints."""
    done = subprocess.run([*MANAGE, *command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def installed(folder: Path, kind: str = "migrated", **more: str) -> Iterator[dict[str, str]]:
    """Give the environment of a Harrison that keeps its data in this folder, with tables and groups.

    `more` is added to it. The kind "vocabulary" has all codes, too, on SQLite.
    """
    environment = {
        **os.environ,
        "HARRISON_DATA_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "harrison.settings",
        **more,
    }
    server = environment.get("DATABASE_URL", "")
    if not server:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(prepared_file(kind), folder / "db.sqlite3")
    with own_database(server, template=migrated_database(server) if server else "template1") as url:
        yield environment | ({"DATABASE_URL": url} if url else {})


@contextmanager
def own_database(url: str, template: str = "template1") -> Iterator[str]:
    """Create a database for this block in the PostgreSQL of this address; an empty address stays empty."""
    if not url:
        yield url
        return
    name = f"served_{uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield url.rpartition("/")[0] + f"/{name}"
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@cache
def prepared_name(kind: str) -> str:
    sources = sorted({path for pattern in SOURCES[kind] for path in ROOT.glob(pattern)})
    return f"{kind}_{hashlib.sha256(b''.join(path.read_bytes() for path in sources)).hexdigest()[:16]}"


@contextmanager
def locked(name: str) -> Iterator[Path]:
    """Give a folder for copies that all test processes share, while no other process makes the copy of this name."""
    folder = Path(tempfile.gettempdir(), f"harrison-migrated-{os.getuid()}")
    folder.mkdir(exist_ok=True)
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


@cache
def prepared_file(kind: str) -> Path:
    """Return an SQLite file with all tables and groups; the kind "vocabulary" has all codes, too."""
    name = prepared_name(kind)
    with locked(name) as folder:
        copy = folder / f"{name}.sqlite3"
        if not copy.exists():
            with tempfile.TemporaryDirectory(dir=folder) as empty:
                prepare(kind, HARRISON_DATA_DIR=empty, DATABASE_URL="")
                Path(empty, "db.sqlite3").rename(copy)
    return copy


@cache
def migrated_database(url: str) -> str:
    """Return the name of a PostgreSQL database with all tables and groups."""
    name = prepared_name("migrated")
    with locked(f"{name}_{urlsplit(url).port}") as folder, psycopg.connect(url, autocommit=True) as server:
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s AND datistemplate", [name]).fetchone():
            server.execute(f"DROP DATABASE IF EXISTS {name}")
            server.execute(f"CREATE DATABASE {name}")
            with tempfile.TemporaryDirectory(dir=folder) as empty:
                prepare("migrated", HARRISON_DATA_DIR=empty, DATABASE_URL=url.rpartition("/")[0] + f"/{name}")
            server.execute(f"ALTER DATABASE {name} IS_TEMPLATE true")
    return name


def prepare(kind: str, **environment: str) -> None:
    product = os.environ | {"DJANGO_SETTINGS_MODULE": "harrison.settings"} | environment
    managed(product, "migrate", "--verbosity", "0")
    if kind == "vocabulary":
        managed(product, "import_codes")
