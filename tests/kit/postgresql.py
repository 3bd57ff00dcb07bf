"""Runs a command on a private PostgreSQL, started for it on a free port and thrown away.

python -m tests.kit.postgresql python -m pytest -n auto
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.kit.ports import free_port

TRUSTING = ["--auth=trust", "--username=harrison", "--encoding=UTF8", "--no-sync"]
QUICK = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"
DURABLE = "-c max_connections=100"  # as it comes: what is committed is on the disk


def found(name: str) -> str | None:
    """Where a program of PostgreSQL is: on the path, or where Debian keeps it."""
    kept = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    return next((str(path) for path in kept), shutil.which(name))


def program(name: str) -> str:
    if path := found(name):
        return path
    sys.exit(f"{name} is not on this machine: install PostgreSQL (Debian: apt-get install postgresql).")


def run(*command: str) -> None:
    """As the postgres user when we are root, for PostgreSQL refuses to run as root."""
    user: dict[str, Any] = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", **user)


@contextmanager
def private(options: str = QUICK) -> Iterator[str]:
    """The address of a PostgreSQL that ends with the block; what it keeps is lost with the power unless `DURABLE`."""
    port, folder = free_port(), Path(tempfile.mkdtemp(prefix="harrison-postgresql-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    data = str(folder / "data")
    run(program("initdb"), "-D", data, *TRUSTING)
    listening = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1"
    run(program("pg_ctl"), "-D", data, "-w", "-l", str(folder / "log"), "-o", f"{listening} {options}", "start")
    try:
        yield f"postgres://harrison@127.0.0.1:{port}/postgres"
    finally:
        run(program("pg_ctl"), "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder)


def main(command: list[str]) -> int:
    with private() as url:
        return subprocess.run(command, env={**os.environ, "DATABASE_URL": url}).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
