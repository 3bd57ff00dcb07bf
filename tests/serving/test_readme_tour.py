"""The README's tour, run as written against the product as served."""

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


def tour() -> str:
    """The shell of the README."""
    (block,) = re.findall(r"```bash\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    return block


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """`make run` without the installing: a fresh data folder, made-up data, HTTPS on a free port."""
    with serving.served(tmp_path_factory.mktemp("served"), "--prepare") as server:
        yield server.environment


@pytest.fixture(scope="module")
def told(served):
    """What the tour prints."""
    script = "set -euo pipefail\n" + tour().replace(".venv/bin/python", sys.executable)
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, env=served, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.mark.slow
@pytest.mark.parametrize(
    "step",
    [
        '"media_type":"application/dicom"',
        '"modality":"NM"',
        '"state":"uncertain"',
        '"verb":"revised"',
        '"state":{"from":"present","to":"uncertain"}',
        '"code":"permission_denied"',
        '"status":403',
    ],
)
def test_the_tour_shows(step, told):
    assert step in told.stdout + told.stderr


@pytest.mark.slow
def test_the_tour_shows_a_researcher_no_uid(told):
    seen_by_research = next(line for line in reversed(told.stdout.splitlines()) if line.startswith('{"id"'))
    assert '"uid"' not in seen_by_research and '"owner"' not in seen_by_research


@pytest.mark.filterwarnings("ignore:Invalid value for VR UI")
def test_the_tour_uploads_what_no_made_up_doctor_has():
    def uid(path):
        return pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["SOPInstanceUID"]).SOPInstanceUID

    (name,) = re.findall(r"\w+\.dcm", tour())
    assert uid(get_testdata_file(name, download=False)) not in {uid(path) for path in dummy.real_image_paths()}


@pytest.mark.slow
def test_a_port_in_use_is_one_clear_line(served):
    command = [sys.executable, "manage.py", "serve", "--port", served["PORT"]]
    refused = subprocess.run(command, cwd=ROOT, env=served, capture_output=True, text=True)
    assert refused.returncode == 1
    assert refused.stderr.strip().count("\n") == 0 and "choose another" in refused.stderr


@pytest.mark.slow
def test_what_is_secret_on_this_machine_is_its_owners_alone(served):
    folder = Path(served["HARRISON_DATA_DIR"])
    for name in ("harrison_secret_key", "cert.key", "demo-credentials.txt"):
        assert (folder / name).stat().st_mode & 0o077 == 0, name


def test_the_readme_fits_two_screens():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 130
