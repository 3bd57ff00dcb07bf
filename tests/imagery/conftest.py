import pytest

from tests.kit import factories as make
from tests.kit.files import real


@pytest.fixture
def cd(tmp_path, doctor):
    """A folder such as a scanner writes."""
    folder = tmp_path / "cd"
    (folder / "CT").mkdir(parents=True)
    (folder / "CT" / "1.dcm").write_bytes(real("CT_small.dcm"))
    (folder / "film.png").write_bytes(make.png(1))
    (folder / "DICOMDIR").write_bytes(b"a list")
    (folder / ".hidden").write_bytes(make.png(2))
    return folder
