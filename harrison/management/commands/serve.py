"""Serves Harrison over HTTPS."""

import socket
import threading
import time
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from granian import Granian
from granian.constants import Interfaces
from werkzeug.serving import make_ssl_devcert

from accounts.models import User


class Command(BaseCommand):
    help = (
        "Serve Harrison over HTTPS. A self-signed certificate is made on the first start and kept in the data folder; "
        "--certificate and --key name another. Stop it with Ctrl-C."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="The address to listen on (127.0.0.1).")
        parser.add_argument("--port", type=int, default=8000, help="The port to listen on (8000).")
        parser.add_argument("--workers", type=int, default=2, help="How many processes answer (2).")
        parser.add_argument("--certificate", type=Path, help="A PEM certificate; needs --key.")
        parser.add_argument("--key", type=Path, help="Its PEM key.")
        parser.add_argument(
            "--prepare",
            action="store_true",
            help="First migrate, make the groups and, when nobody is registered yet, made-up data.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_port_in_use(options["host"], options["port"])
        if options["prepare"]:
            prepare()
        certificate, key = options["certificate"], options["key"]
        if not certificate:
            certificate, key = self_signed(settings.DATA_DIR)
        threading.Thread(target=self.welcome, args=(options["host"], options["port"]), daemon=True).start()
        server(options, certificate, key).serve()

    def welcome(self, host: str, port: int) -> None:
        """Say where to go, once it answers there."""
        wait_for(host, port)
        address = f"https://{host}:{port}/"
        self.stdout.write(f"\nHarrison is at {address} (the certificate is self-signed; Ctrl-C stops it)")
        self.stdout.write(
            f"  browsable API {address}api/v1/   documentation {address}api/v1/docs/   admin {address}admin/"
        )
        credentials = settings.DATA_DIR / "demo-credentials.txt"
        if credentials.exists():
            self.stdout.write(credentials.read_text())
        self.stdout.flush()


def refuse_port_in_use(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as exc:
            raise CommandError(
                f"Port {port} of {host} cannot be had ({exc.strerror}): choose another, e.g. PORT=8001."
            ) from exc


def prepare() -> None:
    call_command("migrate", verbosity=0)
    call_command("create_user_groups", stdout=StringIO())
    if not User.objects.exists():
        call_command("create_dummy_data")


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost that only this machine trusts, made once."""
    certificate, key = folder / "cert.crt", folder / "cert.key"
    if not (certificate.exists() and key.exists()):
        make_ssl_devcert(str(folder / "cert"), cn="localhost")
        key.chmod(0o600)
    return certificate, key


def server(options: dict[str, Any], certificate: Path, key: Path) -> Any:
    """Measured on two cores: two processes of one thread each are best on SQLite."""
    return Granian(
        "harrison.wsgi:application",
        address=options["host"],
        port=options["port"],
        interface=Interfaces.WSGI,
        workers=options["workers"],
        blocking_threads=1,
        ssl_cert=certificate,
        ssl_key=key,
        log_enabled=False,
        respawn_failed_workers=True,
    )


def wait_for(host: str, port: int) -> None:
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex((host, port)) == 0:
                return
        time.sleep(0.1)
