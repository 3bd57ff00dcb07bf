"""The shipped nginx configuration in front of web and upload workers, as in deploy/compose.yaml."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter

from harrison.certificate import self_signed_certificate
from tests.kit.installation import MANAGE, ROOT, installed
from tests.kit.ports import free_port
from tests.kit.serving import Served, answers
from tests.kit.waiting import until

SHIPPED = ROOT / "deploy" / "nginx"
GROUPS = {"web": (), "uploads": ("--workers", "2", "--threads", "12")}  # options of `serve`


def nginx() -> str | None:
    return shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")


@dataclass
class Site(Served):
    """Harrison behind nginx. `process` runs the web workers, `uploads` the others; `stack` ends them all."""

    uploads: subprocess.Popen
    stack: ExitStack

    def session_from(self, address: str, token: str) -> requests.Session:
        """A client with an address of its own: all of 127.0.0.0/8 is this machine."""
        session = self.session(token)
        session.mount("https://", FromAddress(address))
        return session


class FromAddress(HTTPAdapter):
    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__()

    def init_poolmanager(self, *args, **kwargs) -> None:
        super().init_poolmanager(*args, **kwargs, source_address=(self.address, 0))


def configure(folder: Path, name: str = "nginx.conf") -> tuple[list[str], int]:
    """Copy the shipped configuration with paths and ports of this folder; give nginx's command and the HTTPS port."""
    port, plain_port = free_port(), free_port()
    certificate, key = self_signed_certificate(folder)
    replaced = {
        "listen 8443": f"listen 127.0.0.1:{port}",
        "listen 8080": f"listen 127.0.0.1:{plain_port}",
        "/run/harrison/": f"{folder}/",
        "/var/cache/harrison/": f"{folder}/",
        "/tmp/nginx.pid": f"{folder}/nginx.pid",
        "/dev/stderr": f"{folder}/refused.log",
        "/run/secrets/tls_certificate": str(certificate),
        "/run/secrets/tls_key": str(key),
    }
    (folder / "nginx").mkdir()
    for path in SHIPPED.glob("*.conf"):
        text = path.read_text()
        for shipped, here in replaced.items():
            text = text.replace(shipped, here)
        (folder / "nginx" / path.name).write_text(text)
    user = "user root; " if os.getuid() == 0 else ""
    command = [str(nginx()), "-e", "stderr", "-c", str(folder / "nginx" / name), "-g", f"{user}daemon off;"]
    return command, port


def start_workers(folder: Path, environment: dict[str, str], group: str) -> subprocess.Popen:
    """Run web or upload workers on their socket, until someone stops them."""
    socket = folder / f"{group}.sock"
    with (folder / "log").open("a") as log:
        command = [*MANAGE, "serve", "--socket", str(socket), *GROUPS[group]]
        workers = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    until(lambda: socket.exists() or workers.poll() is not None)
    assert socket.exists(), (folder / "log").read_text()
    return workers


@contextmanager
def stopping(process: subprocess.Popen, stop: int = signal.SIGTERM) -> Iterator[subprocess.Popen]:
    with process:
        try:
            yield process
        finally:
            process.send_signal(stop)


@contextmanager
def behind_nginx(**environment: str) -> Iterator[Site]:
    """Install Harrison and serve it behind nginx until the block ends."""
    with tempfile.TemporaryDirectory(prefix="harrison-site-") as name, ExitStack() as stack:  # sockets need short paths
        folder = Path(name)
        settings = stack.enter_context(installed(folder, HARRISON_PROXIES="1", **environment))
        web, uploads = [stack.enter_context(stopping(start_workers(folder, settings, group))) for group in GROUPS]
        command, port = configure(folder)
        with (folder / "nginx.log").open("w") as log:
            stack.enter_context(stopping(subprocess.Popen(command, stderr=log)))
        until(lambda: answers(port))
        yield Site(port, folder, settings, web, uploads, stack)
