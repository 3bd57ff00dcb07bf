"""Where rows rest, by settings alone: in a SQLite file of this machine, or in PostgreSQL."""

from pathlib import Path
from typing import Any
from weakref import WeakSet

import environ
from django.core.exceptions import ImproperlyConfigured

from harrison.env import given

LIMIT = 60  # seconds that a statement of a request may take: proxies wait 120 for the answer
SQLITE, POSTGRESQL = "django.db.backends.sqlite3", "django.db.backends.postgresql"
UNLESS_SAID = "SELECT set_config('statement_timeout', %s, false) WHERE current_setting('statement_timeout') = '0'"

known = WeakSet[Any]()  # the connections that have been told


def databases(folder: Path) -> dict[str, Any]:
    database = addressed(given("DATABASE_URL") or f"sqlite:///{folder / 'db.sqlite3'}")
    return {"default": on_disk(database) if database["ENGINE"] == SQLITE else served(database)}


def addressed(address: str) -> dict[str, Any]:
    """What Django makes of an address. Raises `ImproperlyConfigured`, which does not tell the password in it."""
    try:
        found = environ.Env.db_url_config(address) if "://" in address else {}
    except ValueError:
        found = {}
    if found.get("ENGINE") not in (SQLITE, POSTGRESQL):
        raise ImproperlyConfigured(
            "DATABASE_URL is no address of a database: set one such as postgres://user:password@host/name, or unset it."
        )
    return found


def on_disk(database: dict[str, Any]) -> dict[str, Any]:
    """IMMEDIATE takes the write lock at once: without it readers that go on to write meet "database is locked"."""
    options = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
    return database | {"CONN_MAX_AGE": None, "OPTIONS": options}  # harrison/gate.py gives it to the next who works


def served(database: dict[str, Any]) -> dict[str, Any]:
    """With what its address says, e.g. …?sslmode=verify-full."""
    return database | {"OPTIONS": {"pool": True, **database.get("OPTIONS", {})}}


def limit(connection: Any, **_: Any) -> None:
    """Heard by a process that answers: nobody waits for a statement for ever. A command may take its time.

    Whatever the address, the role or the database says of it is kept. A statement does it, and once for each connection
    to the server: PgBouncer refuses what is said of it in connecting, and the pool gives the same one again and again.
    """
    if connection.vendor == "postgresql" and connection.connection not in known:
        with connection.cursor() as cursor:
            cursor.execute(UNLESS_SAID, [str(LIMIT * 1000)])
        known.add(connection.connection)
