"""Where the database is, and how long a statement of a request may take."""

import os
import re
import subprocess
import sys
from unittest.mock import MagicMock

from django.core.exceptions import ImproperlyConfigured

from harrison.databases import (
    MAX_CONNECTIONS,
    STATEMENT_TIMEOUT_SECONDS,
    parse_url,
    read_database,
    set_statement_timeout,
)
from tests.kit.installation import ROOT

POOL = {"max_size": MAX_CONNECTIONS}
PRINT_TIMEOUT = """
import sys
import django
django.setup()
if sys.argv[1] == "serve":
    from harrison.server import Server
    Server({}).load()
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SHOW statement_timeout")
    print(cursor.fetchone()[0])
connection.close()
connection.close_pool()
"""


def timeout_of(process: str, url: str) -> str:
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "harrison.settings"}
    command = [sys.executable, "-c", PRINT_TIMEOUT, process]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout.strip()


def test_statements_of_a_server_time_out_and_those_of_a_command_do_not(own_postgresql):
    assert timeout_of("serve", own_postgresql) == f"{STATEMENT_TIMEOUT_SECONDS // 60}min"
    assert timeout_of("command", own_postgresql) == "0"
    own = own_postgresql + "?options=-c%20statement_timeout%3D7000"
    assert timeout_of("serve", own) == "7s", "the timeout in the address is kept"


def test_the_timeout_is_set_once_for_each_connection_of_the_pool_and_never_on_sqlite():
    pooled = MagicMock()
    first, again = (MagicMock(vendor="postgresql", connection=pooled) for _ in range(2))
    sqlite = MagicMock(vendor="sqlite")
    for connection in (first, again, sqlite):
        set_statement_timeout(connection)
    statements = [each.cursor().__enter__().execute.call_count for each in (first, again, sqlite)]
    assert statements == [1, 0, 0]


def test_options_in_the_address_are_kept_and_nothing_is_added_that_pgbouncer_refuses(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://harrison@db.example/harrison")
    assert read_database("sqlite:///unused")["OPTIONS"] == {"pool": POOL}
    monkeypatch.setenv("DATABASE_URL", "postgres://harrison@db.example/harrison?sslmode=verify-full")
    assert read_database("sqlite:///unused")["OPTIONS"] == {"pool": POOL, "sslmode": "verify-full"}


def test_each_thread_of_the_shipped_upload_workers_gets_a_connection(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://harrison@db.example/harrison")
    threads = re.findall(r'--threads, "(\d+)"', (ROOT / "deploy" / "compose.yaml").read_text())
    pool = read_database("sqlite:///unused")["OPTIONS"]["pool"]
    assert threads and pool["max_size"] >= max(map(int, threads))


def test_a_wrong_address_is_refused_without_its_password():
    for url in ("bogus", "mysql://user:swordfish@host/name", "postgres://u:swordfish@h:port/n"):
        try:
            parse_url(url)
        except ImproperlyConfigured as exc:
            sentence = str(exc)
        assert "DATABASE_URL is not the address" in sentence and "swordfish" not in sentence
