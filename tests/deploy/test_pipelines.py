"""The pipelines, and the gate on a bare machine."""

import re
import shutil

import pytest
import yaml

from tests.deploy.test_deployment import ROOT, conforms, run

PIPELINES = {
    ".github/workflows/harrison.yml": ("vendor.github-workflows",),
    ".gitlab-ci.yml": ("vendor.gitlab-ci", "--data-transform", "gitlab-ci"),
}
STAGES = (
    "make lint",
    "make",
    "docker build",
    "deploy/push",
    "release start",
    "release smoke",
    "release switch",
    "smoke",
)


@pytest.mark.parametrize("name", PIPELINES)
def test_a_pipeline_conforms_to_its_schema(name):
    schema, *options = PIPELINES[name]
    checked = conforms(schema, ROOT / name, *options)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("name", PIPELINES)
def test_a_pipeline_goes_live_in_this_order(name):
    text = re.sub(r"^\s*#.*$", "", (ROOT / name).read_text(), flags=re.MULTILINE)
    places = [text.index(stage) for stage in STAGES[:1]]
    for stage in STAGES[1:]:
        places.append(text.index(stage, places[-1] + 1))
    assert places == sorted(places)


@pytest.mark.parametrize("name", PIPELINES)
def test_a_pipeline_tests_on_both_databases(name):
    text = (ROOT / name).read_text()
    for database in ("sqlite", "postgresql"):
        assert re.search(f"(target: |make )test-{database}\\b", text), database


@pytest.mark.parametrize("name", PIPELINES)
def test_a_pipeline_passes_no_test_over(name):
    """Whoever installs what tests need, and may mount, demands them all."""
    text = (ROOT / name).read_text()
    assert re.search(r'HARRISON_DEMAND: "1"', text) and "make needs" in text and "python:3.11.9-bookworm" in text


@pytest.mark.parametrize("name", PIPELINES)
def test_a_pipeline_has_terraform_validated_with_its_provider(name):
    text = (ROOT / name).read_text()
    assert re.search(r"terraform init -backend=false.*terraform validate", text, re.DOTALL)


def test_what_a_pipeline_is_told_is_in_the_runbook():
    told = set(re.findall(r"vars\.(\w+)", (ROOT / ".github/workflows/harrison.yml").read_text()))
    runbook = (ROOT / "docs/deploy.md").read_text()
    assert len(told) > 10 and {name for name in told if f"`{name}`" not in runbook} == set()


@pytest.mark.parametrize("name", PIPELINES)
def test_a_pipeline_keeps_no_key(name):
    assert not re.search("AWS_SECRET|ACCESS_KEY|secrets\\.", (ROOT / name).read_text())


def test_nothing_is_released_that_was_not_tested():
    jobs = yaml.safe_load((ROOT / ".github/workflows/harrison.yml").read_text())["jobs"]
    assert (jobs["image"]["needs"], jobs["release"]["needs"]) == (["lint", "terraform", "test"], "image")
    assert "refs/heads/main" in jobs["image"]["if"]
    assert yaml.safe_load((ROOT / ".gitlab-ci.yml").read_text())["stages"] == ["lint", "test", "build", "release"]


# --- What the gate installs -----------------------------------------------------------------------------------------

APT = """#!/bin/sh
echo "$*" >> "$0.log"
"""


def asked_for(folder, *there):
    """What `make needs` installs, as root, on a machine that has these programs."""
    for name in ("apt-get", "id", *there):
        (folder / name).write_text("#!/bin/sh\necho 0" if name == "id" else APT)
        (folder / name).chmod(0o755)
    done = run(shutil.which("make"), "needs", cwd=ROOT, env={"PATH": str(folder)})
    assert done.returncode == 0, done.stderr
    log = folder / "apt-get.log"
    return log.read_text().splitlines()[-1].split()[3:] if log.exists() else []


def test_what_tests_need_and_is_missing_is_installed(tmp_path):
    assert asked_for(tmp_path, "initdb", "curl") == ["chromium", "strace"]


def test_where_nothing_is_missing_nothing_is_installed(tmp_path):
    assert asked_for(tmp_path, "initdb", "curl", "chromium", "strace") == []


def test_the_gate_installs_before_it_demands():
    assert re.search(r"^check: needs lint", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert (ROOT / ".ci/run").read_text().rstrip().endswith("\nmake check")
