"""The product as served, with made-up data, and Debian's Chromium before it."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]
PASSWORD = "a password for the browser tests"
NO_CHROMIUM = "No Chromium here: what is seen in a browser goes untested (Debian: apt-get install chromium)."


def chromium() -> str | None:
    return shutil.which("chromium")


@contextmanager
def product(folder: Path, *prepare: list[str]) -> Iterator[str]:
    """Harrison over HTTPS on a free port, with data of its own in `folder`; gives its address."""
    environment = {**os.environ, "HARRISON_DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "harrison.settings"}
    for command in prepare:
        subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    port = free_port()
    command = [sys.executable, "manage.py", "serve", "--port", str(port)]
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log) as server,
    ):
        deadline = time.monotonic() + 60
        while not answers(port) and server.poll() is None and time.monotonic() < deadline:
            time.sleep(0.2)
        assert answers(port), (folder / "log").read_text()
        yield f"https://127.0.0.1:{port}"
        server.terminate()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield launched
        launched.close()


class Visit:
    """Somebody with a browser; what the browser complains of is kept."""

    def __init__(self, chromium: Browser, address: str, **options: Any) -> None:
        context = chromium.new_context(base_url=address, ignore_https_errors=True, **options)
        self.page: Page = context.new_page()
        self.page.set_default_timeout(20_000)
        self.complaints: list[str] = []
        self.page.on("console", self.listen)
        self.page.on("pageerror", lambda error: self.complaints.append(f"{self.page.url}: {error}"))

    def listen(self, message: Any) -> None:
        """Chromium tells violations of the policy, and what it could not load, as errors on the console."""
        if message.type in ("error", "warning"):
            self.complaints.append(f"{self.page.url}: {message.text}")

    def log_in(self, username: str) -> "Visit":
        self.page.goto("/admin/login/?next=/admin/")
        self.page.fill("#id_username", username)
        self.page.fill("#id_password", PASSWORD)
        self.page.click("input[type=submit]")
        self.page.wait_for_url("**/admin/")
        return self
