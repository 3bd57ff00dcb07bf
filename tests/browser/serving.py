"""The product as served, with made-up data, and Debian's Chromium before it."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.kit.installation import ROOT
from tests.kit.serving import served

PASSWORD = "a password for the browser tests"
PATIENCE = 20_000  # milliseconds


def chromium() -> str | None:
    return shutil.which("chromium")


@contextmanager
def product(folder: Path) -> Iterator[str]:
    """Harrison as served, with a month of made-up work in `folder`; gives its address."""
    command = [sys.executable, "-m", "tests.browser.demo"]
    with served(folder, kind="vocabulary") as found:
        subprocess.run(command, cwd=ROOT, env=found.environment, check=True, stdout=subprocess.DEVNULL)
        yield found.address


@contextmanager
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield launched
        launched.close()


class Visit:
    """Somebody with a browser; what the browser complains of is kept."""

    def __init__(self, chromium: Browser, address: str, **options: Any) -> None:
        context = chromium.new_context(base_url=address, ignore_https_errors=True, **options)
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE)
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
