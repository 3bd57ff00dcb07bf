"""Serve Harrison with gunicorn."""

import os
import resource
import socket
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from accounts.models import User
from disease.models import CodeSystem
from harrison.certificate import self_signed_certificate
from harrison.metrics import MetricsServer
from harrison.server import Options, Server, behind_proxy, server_options, with_tls
from harrison.welcome import welcome_table

TRIAL_WORKERS, TRIAL_THREADS = 2, 4
MAX_FILES = 8192


class Command(BaseCommand):
    help = (
        "Serve Harrison over HTTPS, with a self-signed certificate unless you give one. "
        "With --plain or --socket, serve HTTP to a reverse proxy. Ctrl-C stops it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="Address to listen on. Default: 127.0.0.1.")
        parser.add_argument("--port", type=int, default=8000, help="Port to listen on. Default: 8000.")
        parser.add_argument("--socket", type=Path, help="Unix socket to listen on, for a proxy on this machine.")
        parser.add_argument("--plain", action="store_true", help="Serve HTTP: a reverse proxy speaks HTTPS.")
        parser.add_argument("--certificate", type=Path, help="Certificate in PEM format. Needs --key.")
        parser.add_argument("--key", type=Path, help="Private key of the certificate in PEM format.")
        parser.add_argument(
            "--workers", type=int, help="Number of processes. Default: 2; behind a proxy one for each core."
        )
        parser.add_argument("--threads", type=int, help="Threads of each process. Default: 4; behind a proxy 1.")
        parser.add_argument(
            "--metrics-port",
            type=int,
            default=settings.METRICS_PORT,
            help="Port for Prometheus metrics. Default 0: off.",
        )
        parser.add_argument("--metrics-host", default="127.0.0.1", help="Address of that port. Default: 127.0.0.1.")
        parser.add_argument(
            "--prepare",
            action="store_true",
            help="First run the migrations, create the user groups, and fill an empty installation with dummy data.",
        )

    def handle(self, *args: object, **options: Any) -> None:
        refuse_half_a_certificate(options["certificate"], options["key"])
        if not options["socket"]:
            refuse_port_in_use(options["host"], options["port"])
        if options["metrics_port"]:
            refuse_port_in_use(options["metrics_host"], options["metrics_port"])
        if options["prepare"]:
            prepare()
        if not settings.WHITENOISE_USE_FINDERS:
            collect_static(settings.STATIC_ROOT)
        raise_file_limit()
        close_database_connection()
        with MetricsServer(options["metrics_host"], options["metrics_port"]) as metrics_server:
            Server(self.options_for_gunicorn(options, metrics_server)).run()

    def options_for_gunicorn(self, options: dict[str, Any], metrics_server: MetricsServer) -> Options:
        plain = bool(options["plain"] or options["socket"])
        workers = options["workers"] or (len(os.sched_getaffinity(0)) if plain else TRIAL_WORKERS)
        threads = options["threads"] or (1 if plain else TRIAL_THREADS)

        def when_ready(arbiter: object) -> None:
            metrics_server.start()
            if not plain:
                self.stdout.write(welcome_table(f"https://{options['host']}:{options['port']}/", settings.DATA_DIR))
                self.stdout.flush()

        bind = f"unix:{options['socket']}" if options["socket"] else f"{options['host']}:{options['port']}"
        common = server_options(bind, workers=workers, threads=threads, when_ready=when_ready)
        if plain:
            return common | behind_proxy(threads)
        if options["certificate"]:
            return common | with_tls(options["certificate"], options["key"])
        return common | with_tls(*self_signed_certificate(settings.DATA_DIR))


def refuse_half_a_certificate(certificate: Path | None, key: Path | None) -> None:
    if bool(certificate) != bool(key):
        raise CommandError("Give --certificate and --key together.")


def refuse_port_in_use(host: str, port: int) -> None:
    if not 0 < port < 65536:
        raise CommandError(f"Port {port} does not exist. Choose one from 1 to 65535, for example PORT=8001.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as exc:
            raise CommandError(
                f"Port {port} is already in use. Choose another, for example PORT=8001. ({host}: {exc.strerror})"
            ) from exc


def prepare() -> None:
    call_command("migrate", verbosity=0)
    call_command("create_user_groups", stdout=StringIO())
    if not CodeSystem.objects.exists():
        call_command("import_codes")
    if not User.objects.exists():
        call_command("create_dummy_data")


def raise_file_limit() -> None:
    """Let a process open MAX_FILES, if the system allows it: a batch of uploads has one open for each image."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, MAX_FILES)), hard))


def collect_static(folder: Path) -> None:
    """Run `collectstatic` if a static file has changed. A read-only folder is part of an image and complete."""
    if not os.access(folder, os.W_OK):
        return
    stamp, current = folder / ".collected", static_files_fingerprint()
    if not stamp.exists() or stamp.read_text() != current:
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(current)


def static_files_fingerprint() -> str:
    """A hash of the names, sizes and times of all static files."""
    digest = sha256()
    for finder in get_finders():
        for name, storage in sorted(finder.list([]), key=lambda item: item[0]):
            digest.update(f"{name} {storage.size(name)} {storage.get_modified_time(name)}\n".encode())
    return digest.hexdigest()


def close_database_connection() -> None:
    """Close it before the workers fork: each opens its own."""
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()  # type: ignore[attr-defined]  # only PostgreSQL has one
