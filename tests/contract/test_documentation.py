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
READERS = ("doctor", "researcher", "integrator", "operator", "deploy", "administration")
MADE = ("model", "performance")  # by `draw_model` and `make bench`: for looking things up, as long as what they tell of
RECORDS = sorted(name for name in PAGES if re.match(r"docs/decisions/\d", name))


def mentions(pattern: str) -> set[tuple[str, str]]:
    """Where something of this pattern is named, and what."""
    return {(page, found) for page, text in PAGES.items() for found in re.findall(pattern, text)}


def unknown(pattern: str, known: set[str]) -> set[tuple[str, str]]:
    return {(page, name) for page, name in mentions(pattern) if name not in known}


# --- Pages ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_has_a_short_page(reader):
    assert 20 < len(PAGES[f"docs/{reader}.md"].splitlines()) <= 160


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "LICENSE"])
def test_what_people_look_for_first_is_at_the_top(name):
    assert (ROOT / name).stat().st_size > 500


def anchors(text: str) -> set[str]:
    """What the headings of a page are called in links to them."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def leads_somewhere(page: str, link: str) -> bool:
    name, _, anchor = link.partition("#")
    there = (ROOT / page).parent / name if name else ROOT / page
    return there.exists() and (not anchor or anchor in anchors(there.read_text()))


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page):
    links = re.findall(r"\]\(([^)\s]+)\)", PAGES[page])
    assert [link for link in links if "://" not in link and not leads_somewhere(page, link)] == []


def test_a_link_to_a_heading_that_is_not_there_leads_nowhere():
    assert leads_somewhere("docs/operator.md", "deploy.md#roll-back")
    assert not leads_somewhere("docs/operator.md", "deploy.md#roll-over")


def test_every_page_is_one_readers_or_is_made():
    assert {Path(page).stem for page in PAGES if Path(page).parent == Path("docs")} == {*READERS, *MADE}


@pytest.mark.parametrize("name", READERS + MADE)
def test_every_page_can_be_reached(name):
    page = f"docs/{name}.md"
    assert any(Path(page).name in text for name, text in PAGES.items() if name != page)


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
    named = mentions(r"(/(?:api|admin|livez|readyz|metrics)\b[\w{}/$-]*)")
    assert {found for found in named if found[1] not in ADDRESSES | NOT_ADDRESSES} == set()


def test_every_shortened_address_is_the_end_of_one():
    named = mentions(r"…(/[a-z][\w{}/-]*/)")
    assert len(named) > 5
    assert {found for found in named if not any(address.endswith(found[1]) for address in ADDRESSES)} == set()


# --- Decisions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("record", RECORDS)
def test_a_decision_is_told_in_under_thirty_lines(record):
    lines = PAGES[record].splitlines()
    assert len(lines) < 30 and max(map(len, lines)) <= 120
    assert [line for line in lines if line.startswith("## ")] == ["## Context", "## Decision", "## Consequences"]


def test_decisions_are_numbered_without_gaps_and_listed():
    numbers = [int(Path(record).name[:4]) for record in RECORDS]
    listed = re.findall(r"\((\d{4}-[\w-]+\.md)\)", PAGES["docs/decisions/README.md"])
    assert numbers == list(range(1, len(numbers) + 1))
    assert listed == [Path(record).name for record in RECORDS]


# --- The licence ----------------------------------------------------------------------------------------------------

PERMISSIVE = re.compile(r"MIT|BSD|Apache|PSF|Python Software Foundation|ISC|MPL|Mozilla|HPND")
USED_UNCHANGED = {"psycopg", "psycopg-binary", "psycopg-pool"}  # LGPL: docs/decisions/0015


def licence_of(package: str) -> str:
    about = importlib.metadata.metadata(package)
    classified = [text for text in about.get_all("Classifier") or [] if text.startswith("License")]
    return " ".join([about.get("License-Expression") or about.get("License") or "", *classified])


@pytest.mark.parametrize(
    "package", re.findall(r"^([\w.-]+)(?:\[.*\])?==", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
)
def test_every_library_allows_what_our_licence_grants(package):
    licence = licence_of(package)
    assert package in USED_UNCHANGED or (PERMISSIVE.search(licence) and "GPL" not in licence), licence


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
