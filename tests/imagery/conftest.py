import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from imagery import actions
from tests.kit import factories as make
from tests.kit.copies import OF_NOBODY, file
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


@pytest.fixture
def jane(doctor):
    return make.PatientFactory(owner=doctor)


@pytest.fixture
def joan(doctor):
    return make.PatientFactory(owner=doctor)


@pytest.fixture
def ct(doctor, jane):
    """Released by itself."""
    return actions.upload_image(by=doctor, file=file(), patient=jane)


@pytest.fixture
def ultrasound(doctor, jane):
    """Waits for its owner."""
    return actions.upload_image(by=doctor, file=file(Modality="US", SOPInstanceUID="1.2.9"), patient=jane)


@pytest.fixture
def unnamed(doctor):
    """Released by itself, of an unknown patient."""
    return actions.upload_image(by=doctor, file=file(**OF_NOBODY))


@pytest.fixture
def photo(doctor, jane):
    image = actions.upload_image(by=doctor, file=SimpleUploadedFile("a", make.png(7)), patient=jane)
    return actions.release_image(by=doctor, image=image)


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """`with committed():` runs what waits for the commit."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def unnamed_elsewhere(doctor):
    others = {name: f"1.2.{n}" for n, name in enumerate(("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"))}
    return actions.upload_image(by=doctor, file=file(PatientID="", **others))
