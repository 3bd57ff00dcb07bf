"""Harrison as it is served: a process of its own, a data folder of its own, HTTPS on a free port of this machine."""

import fcntl
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
import requests

from tests.kit.ports import free_port

ROOT = Path(__file__).parents[2]
MANAGE = [sys.executable, "manage.py"]
START_SECONDS = 300  # `serve --prepare` first imports the vocabulary
# Python leaves one in fifteen connections that are reset before their handshake open: nobody's fault here.
ending = pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")


@dataclass
class Served:
    """A server that answers, and how to reach it."""

    port: int
    folder: Path
    environment: dict[str, str]
    process: subprocess.Popen

    @property
    def address(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def session(self, token: str) -> requests.Session:
        """A client that trusts this server's certificate and shows a token."""
        session = requests.Session()
        session.trust_env = False  # the environment may name certificates of its own
        session.verify = str(self.folder / "cert.crt")
        session.headers["Authorization"] = f"Token {token}"
        return session

    def manage(self, *command: str) -> str:
        """What a management command prints in this server's data folder."""
        return managed(self.environment, *command)

    def token_of(self, username: str, role: str) -> str:
        """A token of a new person with this role."""
        return self.manage("shell", "--no-imports", "-c", NEWCOMER.format(username=username, role=role)).split()[-1]


NEWCOMER = """
from accounts.models import User
from django.contrib.auth.models import Group
from knox.models import AuthToken
user = User.objects.create_user("{username}")
user.groups.set(Group.objects.filter(name="{role}"))
print(AuthToken.objects.create(user)[1])
"""


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def managed(environment: dict[str, str], *command: str) -> str:
    done = subprocess.run([*MANAGE, *command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def installed(folder: Path, **more: str) -> Iterator[dict[str, str]]:
    """The environment of a Harrison that keeps its data in this folder, with tables and groups; `more` adds to it."""
    environment = {
        **os.environ,
        "HARRISON_DATA_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "harrison.settings",
        **more,
    }
    server = environment.get("DATABASE_URL", "")
    if not server:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(migrated_file(), folder / "db.sqlite3")
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


# A migrated installation is made once and then copied: migrating takes seconds, a copy a moment. Copies are made
# anew when a migration or a requirement has changed.


@cache
def migrated_name() -> str:
    sources = [ROOT / "requirements.txt", *sorted(ROOT.glob("*/migrations/*.py"))]
    return f"migrated_{hashlib.sha256(b''.join(path.read_bytes() for path in sources)).hexdigest()[:16]}"


@contextmanager
def locked(name: str) -> Iterator[Path]:
    """Give a folder for copies that all test processes share, while no other process makes the copy of this name."""
    folder = Path(tempfile.gettempdir(), f"harrison-migrated-{os.getuid()}")
    folder.mkdir(exist_ok=True)
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


@cache
def migrated_file() -> Path:
    """Return an SQLite file with all tables and groups."""
    with locked(migrated_name()) as folder:
        copy = folder / f"{migrated_name()}.sqlite3"
        if not copy.exists():
            with tempfile.TemporaryDirectory(dir=folder) as empty:
                migrate(HARRISON_DATA_DIR=empty, DATABASE_URL="")
                Path(empty, "db.sqlite3").rename(copy)
    return copy


@cache
def migrated_database(url: str) -> str:
    """Return the name of a PostgreSQL database with all tables and groups."""
    name = migrated_name()
    with locked(f"{name}_{urlsplit(url).port}") as folder, psycopg.connect(url, autocommit=True) as server:
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s AND datistemplate", [name]).fetchone():
            server.execute(f"DROP DATABASE IF EXISTS {name}")
            server.execute(f"CREATE DATABASE {name}")
            with tempfile.TemporaryDirectory(dir=folder) as empty:
                migrate(HARRISON_DATA_DIR=empty, DATABASE_URL=url.rpartition("/")[0] + f"/{name}")
            server.execute(f"ALTER DATABASE {name} IS_TEMPLATE true")
    return name


def migrate(**environment: str) -> None:
    product = os.environ | {"DJANGO_SETTINGS_MODULE": "harrison.settings"}
    managed(product | environment, "migrate", "--verbosity", "0")


@contextmanager
def served(folder: Path, *options: str, **more: str) -> Iterator[Served]:
    """Serve from this folder until the block ends; `more` is environment, `options` go to the command."""
    with installed(folder, **more) as environment, started(folder, environment, *options) as server:
        yield server


@contextmanager
def started(folder: Path, environment: dict[str, str], *options: str) -> Iterator[Served]:
    """Serve what is installed there."""
    port = free_port()
    command = [*MANAGE, "serve", "--port", str(port), *options]
    environment = {**environment, "PORT": str(port)}
    with (
        (folder / "log").open("a") as log,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log) as process,
    ):
        try:
            deadline = time.monotonic() + START_SECONDS
            while not answers(port) and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.1)
            assert answers(port), (folder / "log").read_text()
            yield Served(port, folder, environment, process)
        finally:
            process.terminate()
