"""Files read, drawn and de-identified: none of these tests touches a database, so they run once and not on each."""

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file

from dicom.deidentification.replacements import Subject
from dicom.limits import Limits
from dicom.sandbox.pool import Pool
from tests.kit import hostile
from tests.kit.sandbox import RECEIVE, WHO, replace_work, visiting
from tests.kit.untrusted import SECRETS, deidentify


@pytest.fixture
def database():
    """None: a test that asks it all the same fails, and belongs elsewhere."""


@pytest.fixture
def new_pool():
    pools = []

    def make(size=1, **limits):
        pools.append(Pool(size, Limits(**limits)))
        return pools[-1]

    yield make
    for each in pools:
        each.close()


@pytest.fixture
def good(tmp_path):
    (tmp_path / "good").write_bytes(hostile.png())
    return tmp_path / "good"


@pytest.fixture
def slow(tmp_path):
    """A picture that takes some tenths of a second to decode."""
    (tmp_path / "slow").write_bytes(hostile.png_bomb(10_000, 5_000))
    return tmp_path / "slow"


@pytest.fixture
def who(monkeypatch):
    """Workers answer who they are."""
    replace_work(monkeypatch, RECEIVE + WHO)

    def ask(path, processes):
        with visiting(path, processes) as visit:
            return visit._ask({"do": "describe"})[0]

    return ask


@pytest.fixture
def copied(tmp_path):
    """Clean a dataset, or a test file of this name; gives the copy as a dataset, and the manifest."""

    def cleaned(original, **options):
        dataset = dcmread(get_testdata_file(original, download=False)) if isinstance(original, str) else original
        dataset.save_as(tmp_path / "original")
        manifest = deidentify(tmp_path / "original", tmp_path / "copy", **options).manifest
        return dcmread(tmp_path / "copy"), manifest

    return cleaned


@pytest.fixture
def clean(tmp_path):
    """Clean a CT after `change` has been made to it; gives the copy as a dataset, and the manifest."""

    def cleaned(change=lambda dataset: None, patient="a patient", secrets=SECRETS):
        dataset = dcmread(get_testdata_file("CT_small.dcm", download=False))
        change(dataset)
        number = len(list(tmp_path.iterdir()))
        original, copy = tmp_path / f"{number}", tmp_path / f"{number}.copy"
        dataset.save_as(original)
        manifest = deidentify(original, copy, Subject(secrets, patient, "P-1")).manifest
        return dcmread(copy), manifest

    return cleaned
