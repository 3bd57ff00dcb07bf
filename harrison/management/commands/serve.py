"""Serves Harrison over HTTPS."""

import ipaddress
import os
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings

from accounts.models import User
from disease.models import CodeSystem
from harrison import stopping
from harrison.metrics import Exposed
from harrison.silence import BEHIND_A_PROXY
from imagery import recovery

THREADS = 384  # of one process, started when they are needed; most of them wait for a client
SPARE = 640  # connections without a request in hand
HEADERS = 10  # seconds that a connection may be idle between two requests, and the head of a request may take


class Command(BaseCommand):
    help = (
        "Serve Harrison over HTTPS. A self-signed certificate is made on the first start and kept in the data folder; "
        "--certificate and --key name another, and --plain leaves HTTPS to a reverse proxy. Stop it with Ctrl-C."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="The address to listen on (127.0.0.1).")
        parser.add_argument("--port", type=int, default=8000, help="The port to listen on (8000).")
        parser.add_argument("--workers", type=int, default=2, help="How many processes answer (2).")
        parser.add_argument("--certificate", type=Path, help="A PEM certificate; needs --key.")
        parser.add_argument("--key", type=Path, help="Its PEM key.")
        parser.add_argument("--plain", action="store_true", help="HTTP, for a reverse proxy that speaks HTTPS.")
        parser.add_argument(
            "--metrics-port", type=int, default=settings.METRICS_PORT, help="Where Prometheus asks; 0 (0): nowhere."
        )
        parser.add_argument("--metrics-host", default="127.0.0.1", help="The address of that port (127.0.0.1).")
        parser.add_argument(
            "--prepare",
            action="store_true",
            help="First migrate, make the groups and, when nobody is registered yet, made-up data.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_port_in_use(options["host"], options["port"])
        if options["metrics_port"]:
            refuse_port_in_use(options["metrics_host"], options["metrics_port"])
        if options["prepare"]:
            prepare()
        if not settings.WHITENOISE_USE_FINDERS:
            collect_static(settings.STATIC_ROOT)
        if not options["plain"]:
            threading.Thread(target=self.welcome, args=(options["host"], options["port"]), daemon=True).start()
        recovery.before_serving()
        with Exposed(options["metrics_host"], options["metrics_port"]):
            stopping.heeding(server(options, *certified(options))).serve()

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
            self.stdout.write(credentials.read_text().replace("https://127.0.0.1:8000/", address))
        self.stdout.flush()


def refuse_port_in_use(host: str, port: int) -> None:
    if not 0 < port < 65536:
        raise CommandError(f"There is no port {port}: choose one from 1 to 65535, e.g. PORT=8001.")
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
    if not CodeSystem.objects.exists():
        call_command("import_codes")
    if not User.objects.exists():
        call_command("create_dummy_data")


def certified(options: dict[str, Any]) -> tuple[Path | None, Path | None]:
    """The certificate to serve with, and its key; none where a proxy has one."""
    if options["plain"]:
        return None, None
    if options["certificate"]:
        return options["certificate"], options["key"]
    return self_signed(settings.DATA_DIR)


def collect_static(folder: Path) -> None:
    """Bring static files together, unless those that are there are the latest, or are part of an image."""
    if not os.access(folder, os.W_OK):
        return
    stamp, latest = folder / ".collected", fingerprint()
    if not stamp.exists() or stamp.read_text() != latest:
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(latest)


def fingerprint() -> str:
    """Of the names, sizes and times of all static files."""
    found = sha256()
    for finder in get_finders():
        for name, storage in sorted(finder.list([]), key=lambda each: each[0]):
            found.update(f"{name} {storage.size(name)} {storage.get_modified_time(name)}\n".encode())
    return found.hexdigest()


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate of this machine alone, made once; its key is never readable by others."""
    certificate, key = folder / "cert.crt", folder / "cert.key"
    if not (certificate.exists() and key.exists()):
        private = ec.generate_private_key(ec.SECP256R1())
        key.unlink(missing_ok=True)
        with open(os.open(key, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as fresh:
            fresh.write(
                private.private_bytes(
                    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                )
            )
        certificate.write_bytes(signed_by(private).public_bytes(serialization.Encoding.PEM))
    return certificate, key


def signed_by(private: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    """For localhost and 127.0.0.1, for ten years."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    begin = datetime.now(UTC) - timedelta(days=1)
    draft = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=3653))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    )
    return draft.sign(private, hashes.SHA256())


def server(options: dict[str, Any], certificate: Path | None, key: Path | None) -> Any:
    """Threads for clients, not for work: harrison/gate.py lets one request of a process be worked on."""
    head = BEHIND_A_PROXY if settings.PROXIES else HEADERS  # a proxy reads slow heads itself
    return Granian(
        "harrison.served:application",
        address=options["host"],
        port=options["port"],
        interface=Interfaces.WSGI,
        workers=options["workers"],
        blocking_threads=THREADS,
        backpressure=THREADS + SPARE,
        http1_settings=HTTP1Settings(header_read_timeout=int(head * 1000)),
        workers_kill_timeout=stopping.STOP,
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
