"""Diseases and their codes."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from disease.models import Code, CodeMapping
from tests.kit import factories as make

pytestmark = pytest.mark.on_both


@pytest.fixture
def api(researcher, client_of):
    return client_of(researcher)


def test_a_disease_carries_codes_of_several_systems(api):
    codes = [make.CodeFactory(system__key=key, code="486") for key in ("icd-9-cm", "icd-10-cm")]
    made = api.post(reverse("disease-list"), {"name": "Pneumonia", "codes": [code.pk for code in codes]}).json()
    assert {(code["system"], code["code"]) for code in made["codes"]} == {("icd-9-cm", "486"), ("icd-10-cm", "486")}


def test_codes_are_replaced_by_those_that_are_named(api):
    disease, old, new = make.DiseaseFactory(), make.CodeFactory(), make.CodeFactory()
    disease.codes.set([old])
    changed = api.patch(reverse("disease-detail", kwargs={"pk": disease.pk}), {"codes": [new.pk]}).json()
    assert [code["id"] for code in changed["codes"]] == [str(new.pk)]


def test_an_unknown_code_is_named(api):
    answer = api.post(reverse("disease-list"), {"name": "X", "codes": [make.DiseaseFactory().pk]})
    assert answer.status_code == 400 and "codes" in answer.json()["fields"]


def test_two_diseases_in_use_do_not_share_a_name_whatever_its_case(api):
    make.DiseaseFactory(name="Pneumonia")
    answer = api.post(reverse("disease-list"), {"name": "PNEUMONIA"})
    assert answer.status_code == 400 and "disease of this name already exists" in answer.json()["detail"]


def test_the_name_of_an_archived_disease_is_free(api):
    make.DiseaseFactory(name="Pneumonia", archived_at="2026-01-01T00:00Z")
    assert api.post(reverse("disease-list"), {"name": "Pneumonia"}).status_code == 201


def test_an_archived_disease_comes_back(api):
    disease = make.DiseaseFactory()
    where = reverse("disease-detail", kwargs={"pk": disease.pk})
    api.delete(where)
    assert api.get(where).json()["archived_at"]
    assert api.post(f"{where}restore/").json()["archived_at"] is None


def test_a_code_shows_its_parent(api):
    code = make.CodeFactory(code="J18.9", parent=make.CodeFactory(code="J18"))
    assert api.get(reverse("code-detail", kwargs={"pk": code.pk})).json()["parent"]["code"] == "J18"


def test_a_code_is_unique_in_its_system():
    code = make.CodeFactory()
    with pytest.raises(ValidationError, match="already exists"):
        make.CodeFactory(system=code.system, code=code.code)


def test_the_same_code_may_stand_in_two_systems():
    make.CodeFactory(code="E10", system__key="icd-10-cm")
    make.CodeFactory(code="E10", system__key="icd-10-am")


def test_a_mapping_without_a_target_says_that_there_is_none():
    with pytest.raises(ValidationError, match="has a target"):
        make.CodeMappingFactory(target=None, no_map=False)


def test_a_code_has_no_map_once():
    code = make.CodeFactory()
    make.CodeMappingFactory(source=code, target=None, no_map=True)
    with pytest.raises(ValidationError, match="no map"):
        make.CodeMappingFactory(source=code, target=None, no_map=True)
    assert CodeMapping.objects.count() == 1


@pytest.mark.parametrize(
    "row", [make.CodeSystemFactory, make.CodeFactory, make.CodeMappingFactory, make.DiseaseFactory]
)
def test_a_row_names_itself(row):
    assert str(row())


def test_what_was_read_can_be_written_back_and_keeps_its_release(api):
    old = make.CodeFactory(system=make.CodeSystemFactory(release="2026"), code="J18.9")
    make.CodeFactory(system=make.CodeSystemFactory(release="2027"), code="J18.9")
    disease = make.DiseaseFactory()
    disease.codes.set([old])
    where = reverse("disease-detail", kwargs={"pk": disease.pk})
    shown = api.get(where).json()
    body = {name: shown[name] for name in ("name", "description", "synonyms", "codes")}
    assert api.put(where, body).json()["codes"] == body["codes"]


def test_a_code_that_two_systems_have_is_told_apart_by_its_system(api):
    for key in ("icd-9-cm", "icd-10-cm"):
        make.DiseaseFactory(name=key).codes.set([make.CodeFactory(system__key=key, code="V10", position=1, last=1)])
    found = api.get(reverse("disease-list"), {"under": "V10", "system": "icd-9-cm"}).json()["results"]
    assert [disease["name"] for disease in found] == ["icd-9-cm"]


@pytest.mark.parametrize("asked", ["müdigkeit", "MÜDIGKEIT", "Mu\u0308dig"])
def test_a_disease_is_found_by_a_synonym_in_any_script_and_case(asked, api):
    api.post(reverse("disease-list"), {"name": "Fatigue", "synonyms": ["Müdigkeit"]})
    assert len(api.get(reverse("disease-list"), {"name": asked}).json()["results"]) == 1


@pytest.mark.parametrize("asked", ["[", '"', ","])
def test_a_disease_is_not_found_by_what_stands_between_its_synonyms(asked, api):
    api.post(reverse("disease-list"), {"name": "Fatigue", "synonyms": ["Tiredness", "Weakness"]})
    assert api.get(reverse("disease-list"), {"name": asked}).json()["results"] == []


def test_a_disease_is_found_by_the_name_it_was_given_last(api):
    made = api.post(reverse("disease-list"), {"name": "Fatigue"}).json()
    api.patch(reverse("disease-detail", kwargs={"pk": made["id"]}), {"name": "Exhaustion"})
    assert len(api.get(reverse("disease-list"), {"name": "exhaust"}).json()["results"]) == 1
    assert api.get(reverse("disease-list"), {"name": "fatigue"}).json()["results"] == []


def test_a_code_that_was_retired_since_stays_with_its_disease(api):
    code = make.CodeFactory()
    made = api.post(reverse("disease-list"), {"name": "Pneumonia", "codes": [code.pk]}).json()
    Code.objects.update(valid_to="2020-01-31")
    body = {"name": "Pneumonia", "codes": made["codes"]}
    assert api.put(reverse("disease-detail", kwargs={"pk": made["id"]}), body).status_code == 200


def test_the_crosswalk_is_followed_both_ways():
    mapping = make.CodeMappingFactory()
    make.CodeMappingFactory()
    for code in (mapping.source, mapping.target):
        assert set(Code.objects.filter(pk=code.pk).or_equivalent()) == {mapping.source, mapping.target}
