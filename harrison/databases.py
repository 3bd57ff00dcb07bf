"""The database: a SQLite file of this machine, or PostgreSQL."""

from typing import Any
from weakref import WeakSet

import environ
from django.core.exceptions import ImproperlyConfigured
from django.db.backends.base.base import BaseDatabaseWrapper

from harrison.env import read_secret

STATEMENT_TIMEOUT_SECONDS = 60  # nginx waits 300 for an answer
# Of one process. A request keeps its connection while a file is read, so every thread needs one; the pool opens a
# connection only if all others are in use.
MAX_CONNECTIONS = 32
SQLITE, POSTGRESQL = "django.db.backends.sqlite3", "django.db.backends.postgresql"
# IMMEDIATE takes the write lock at once. Otherwise a transaction that reads before it writes fails with "database is
# locked" when another one has written in between.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,  # seconds
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
}
SET_TIMEOUT = "SELECT set_config('statement_timeout', %s, false) WHERE current_setting('statement_timeout') = '0'"

limited_connections = WeakSet[Any]()  # psycopg's, which the pool hands out again and again


def read_database(default_url: str) -> dict[str, Any]:
    """Return Django's settings of the database at DATABASE_URL. Options in the address (?sslmode=…) are kept."""
    database = parse_url(read_secret("DATABASE_URL") or default_url)
    if database["ENGINE"] == SQLITE:
        return database | {"CONN_MAX_AGE": None, "OPTIONS": SQLITE_OPTIONS}
    return database | {"OPTIONS": {"pool": {"max_size": MAX_CONNECTIONS}, **database.get("OPTIONS", {})}}


def parse_url(url: str) -> dict[str, Any]:
    """Parse the address of a database. Raises `ImproperlyConfigured` without the password in the message."""
    try:
        database: dict[str, Any] = environ.Env.db_url_config(url) if "://" in url else {}
    except ValueError:
        database = {}
    if database.get("ENGINE") not in (SQLITE, POSTGRESQL):
        raise ImproperlyConfigured(
            "DATABASE_URL is not the address of a SQLite or PostgreSQL database: set it like "
            "postgres://user:password@host/name, or unset it."
        )
    return database


def set_statement_timeout(connection: BaseDatabaseWrapper, **kwargs: object) -> None:
    """Limit how long a statement may run: for the signal `connection_created` in processes that serve requests.

    A timeout that the address, the role or the database sets is kept. It is set by a statement, because PgBouncer
    refuses it as a parameter of the connection.
    """
    if connection.vendor == "postgresql" and connection.connection not in limited_connections:
        with connection.cursor() as cursor:
            cursor.execute(SET_TIMEOUT, [str(STATEMENT_TIMEOUT_SECONDS * 1000)])
        limited_connections.add(connection.connection)
