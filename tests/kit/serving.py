"""Harrison as it is served: a process of its own, a data folder of its own, HTTPS on a free port of this machine."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.kit.installation import MANAGE, ROOT, installed, managed
from tests.kit.ports import free_port

START_SECONDS = 120
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


@contextmanager
def served(folder: Path, *options: str, **more: str) -> Iterator[Served]:
    """Serve a new installation in this folder; `options` go to the command, `more` to `installed`."""
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
