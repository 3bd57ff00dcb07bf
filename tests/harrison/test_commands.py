"""The commands that a person types."""

import json
import re
import shlex
from collections import Counter
from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.urls import reverse
from reversion.models import Version

from accounts.models import Role, Team, User
from disease.models import Code, CodeKind, CodeSystem, Disease
from harrison import dummy
from imagery.models import Image, Patient, Study
from label.models import Annotation, Label
from tests.kit import factories as make

PASSWORD = "for everyone's use"


def said_by(command, **options):
    out = StringIO()
    call_command(command, stdout=out, **options)
    return out.getvalue()


# --- create_user_groups ---------------------------------------------------------------------------------------------


def test_every_role_gets_its_group():
    Group.objects.all().delete()
    said_by("create_user_groups")
    assert set(Group.objects.values_list("name", flat=True)) == set(Role.values)


def test_making_the_groups_again_changes_nothing(doctor):
    said_by("create_user_groups")
    assert Group.objects.count() == len(Role) and doctor.groups.exists()


def test_making_the_groups_again_says_so():
    assert said_by("create_user_groups").count("was there") == len(Role)


# --- load_diseases --------------------------------------------------------------------------------------------------


@pytest.fixture
def diseases():
    said_by("load_diseases")


@pytest.mark.parametrize(
    ("disease", "codes"),
    [
        ("Pneumonia", {"J18.9", "486"}),
        ("Pleural effusion", {"J90", "511.9"}),
        ("Pneumothorax", {"J93.9", "512.89"}),
        ("Atelectasis", {"J98.11", "518.0"}),
        ("Cardiomegaly", {"I51.7", "429.3"}),
        ("Pulmonary oedema", {"J81.0", "J81.1", "514", "518.4"}),
        ("Vertebral compression fracture", {"M48.54XA", "733.13"}),
        ("COVID-19", {"U07.1"}),
    ],
)
def test_a_disease_carries_its_true_codes(diseases, disease, codes):
    assert set(Disease.objects.get(name=disease).codes.values_list("code", flat=True)) == codes


def test_a_disease_is_loaded_with_what_it_is(diseases):
    assert not Disease.objects.filter(description="").exists()


def test_every_loaded_disease_has_a_code(diseases):
    assert not Disease.objects.filter(codes=None).exists()


def test_every_loaded_code_is_assignable(diseases):
    assert not Code.objects.filter(assignable=False).exists()


@pytest.mark.parametrize(("code", "kind"), [("J90", CodeKind.CATEGORY), ("J18.9", CodeKind.CODE)])
def test_a_code_without_a_dot_is_a_category(diseases, code, kind):
    assert Code.objects.get(code=code).kind == kind


def test_the_codes_stand_in_their_release(diseases):
    releases = set(CodeSystem.objects.values_list("key", "release", "uri"))
    assert releases == {
        ("icd-9-cm", "v32", "http://hl7.org/fhir/sid/icd-9-cm"),
        ("icd-10-cm", "2026-04", "http://hl7.org/fhir/sid/icd-10-cm"),
    }


def test_loading_diseases_again_adds_nothing(diseases):
    before = (Disease.objects.count(), Code.objects.count(), CodeSystem.objects.count(), Version.objects.count())
    said_by("load_diseases")
    after = (Disease.objects.count(), Code.objects.count(), CodeSystem.objects.count(), Version.objects.count())
    assert after == before


def test_loading_diseases_again_says_so(diseases):
    assert said_by("load_diseases").startswith("Diseases: 0 loaded")


def test_a_code_that_is_there_is_taken_as_it_is():
    system = make.CodeSystemFactory(key="icd-10-cm", release="2026-04")
    there = make.CodeFactory(system=system, code="J18.9", title="As the whole catalogue has it")
    said_by("load_diseases")
    assert Disease.objects.get(name="Pneumonia").codes.get(system=system) == there


def test_a_disease_that_the_institution_has_stays_its_own():
    make.DiseaseFactory(name="pneumonia", description="Ours")
    said_by("load_diseases")
    assert [disease.description for disease in Disease.objects.filter(name__iexact="pneumonia")] == ["Ours"]


@pytest.mark.parametrize("model", [CodeSystem, Disease])
def test_what_is_loaded_has_its_past(diseases, model):
    verbs = {version.revision.comment for version in Version.objects.get_for_model(model)}
    assert verbs == {"loaded"}


# --- load_labels ----------------------------------------------------------------------------------------------------


@pytest.fixture
def labels(diseases):
    said_by("load_labels")


def test_a_label_means_its_diseases(labels):
    meant = Label.objects.get(name="Cardiomegaly").diseases.values_list("name", flat=True)
    assert set(meant) == {"Cardiomegaly", "Heart failure"}


def test_a_label_is_loaded_with_its_definition(labels):
    assert not Label.objects.filter(definition="").exists()


def test_every_loaded_label_means_something(labels):
    assert not Label.objects.filter(diseases=None).exists()


def test_loading_labels_again_adds_nothing(labels):
    before = (Label.objects.count(), Version.objects.count())
    said_by("load_labels")
    assert (Label.objects.count(), Version.objects.count()) == before


def test_loading_labels_again_says_so(labels):
    assert said_by("load_labels").startswith("Labels: 0 loaded")


def test_labels_without_their_diseases_say_what_to_do_first():
    with pytest.raises(CommandError, match="run load_diseases first"):
        said_by("load_labels")


# --- create_dummy_data ----------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def data_dir(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path


def seed(**options):
    return said_by("create_dummy_data", **{"seed": 7, "images": 6, "password": PASSWORD} | options)


def log_in(client, username, password):
    return client.post(reverse("login"), {"username": username, "password": password})


@pytest.mark.parametrize(
    ("username", "roles"),
    [
        ("doctor", ["doctor"]),
        ("doctor2", ["doctor"]),
        ("research", ["researcher"]),
        ("auditor", ["auditor"]),
        ("admin", ["auditor", "doctor", "researcher"]),
    ],
)
def test_who_is_printed_can_log_in(client_of, username, roles):
    printed = re.search(rf"│ {username} +│ (\S+) +│", seed(password=None, images=1))
    answer = log_in(client_of(None), username, printed[1])
    assert answer.json()["user"]["roles"] == roles


def test_a_password_can_be_given(client_of):
    seed(images=1)
    assert log_in(client_of(None), "doctor", PASSWORD).status_code == 200


def test_everyone_has_another_password():
    passwords = re.findall(r"│ \w+ +│ (\S+) +│", seed(password=None, images=1))
    assert len(passwords) == len(set(passwords)) == User.objects.count()


def test_there_is_a_line_to_start_with():
    words = shlex.split(seed(images=1).splitlines()[-1])
    assert json.loads(words[words.index("-d") + 1]) == {"username": "doctor", "password": PASSWORD}


def test_the_credentials_are_kept_for_oneself(data_dir):
    seed(images=1)
    kept = data_dir / "demo-credentials.txt"
    assert PASSWORD in kept.read_text() and kept.stat().st_mode & 0o777 == 0o600


def test_credentials_are_kept_for_oneself_where_an_open_file_was(data_dir):
    kept = data_dir / "demo-credentials.txt"
    kept.touch(mode=0o644)
    seed(images=1)
    assert kept.stat().st_mode & 0o777 == 0o600


def test_what_is_made_up_says_so():
    assert "what they say is invented" in seed(images=1)


@pytest.mark.parametrize("number", [1, 5, 30])
def test_as_many_images_are_made_as_were_asked_for(number):
    seed(images=number)
    assert Image.objects.count() == number


def test_pictures_of_every_kind_are_among_many(monkeypatch):
    monkeypatch.setattr(dummy, "REAL_IMAGES", dummy.REAL_IMAGES[:2])
    seed(images=8)
    assert Image.objects.values("media_type").distinct().count() == 3


@pytest.mark.parametrize("images", [0, -3, 1001])
def test_a_number_of_images_that_cannot_be_is_refused(images):
    with pytest.raises(CommandError, match="1 to 1000"):
        seed(images=images)


def test_every_image_has_a_patient():
    seed()
    assert not Image.objects.filter(study__patient=None).exists()


def test_a_study_is_shared_with_a_team_of_two():
    seed(images=1)
    assert Study.objects.get().shared_with.get().members.count() == 2


def test_several_doctors_read_the_images():
    seed()
    assert Annotation.objects.values("annotator").distinct().count() > 1


def test_readers_say_every_state():
    seed(images=12)
    assert set(Annotation.objects.values_list("state", flat=True)) == {
        "present", "absent", "uncertain", "not_assessable",
    }  # fmt: skip


def test_some_findings_have_a_place():
    seed(images=12)
    assert Annotation.objects.exclude(geometry=None).exists()


def test_one_annotation_is_archived():
    seed()
    assert Annotation.objects.archived().count() == 1


def test_some_annotations_are_revised():
    seed()
    assert Version.objects.filter(revision__comment="revised").exists()


@pytest.mark.parametrize("model", [User, Team, Disease, Label, Patient, Study, Image, Annotation])
def test_made_up_rows_have_their_past(model):
    seed()
    remembered = Version.objects.get_for_model(model).values_list("object_id", flat=True)
    assert {str(pk) for pk in model.objects.values_list("pk", flat=True)} == set(remembered)


def test_it_refuses_in_production(settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="production"):
        seed()


def test_it_leaves_nothing_in_production(settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError):
        seed()
    assert not User.objects.exists()


def test_a_second_time_is_refused():
    seed(images=1)
    with pytest.raises(CommandError, match="there already"):
        seed(images=1)


def what_was_made(**options):
    """Everything but ids, times and passwords, of a run that leaves nothing."""
    with transaction.atomic():
        seed(**options)
        made = (
            sorted(User.objects.values_list("username", "first_name", "last_name")),
            Counter(Image.objects.values_list("owner__username", "sha256")),
            Counter(map(str, Annotation.objects.values_list("label__name", "state", "geometry", "confidence"))),
        )
        transaction.set_rollback(True)
    return made


def test_the_same_seed_makes_the_same():
    assert what_was_made() == what_was_made()


def test_another_seed_makes_something_else():
    assert what_was_made() != what_was_made(seed=8)


def test_without_a_seed_it_tells_the_one_it_took():
    assert re.search(r"--seed \d+ makes the same again", seed(seed=None, images=1))


def test_without_a_terminal_the_progress_is_plain_text():
    told = seed(images=1)
    assert "100%" in told and "\x1b" not in told
