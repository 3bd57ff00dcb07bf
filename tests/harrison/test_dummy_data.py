"""A trial installation gets users, real images and invented annotations, with their history."""

import re
from collections import Counter
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.urls import reverse
from reversion.models import Version

from accounts.models import Team, User
from disease.models import Disease
from harrison import dummy
from harrison.management.commands import serve
from harrison.welcome import CREDENTIALS, read_credentials, welcome_table
from imagery.models import Image, Patient, Study
from label.models import Annotation, Label
from tests.kit import factories as make

PASSWORD = "for everyone's use"


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path


def create_dummy_data(**options) -> str:
    output = StringIO()
    call_command("create_dummy_data", stdout=output, **{"seed": 7, "images": 1, "password": PASSWORD} | options)
    return output.getvalue()


def test_everyone_in_the_passwords_file_can_log_in_with_a_password_of_their_own(client_of, data_dir):
    output = create_dummy_data(password=None, seed=None)
    users = {username: (password, may) for username, password, may in read_credentials(data_dir / CREDENTIALS)}
    assert len({password for password, _ in users.values()}) == len(users) == User.objects.count()
    for username, (password, may) in users.items():
        answer = client_of(None).post(reverse("login"), {"username": username, "password": password}).json()
        is_staff = ["admin"] if User.objects.get(username=username).is_staff else []
        assert may == ", ".join([*answer["user"]["roles"], *is_staff]), username
    rights = {username: may for username, (_, may) in users.items()}
    assert rights.items() >= {
        "doctor": "doctor, admin", "doctor2": "doctor", "research": "researcher, admin", "auditor": "auditor, admin",
        "admin": "auditor, doctor, researcher, admin",
    }.items()  # fmt: skip
    assert re.search(r"--seed \d+ creates the same data again", output)


def test_the_passwords_are_in_a_file_of_their_owner_and_nowhere_else(data_dir):
    path = data_dir / CREDENTIALS
    path.touch(mode=0o644)
    output = create_dummy_data()
    assert PASSWORD in path.read_text() and PASSWORD not in output and str(path) in output
    assert path.stat().st_mode & 0o777 == 0o600
    assert "100%" in output and "\x1b" not in output  # progress without a terminal


def test_serve_prints_one_table_of_addresses_users_and_the_passwords_file(data_dir):
    create_dummy_data()
    table = welcome_table("https://127.0.0.1:8123/", data_dir)
    assert set(re.findall(r"https://\S+", table)) == {
        f"https://127.0.0.1:8123/{path}" for path in ("", "api/v1/", "api/v1/docs/", "admin/")
    }
    for username in ("doctor", "research", "auditor", "admin"):
        assert re.search(rf"│ {username} +│ {PASSWORD} +│", table), username
    assert str(data_dir / CREDENTIALS) in table and table.count("┌") == 1


def test_images_have_patients_readers_and_a_history():
    output = create_dummy_data(images=12)
    assert Image.objects.count() == 12 and not Image.objects.filter(study__patient=None).exists()
    assert Study.objects.exclude(shared_with=None).first().shared_with.get().members.count() == 2
    assert Annotation.objects.values("annotator").distinct().count() > 1
    assert set(Annotation.objects.values_list("state", flat=True)) == {
        "present",
        "absent",
        "uncertain",
        "not_assessable",
    }
    assert Annotation.objects.exclude(geometry=None).exists() and Annotation.objects.archived().count() == 1
    assert f"{Annotation.objects.count()} invented annotations" in output
    assert Version.objects.filter(revision__comment="revised").exists()
    for model in (User, Team, Disease, Label, Patient, Study, Image, Annotation):
        recorded = Version.objects.get_for_model(model).values_list("object_id", flat=True)
        assert {str(pk) for pk in model.objects.values_list("pk", flat=True)} == set(recorded), model


def test_when_the_real_files_are_used_up_pictures_of_their_frames_follow(monkeypatch):
    monkeypatch.setattr(dummy, "REAL_IMAGES", dummy.REAL_IMAGES[:2])
    create_dummy_data(images=8)
    assert Image.objects.count() == 8 and Image.objects.values("media_type").distinct().count() == 3


def test_a_wrong_number_a_production_installation_and_a_second_run_are_refused(settings):
    for images in (0, -3, 1001):
        with pytest.raises(CommandError, match="1 to 1000"):
            create_dummy_data(images=images)
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="production"):
        create_dummy_data()
    assert not User.objects.exists()
    settings.PRODUCTION = False
    create_dummy_data()
    with pytest.raises(CommandError, match="exist already"):
        create_dummy_data()


def rows_of(seed: int) -> tuple:
    """Return the rows that a run creates, without ids, times and passwords, and roll back."""
    with transaction.atomic():
        create_dummy_data(seed=seed, images=3)
        rows = (
            sorted(User.objects.values_list("username", "first_name", "last_name")),
            Counter(Image.objects.values_list("owner__username", "sha256")),
            Counter(map(str, Annotation.objects.values_list("label__name", "state", "geometry", "confidence"))),
        )
        transaction.set_rollback(True)
    return rows


def test_the_same_seed_creates_the_same_data_and_another_seed_other_data():
    first = rows_of(seed=7)
    assert rows_of(seed=7) == first != rows_of(seed=8)


def test_a_trial_is_prepared_with_codes_and_dummy_data_unless_it_has_its_own(monkeypatch):
    commands = []
    monkeypatch.setattr(serve, "call_command", lambda name, **_: commands.append(name))
    serve.prepare()
    assert commands == ["migrate", "create_user_groups", "import_codes", "create_dummy_data"]
    make.CodeSystemFactory()
    make.UserFactory()
    commands.clear()
    serve.prepare()
    assert commands == ["migrate", "create_user_groups"]
