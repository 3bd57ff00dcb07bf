"""The pipelines, and the gate on a bare machine."""

import re

import pytest
import yaml

from tests.deploy.test_deployment import ROOT, conforms

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
