"""The tour of the README runs as written against the product as served."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.data import get_testdata_file

from harrison import dummy
from tests.kit import serving

ROOT = Path(__file__).parents[2]


def tour() -> str:
    (block,) = re.findall(r"```bash\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    return block


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Start what `make run` starts on a data folder that has codes: dummy data, HTTPS on a free port."""
    with serving.served(tmp_path_factory.mktemp("served"), "--prepare", kind="vocabulary") as server:
        yield server.environment


def answers_of_the_tour(environment: dict[str, str], folder: Path) -> dict[str, list[Any]]:
    """Run the tour as written, and return the JSON that each step prints, by the sentence above the step."""
    script = re.sub(r"^# (.+)$", lambda line: f"printf '%s\\n' {shlex.quote(line[0])} >&2", tour(), flags=re.MULTILINE)
    script = "set -euo pipefail\n" + script.replace(".venv/bin/python", sys.executable)
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, text=True, timeout=300,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    steps = re.split(r"^# (.+)$", done.stdout, flags=re.MULTILINE)[1:]
    return {
        sentence: [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
        for sentence, printed in zip(steps[::2], steps[1::2], strict=True)
    }


def check_upload(image):
    file = pydicom.dcmread(get_testdata_file("JPEG2000.dcm", download=False), stop_before_pixels=True)
    assert (image["modality"], image["rows"], image["columns"]) == (file.Modality, file.Rows, file.Columns)
    assert image["media_type"] == "application/dicom" and image["study"] and image["release_state"] == "quarantined"


def check_annotation(created, revised):
    assert (created["state"], revised["state"]) == ("present", "uncertain") and created["id"] == revised["id"]


def check_chapter(page):
    assert len(page["results"]) == 1 and "under=J00-J99" in page["next"]


def check_history(page):
    revision = page["results"][0]
    assert (revision["verb"], revision["by"]["username"]) == ("revised", "doctor") and revision["at"]
    assert revision["changes"] == {"state": {"from": "present", "to": "uncertain"}}


def check_release(image):
    assert image["release_state"] == "released"


def check_research(image, manifest, refusal):
    assert not {"uid", "owner", "sha256", "created_at"} & image.keys() and image["modality"] == "NM"
    assert manifest["profile"].startswith("PS3.15") and refusal["code"] == "permission_denied"


def check_events(page):
    requests = {(event["user"]["username"], event["method"], event["status"]) for event in page["results"]}
    assert requests >= {
        ("doctor", "POST", 201),
        ("doctor", "POST", 200),
        ("research", "GET", 200),
        ("research", "DELETE", 403),
    }


# By the first word that only one step's sentence has.
CHECKS: dict[str, Callable[..., None]] = {
    "uploads": check_upload, "annotates": check_annotation, "respiratory": check_chapter, "history": check_history,
    "quarantine": check_release, "researcher": check_research, "auditor": check_events,
}  # fmt: skip


@pytest.mark.slow
def test_each_step_of_the_tour_prints_what_its_sentence_promises_and_the_tour_can_be_repeated(environment, tmp_path):
    answers = answers_of_the_tour(environment, tmp_path)
    checks = {sentence: check for sentence in answers for word, check in CHECKS.items() if f" {word}" in sentence}
    assert checks.keys() == answers.keys() and len(checks) == len(CHECKS)
    for sentence, check in checks.items():
        check(*answers[sentence])
    assert (tmp_path / "copy.png").read_bytes().startswith(b"\x89PNG")
    again = [answer for step in answers_of_the_tour(environment, tmp_path).values() for answer in step]
    assert [answer["code"] for answer in again if "code" in answer] == ["already_annotated", "permission_denied"]


@pytest.mark.filterwarnings("ignore:Invalid value for VR UI")
def test_the_tour_uploads_an_image_that_is_not_in_the_dummy_data():
    def uid(path):
        return pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["SOPInstanceUID"]).SOPInstanceUID

    (name,) = re.findall(r"\w+\.dcm", tour())
    assert uid(get_testdata_file(name, download=False)) not in {uid(path) for path in dummy.real_image_paths()}


@pytest.mark.slow
def test_a_port_in_use_is_an_error_of_one_line(environment):
    command = [sys.executable, "manage.py", "serve", "--port", environment["PORT"]]
    refused = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert refused.returncode == 1
    assert refused.stderr.strip().count("\n") == 0 and "already in use" in refused.stderr


@pytest.mark.slow
def test_generated_secrets_are_readable_by_their_owner_only(environment):
    folder = Path(environment["HARRISON_DATA_DIR"])
    for name in ("harrison_secret_key", "cert.key", "demo-credentials.txt"):
        assert (folder / name).stat().st_mode & 0o077 == 0, name
