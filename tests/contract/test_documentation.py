"""What the documentation says is so: links lead somewhere, names exist, and what it shows runs as it stands."""

import importlib.metadata
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.checks.registry import registry
from django.core.management import get_commands
from django.urls import URLPattern, get_resolver
from pydicom.data import get_testdata_file

from harrison import health
from tests.kit import serving
from tests.kit.commands import names_read

ROOT = Path(__file__).parents[2]
PAGES = {
    str(path.relative_to(ROOT)): path.read_text()
    for place in (".", "docs", "docs/decisions", "disease/data", "deploy")
    for path in (ROOT / place).glob("*.md")
}


def mentions(pattern: str) -> set[tuple[str, str]]:
    """Where something of this pattern is named, and what."""
    return {(page, found) for page, text in PAGES.items() for found in re.findall(pattern, text)}


def unknown(pattern: str, known: set[str]) -> set[tuple[str, str]]:
    return {(page, name) for page, name in mentions(pattern) if name not in known}


# --- Pages ----------------------------------------------------------------------------------------------------------


def anchors(text: str) -> set[str]:
    """What the headings of a page are called in links to them."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def leads_somewhere(page: str, link: str) -> bool:
    name, _, anchor = link.partition("#")
    there = (ROOT / page).parent / name if name else ROOT / page
    return there.exists() and (not anchor or anchor in anchors(there.read_text()))


def test_every_link_leads_somewhere():
    links = {found for found in mentions(r"\]\(([^)\s]+)\)") if "://" not in found[1]}
    assert {found for found in links if not leads_somewhere(*found)} == set()


def test_a_link_to_a_heading_that_is_not_there_leads_nowhere():
    assert leads_somewhere("docs/operator.md", "deploy.md#roll-back")
    assert not leads_somewhere("docs/operator.md", "deploy.md#roll-over")


# --- Names ----------------------------------------------------------------------------------------------------------


def test_every_command_exists():
    assert unknown(r"manage\.py ([a-z_]+)", set(get_commands())) == set()


def test_every_setting_exists():
    secrets = {f"{name}_FILE" for name in names_read()}
    compose = set(re.findall(r"\$\{(\w+)", (ROOT / "deploy" / "compose.yaml").read_text()))
    assert (
        unknown(r"\b(?:HARRISON_[A-Z0-9_]*[A-Z0-9]|DATABASE_URL(?:_FILE)?)\b(?!…)", names_read() | secrets | compose)
        == set()
    )


def test_every_target_of_make_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert unknown(r"`make ([a-z-]+)", targets) == set()


def test_every_finding_is_explained():
    ours = [check for check in registry.deployment_checks if check.__module__ == "harrison.checks"]
    told = {id for check in ours for id in re.findall(r'"harrison\.([EW]\d{3})"', inspect.getsource(check))}
    assert told == set(re.findall(r"\b([EW]\d{3})\b", PAGES["docs/operator.md"]))


def routes(patterns: list, before: str = "/") -> Iterator[str]:
    """Every address, with {id} for what varies."""
    for pattern in patterns:
        address = before + re.sub(r"<[^>]+>", "{id}", str(pattern.pattern)).strip("^$")
        if isinstance(pattern, URLPattern):
            yield address
        else:
            yield from routes(pattern.url_patterns, address)


BEGINNINGS = {"/api/v1", "/api/v1/fhir/"}
NOT_ADDRESSES = BEGINNINGS | {"/api/v1/labels/{id}/usage/", "/api/v1/assignments/"}  # what recipes make
ADDRESSES = {*routes(get_resolver().url_patterns), health.LIVE, health.READY}


def test_every_address_exists():
    named = mentions(r"(?<!\w)(/(?:api|admin|livez|readyz|metrics)\b[\w{}/$-]*)")
    assert {found for found in named if found[1] not in ADDRESSES | NOT_ADDRESSES} == set()


def test_every_shortened_address_is_the_end_of_one():
    named = mentions(r"…(/[a-z][\w{}/-]*/)")
    assert len(named) > 5
    assert {found for found in named if not any(address.endswith(found[1]) for address in ADDRESSES)} == set()


# --- The licence ----------------------------------------------------------------------------------------------------

PERMISSIVE = re.compile(r"MIT|BSD|Apache|PSF|Python Software Foundation|ISC|MPL|Mozilla|HPND")
USED_UNCHANGED = {"psycopg", "psycopg-binary", "psycopg-pool"}  # LGPL: docs/decisions/0015


def licence_of(package: str) -> str:
    about = importlib.metadata.metadata(package)
    classified = [text for text in about.get_all("Classifier") or [] if text.startswith("License")]
    return " ".join([about.get("License-Expression") or about.get("License") or "", *classified])


def test_every_library_allows_what_our_licence_grants():
    required = (ROOT / "requirements.txt").read_text()
    packages = set(re.findall(r"^([\w.-]+)(?:\[.*\])?==", required, re.MULTILINE)) - USED_UNCHANGED
    licences = {package: licence_of(package) for package in packages}
    assert {name: text for name, text in licences.items() if not PERMISSIVE.search(text) or "GPL" in text} == {}


# --- What is shown, run ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """What docs/integrator.md asks for, on a fresh installation."""
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


def shown(language: str) -> str:
    return "\n".join(re.findall(rf"```{language}\n(.*?)```", PAGES["docs/integrator.md"], re.DOTALL))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "language", "expected"),
    [
        (
            ["bash", "-euo", "pipefail", "-c"],
            "bash",
            ["This query parameter is not known here", '"Follow-up"', "precondition_failed", '"verb":"changed"'],
        ),
        (
            [sys.executable, "-W", "error", "-c"],
            "python",
            ["application/dicom 128 x 128 frames 1", "1 images", "400 {'"],
        ),
    ],
)
def test_what_integrators_are_shown_runs(command, language, expected, environment, tmp_path):
    done = subprocess.run(
        [*command, shown(language)], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert [said for said in expected if said not in done.stdout] == [], done.stdout
