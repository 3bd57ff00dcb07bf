"""The tour of the README runs as written against the product as served."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pydicom
import pytest
from pydicom.data import get_testdata_file

from harrison import dummy
from tests.kit import serving

ROOT = Path(__file__).parents[2]
STEPS = (
    '"media_type":"application/dicom"', '"modality":"NM"', '"state":"uncertain"', '"verb":"revised"',
    '"state":{"from":"present","to":"uncertain"}', '"code":"permission_denied"', '"status":403',
)  # fmt: skip


def tour() -> str:
    (block,) = re.findall(r"```bash\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    return block


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """Start what `make run` starts on a data folder that has codes: dummy data, HTTPS on a free port."""
    with serving.served(tmp_path_factory.mktemp("served"), "--prepare", kind="vocabulary") as server:
        yield server.environment


@pytest.mark.slow
def test_the_tour_shows_each_step_and_a_researcher_no_identity(environment, tmp_path):
    script = "set -euo pipefail\n" + tour().replace(".venv/bin/python", sys.executable)
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert [step for step in STEPS if step not in done.stdout + done.stderr] == []
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    seen_by_doctor, seen_by_researcher = [answer for answer in answers if "series" in answer]
    hidden = {"uid", "owner", "sha256", "created_at"}
    assert hidden <= seen_by_doctor.keys() and not hidden & seen_by_researcher.keys()
    assert [answer for answer in answers if "profile" in answer], "the manifest is missing"


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
