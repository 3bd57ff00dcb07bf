"""Harrison installed and served as in production, for the benchmark: one installation for each size of world.

The vocabulary is loaded once for each database and then copied, for that takes longest.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg

from benchmarks import samples
from benchmarks.clients import Connection
from benchmarks.operations import World, upload
from tests.kit.postgresql import DURABLE, private
from tests.kit.serving import ROOT, managed, started

PREPARATION = ("migrate", "create_user_groups", "import_codes", "load_diseases", "load_labels")
KEY = "a throw-away key for the benchmark of no use to anyone else"


@dataclass(frozen=True)
class Installation:
    """A server with its world."""

    images: int
    port: int
    folder: Path
    process: subprocess.Popen
    world: World


@contextmanager
def database(kind: str) -> Iterator[str]:
    """The address of a private PostgreSQL that syncs what it commits; of SQLite none is needed."""
    with private(DURABLE) if kind == "postgresql" else nullcontext("") as url:
        yield url


@contextmanager
def installations(kind: str, sizes: list[int], folder: Path) -> Iterator[list[Installation]]:
    """One for each number of images, all served at once, so that their rounds can take turns."""
    with database(kind) as url, ExitStack() as stack:
        template = folder / "template"
        for command in PREPARATION:
            managed(environment(template, url, "template"), command)
        yield [stack.enter_context(installed(url, template, folder / str(size), size)) for size in sizes]


@contextmanager
def installed(url: str, template: Path, folder: Path, images: int) -> Iterator[Installation]:
    folder.mkdir()
    settings = environment(folder, url, f"images_{images}")
    if not url:  # nobody has the file open any more; PostgreSQL has copied its own
        shutil.copy(template / "db.sqlite3", folder / "db.sqlite3")
    told = run(settings, "-m", "benchmarks.world", str(images))
    with started(folder, settings, "--plain") as server:
        world = World(**json.loads(told))
        connection = Connection(server.port)
        world = replace(world, ct=upload(world, samples.ct, connection, 10**18))
        connection.close()
        yield Installation(images, server.port, folder, server.process, world)


def environment(folder: Path, url: str, name: str) -> dict[str, str]:
    """Production's settings, behind a proxy that speaks HTTPS."""
    folder.mkdir(parents=True, exist_ok=True)
    ours = {
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "HARRISON_PRODUCTION": "true",
        "HARRISON_PROXIES": "1",
        "HARRISON_ALLOWED_HOSTS": "127.0.0.1",
        "HARRISON_LOGIN_RATE": "1000000/min",
        "HARRISON_DATA_DIR": str(folder),
        "HARRISON_STATIC_DIR": str(folder.parent / "static"),
        **dict.fromkeys(("HARRISON_SECRET_KEY", "HARRISON_PROJECT_KEY", "HARRISON_IDENTITY_KEYS"), KEY),
    }
    return os.environ | ours | ({"DATABASE_URL": of_name(url, name)} if url else {})


def of_name(url: str, name: str) -> str:
    """The address of another database of the same PostgreSQL, made when it is not there."""
    with psycopg.connect(url, autocommit=True) as server:
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            template = "template" if name != "template" else "template1"
            server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return url.rpartition("/")[0] + f"/{name}"


def run(settings: dict[str, str], *command: str) -> str:
    """What Python prints in this installation."""
    done = subprocess.run([sys.executable, *command], cwd=ROOT, env=settings, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout
