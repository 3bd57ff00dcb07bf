"""The cast.

doctor      owns the study that the tests speak of
colleague   is a doctor in the team that the study is shared with
stranger    is a doctor who shares nothing with them
researcher  owns the vocabulary and sees evidence without identity
auditor     reads the record of requests
nobody      has not logged in
"""

import hypothesis
import pytest
from rest_framework.test import APIClient

from accounts.models import Role
from imagery import previews as previews_of_images
from tests.kit.database import shared_database  # noqa: F401 - a fixture
from tests.kit.factories import (
    AnnotationFactory,
    DoctorFactory,
    ImageFactory,
    LabelFactory,
    StudyFactory,
    TeamFactory,
    UserFactory,
)
from tests.kit.needs import own_postgresql, soaking  # noqa: F401 - own_postgresql is a fixture
from tests.kit.s3 import bucket, in_s3, nanio, proxy, settled, told  # noqa: F401 - fixtures

# No deadline: a busy machine is not a fault. The gate repeats the same examples; the soak draws new ones each time.
hypothesis.settings.register_profile("gate", deadline=None, derandomize=True, database=None)
hypothesis.settings.register_profile("soak", deadline=None, print_blob=True)
hypothesis.settings.load_profile("soak" if soaking else "gate")


def pytest_collection_modifyitems(items):
    """Start the files with slow tests first, so that no worker is left with one when the others are done."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(autouse=True)
def database(db):
    """Every test may use the database."""


@pytest.fixture(autouse=True)
def previews(settings, tmp_path):
    """No test meets pictures that another has had drawn. Gives the folder that they are kept in."""
    settings.PREVIEW_CACHE = settings.PREVIEW_CACHE | {"folder": tmp_path / "previews"}
    return settings.PREVIEW_CACHE["folder"]


@pytest.fixture
def doctor():
    return DoctorFactory(username="doctor")


@pytest.fixture
def colleague():
    return DoctorFactory(username="colleague")


@pytest.fixture
def stranger():
    return DoctorFactory(username="stranger")


@pytest.fixture
def researcher():
    return UserFactory(username="researcher", roles=[Role.RESEARCHER])


@pytest.fixture
def auditor():
    return UserFactory(username="auditor", roles=[Role.AUDITOR])


@pytest.fixture
def team(doctor, colleague):
    return TeamFactory(name="Chest", lead=doctor, members=[colleague])


@pytest.fixture
def study(doctor, team):
    """The doctor's study, shared with the team."""
    shared = StudyFactory(owner=doctor, description="Jane Doe, cough")
    shared.shared_with.set([team])
    return shared


@pytest.fixture
def image(study):
    return ImageFactory(study=study)


@pytest.fixture
def label():
    return LabelFactory(name="Consolidation")


@pytest.fixture
def annotation(image, label, doctor):
    return AnnotationFactory(image=image, label=label, annotator=doctor)


@pytest.fixture
def client_of():
    """`client_of(user)` speaks as this user over HTTPS; `client_of(None)` as nobody."""

    def speak_as(user):
        client = APIClient(raise_request_exception=False)
        client.defaults |= {"wsgi.url_scheme": "https", "HTTP_HOST": "localhost"}
        if user is not None:
            client.force_login(user)
        return client

    return speak_as


@pytest.fixture
def api(doctor, client_of):
    """The doctor's client."""
    return client_of(doctor)


@pytest.fixture
def research_client(researcher, client_of):
    return client_of(researcher)


@pytest.fixture
def drawn(monkeypatch):
    """What has been drawn, each time with what was asked."""
    seen, draw = [], previews_of_images.draw
    monkeypatch.setattr(previews_of_images, "draw", lambda file, **asked: seen.append(asked) or draw(file, **asked))
    return seen
