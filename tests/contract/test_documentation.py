"""The documentation is true: its links lead somewhere, what it names exists, and its examples run as written."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import URLPattern, get_resolver
from pydicom.data import get_testdata_file

from harrison import health
from tests.kit import serving
from tests.kit.commands import names_read

ROOT = Path(__file__).parents[2]
PAGES = {
    str(path.relative_to(ROOT)): path.read_text()
    for folder in (".", "docs", "docs/decisions", "disease/data", "deploy")
    for path in (ROOT / folder).glob("*.md")
}


def names_in_pages(pattern: str) -> set[str]:
    return {name for text in PAGES.values() for name in re.findall(pattern, text)}


def anchors(text: str) -> set[str]:
    """Return the anchors of the headings of a page."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def leads_somewhere(page: str, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = (ROOT / page).parent / name if name else ROOT / page
    return target.exists() and (not anchor or anchor in anchors(target.read_text()))


def test_every_link_leads_somewhere():
    links = {(page, link) for page, text in PAGES.items() for link in re.findall(r"\]\(([^)\s]+)\)", text)}
    assert [link for link in sorted(links) if "://" not in link[1] and not leads_somewhere(*link)] == []
    assert not leads_somewhere("docs/operator.md", "deploy.md#roll-over")


def test_every_command_exists():
    assert names_in_pages(r"manage\.py ([a-z_]+)") - set(get_commands()) == set()


def test_every_setting_exists():
    named = names_in_pages(r"\b(?:HARRISON_[A-Z0-9_]*[A-Z0-9]|DATABASE_URL(?:_FILE)?)\b(?!…)")
    compose = set(re.findall(r"\$\{(\w+)", (ROOT / "deploy" / "compose.yaml").read_text()))
    assert named - names_read() - {f"{name}_FILE" for name in names_read()} - compose == set()


def test_every_target_of_make_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert names_in_pages(r"`make ([a-z-]+)") - targets == set()


def routes(patterns: list, prefix: str = "/") -> Iterator[str]:
    """Give every address, with {id} for each parameter."""
    for pattern in patterns:
        address = prefix + re.sub(r"<[^>]+>", "{id}", str(pattern.pattern)).strip("^$")
        if isinstance(pattern, URLPattern):
            yield address
        else:
            yield from routes(pattern.url_patterns, address)


def test_every_address_exists():
    recipes = {"/api/v1/labels/{id}/usage/", "/api/v1/assignments/"}  # the recipes of CONTRIBUTING.md add these
    addresses = {*routes(get_resolver().url_patterns), health.LIVE, health.READY, *recipes}
    named = names_in_pages(r"(?<![\w/])(/(?:api|admin|livez|readyz|metrics)\b[\w{}/$-]*)") - {
        "/api/v1",
        "/api/v1/fhir/",
    }
    shortened = names_in_pages(r"…(/[a-z][\w{}/-]*/)")
    assert named - addresses == set()
    assert {name for name in shortened if not any(address.endswith(name) for address in addresses)} == set()


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Set up a fresh installation and the variables that docs/integrator.md asks for."""
    with serving.served(tmp_path_factory.mktemp("integrator")) as server:
        server.token_of("doctor", "doctor")
        server.manage("shell", "--no-imports", "-c", GIVE_A_PASSWORD)
        yield server.environment | {
            "SERVER": server.address,
            "CERTIFICATE": str(server.folder / "cert.crt"),
            "DOCTOR": "doctor",
            "PASSWORD": "correct horse battery",
            "FILE": str(get_testdata_file("CT_small.dcm", download=False)),
        }


GIVE_A_PASSWORD = """
from accounts.models import User
user = User.objects.get(username="doctor")
user.set_password("correct horse battery")
user.save()
"""


def examples(language: str) -> str:
    return "\n".join(re.findall(rf"```{language}\n(.*?)```", PAGES["docs/integrator.md"], re.DOTALL))


@pytest.mark.slow
def test_the_shell_example_for_integrators_runs(environment, tmp_path):
    output = run_example(["bash", "-euo", "pipefail", "-c", examples("bash")], environment, tmp_path)
    for part in ("This query parameter is not known here", '"Follow-up"', "precondition_failed", '"verb":"changed"'):
        assert part in output, output


@pytest.mark.slow
def test_the_python_example_for_integrators_runs(environment, tmp_path):
    output = run_example([sys.executable, "-W", "error", "-c", examples("python")], environment, tmp_path)
    for part in ("application/dicom 128 x 128 frames 1", "1 images", "400 {'"):
        assert part in output, output


def run_example(command: list[str], environment: dict[str, str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
