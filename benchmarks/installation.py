"""Installations for the benchmark, with production's settings.

The vocabulary takes longest to load, so it is loaded once for each database and then copied.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks import samples
from benchmarks.clients import Client
from tests.kit.postgresql import DURABLE, private
from tests.kit.serving import ROOT, managed, started

PREPARATION = ("migrate", "create_user_groups", "import_codes", "load_diseases", "load_labels")
KEY = "a throw-away key for the benchmark of no use to anyone else"


@dataclass(frozen=True)
class Installation:
    """A server, and the rows that the operations name."""

    port: int
    process_id: int
    tokens: dict[str, str]  # by user name
    image: str
    label: str
    ct: str  # an image with bytes


@contextmanager
def serve_installations(database: str, sizes: list[int], folder: Path) -> Iterator[dict[int, Installation]]:
    """Serve one installation for each number of images, all at the same time."""
    with private(DURABLE) if database == "postgresql" else nullcontext("") as url, ExitStack() as stack:
        for command in PREPARATION:
            managed(environment(folder / "template", url), command)
        yield {size: stack.enter_context(serve_installation(folder / f"images_{size}", url, size)) for size in sizes}


@contextmanager
def serve_installation(folder: Path, url: str, images: int) -> Iterator[Installation]:
    own = environment(folder, url)
    rows = json.loads(run_python(own, "-m", "benchmarks.dataset", str(images)))
    with started(folder, own, "--plain") as server:
        ct = Client(server.port, rows["tokens"]["doctor"]).upload(samples.make_ct(0))
        yield Installation(server.port, server.process.pid, ct=ct, **rows)


def environment(folder: Path, url: str) -> dict[str, str]:
    """Return the environment of the installation in a folder, which starts as a copy of the template beside it."""
    template = folder.with_name("template") / "db.sqlite3"
    if not folder.exists():
        folder.mkdir()
        if template.exists():
            shutil.copy(template, folder)
    own = {
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "HARRISON_PRODUCTION": "true",
        "HARRISON_PROXIES": "1",
        "HARRISON_ALLOWED_HOSTS": "127.0.0.1",
        "HARRISON_DATA_DIR": str(folder),
        "HARRISON_STATIC_DIR": str(folder.parent / "static"),
        **dict.fromkeys(("HARRISON_SECRET_KEY", "HARRISON_PROJECT_KEY", "HARRISON_IDENTITY_KEYS"), KEY),
    }
    return os.environ | own | {"DATABASE_URL": create_database(url, folder.name) if url else ""}


def create_database(url: str, name: str) -> str:
    """Create a database as a copy of the template, unless it exists. Returns its address."""
    with psycopg.connect(url, autocommit=True) as server:
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            template = "template1" if name == "template" else "template"
            server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return url.rpartition("/")[0] + f"/{name}"


def run_python(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout
