"""The diseases that Harrison brings: true codes, complete rows, and nothing of the institution's own is changed."""

from io import StringIO

import pytest
from django.core.management import call_command
from reversion.models import Version

from disease.models import Code, CodeKind, CodeSystem, Disease
from tests.kit import factories as make

CODES = {
    "Pneumonia": {"J18.9", "486"},
    "Pleural effusion": {"J90", "511.9"},
    "Pneumothorax": {"J93.9", "512.89"},
    "Atelectasis": {"J98.11", "518.0"},
    "Cardiomegaly": {"I51.7", "429.3"},
    "Pulmonary oedema": {"J81.0", "J81.1", "514", "518.4"},
    "Vertebral compression fracture": {"M48.54XA", "733.13"},
    "COVID-19": {"U07.1"},
}


def load_diseases() -> str:
    output = StringIO()
    call_command("load_diseases", stdout=output)
    return output.getvalue()


@pytest.fixture
def diseases():
    load_diseases()


def test_diseases_carry_their_true_codes(diseases):
    loaded = {name: set(Disease.objects.get(name=name).codes.values_list("code", flat=True)) for name in CODES}
    assert loaded == CODES


def test_every_disease_has_a_description_and_assignable_codes_of_the_right_kind(diseases):
    assert not Disease.objects.filter(description="").exists() and not Disease.objects.filter(codes=None).exists()
    assert not Code.objects.filter(assignable=False).exists()
    kinds = {code: Code.objects.get(code=code).kind for code in ("J90", "J18.9")}
    assert kinds == {"J90": CodeKind.CATEGORY, "J18.9": CodeKind.CODE}


def test_codes_belong_to_their_release(diseases):
    assert set(CodeSystem.objects.values_list("key", "release", "uri")) == {
        ("icd-9-cm", "v32", "http://hl7.org/fhir/sid/icd-9-cm"),
        ("icd-10-cm", "2026-04", "http://hl7.org/fhir/sid/icd-10-cm"),
    }


def test_loading_again_adds_nothing_and_says_so(diseases):
    before = [model.objects.count() for model in (Disease, Code, CodeSystem, Version)]
    assert load_diseases().startswith("Diseases: 0 loaded")
    assert [model.objects.count() for model in (Disease, Code, CodeSystem, Version)] == before


def test_existing_codes_and_diseases_stay_as_they_are():
    system = make.CodeSystemFactory(key="icd-10-cm", release="2026-04")
    code = make.CodeFactory(system=system, code="J18.9", title="As the whole catalogue has it")
    make.DiseaseFactory(name="pleural effusion", description="Ours")
    load_diseases()
    assert Disease.objects.get(name="Pneumonia").codes.get(system=system) == code
    named = Disease.objects.filter(name__iexact="pleural effusion")
    assert [disease.description for disease in named] == ["Ours"]


def test_loading_is_recorded_in_the_history(diseases):
    for model in (CodeSystem, Disease):
        assert {version.revision.comment for version in Version.objects.get_for_model(model)} == {"loaded"}
