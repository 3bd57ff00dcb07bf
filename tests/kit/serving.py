"""Harrison as it is served: a process of its own, a data folder of its own, HTTPS on a free port of this machine."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import requests

from tests.kit.ports import free_port

ROOT = Path(__file__).parents[2]
MANAGE = [sys.executable, "manage.py"]
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
    with own_database(environment.get("DATABASE_URL", "")) as url:
        if url:
            environment["DATABASE_URL"] = url
        managed(environment, "migrate", "--verbosity", "0")
        managed(environment, "create_user_groups")
        yield environment


@contextmanager
def own_database(url: str) -> Iterator[str]:
    """The address of a fresh database in the PostgreSQL of this address; any other address as it is."""
    if not url.startswith("postgres"):
        yield url
        return
    name = f"served_{uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            yield url.rpartition("/")[0] + f"/{name}"
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


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
        deadline = time.monotonic() + 120
        while not answers(port) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
        assert answers(port), (folder / "log").read_text()
        try:
            yield Served(port, folder, environment, process)
        finally:
            process.terminate()
