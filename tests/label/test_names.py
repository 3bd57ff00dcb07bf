"""Names are unique and are found whatever their case, Unicode form, quotes and dashes, on both databases."""

from unicodedata import normalize

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import Team
from disease.models import Disease
from label.models import Label
from tests.kit import factories as make
from tests.kit.api import where
from tests.kit.cases import failures
from tests.kit.database import rolled_back

pytestmark = pytest.mark.on_both

ALIKE = [
    ("Ödem é", "ÖDEM É"), ("Ödem é", normalize("NFD", "ödem é")), ("Straße", "STRASSE"), ("ΟΔΟΣ", "οδος"),
    ("Crohn's", "CROHN\u2019S"), ("non-small", "Non\u2011Small"), ("lung mass", "Lung\u00a0 mass"), ("İz", "i\u0307z"),
]  # fmt: skip
SEARCHES = [
    ("Ödem der Lunge", "öDEM"), ("Ödem", normalize("NFD", "Öd")), ("Weißer Fleck", "WEISSER"),
    ("ΠΝΕΥΜΟΝΙΑΣ", "νευμονιας"),
    ("Crohn's disease", "crohn\u2019s"), ("Crohn\u2019s disease", "crohn's"), ("Crohn's disease", "crohn`s d"),
    ("Non-small cell", "non\u2013small"), ("100% stenosis_1", "0% s"), ("100% stenosis_1", "_1"),
]  # fmt: skip


@pytest.fixture
def clients(api, research_client):
    return {"label-list": research_client, "disease-list": research_client, "team-list": api}


def test_one_name_in_two_spellings_is_one_row(clients):
    def check(case):
        route, (name, other) = case
        client = clients[route]
        with rolled_back():
            made = client.post(reverse(route), {"name": name})
            assert (made.status_code, made.json()["name"]) == (201, name)  # as typed
            answer = client.post(reverse(route), {"name": other})
            assert answer.status_code == 400 and "already" in answer.json()["detail"], answer.content
            third = client.post(reverse(route), {"name": "another"}).json()
            detail = where(route.replace("-list", "-detail"), third)
            assert client.patch(detail, {"name": other}).status_code == 400
            client.delete(where(route.replace("-list", "-detail"), made.json()))
            assert client.post(reverse(route), {"name": other}).status_code == 201

    cases = [(route, pair) for route in clients for pair in ALIKE]
    assert failures(cases, check) == {}


def test_the_database_holds_the_uniqueness_itself(label, team):
    for row in (label, make.DiseaseFactory(), team):
        copy = type(row).objects.get(pk=row.pk)
        copy.pk = copy.id = type(row)._meta.pk.get_default()
        with pytest.raises(IntegrityError), transaction.atomic():
            copy.save(force_insert=True)


def test_a_name_may_change_its_own_spelling(research_client):
    label = make.LabelFactory(name="odem")
    answer = research_client.patch(where("label-detail", label), {"name": "ODEM"})
    assert (answer.status_code, answer.json()["name"]) == (200, "ODEM")


def test_a_name_without_a_visible_character_is_refused(clients):
    for route, client in clients.items():
        answer = client.post(reverse(route), {"name": "\u200b\u00ad"})
        assert (answer.status_code, answer.json()["fields"].keys()) == (400, {"name"}), route


def test_a_part_of_a_name_finds_it(research_client):
    def check(case):
        route, (name, part) = case
        with rolled_back():
            make.LabelFactory(name=name)
            make.DiseaseFactory(name=name)
            found = research_client.get(reverse(route), {"name": part}).json()["results"]
            assert [row["name"] for row in found] == [name]

    assert failures([(route, pair) for route in ("label-list", "disease-list") for pair in SEARCHES], check) == {}


def test_a_synonym_is_found_like_a_name(research_client):
    for name, part in SEARCHES:
        with rolled_back():
            make.DiseaseFactory(synonyms=["other", name])
            assert len(research_client.get(reverse("disease-list"), {"name": part}).json()["results"]) == 1, part


def test_labels_are_found_by_their_definition_and_diseases():
    label = make.LabelFactory(definition="Größe über 3 cm")
    label.diseases.set([make.DiseaseFactory(name="Crohn's disease")])
    for text in ("GRÖSSE ÜBER", "crohn\u2019s", label.name.upper()):
        assert list(Label.objects.about(text)) == [label], text
    label.change(definition="klein")
    assert not Label.objects.about("größe")


def test_a_changed_name_is_found_and_the_old_one_is_not():
    for row, model in ((make.LabelFactory(), Label), (make.DiseaseFactory(), Disease), (make.TeamFactory(), Team)):
        old = row.name
        row.change(name="Ödem")
        assert list(model.objects.called("ÖDEM")) == [row] and not model.objects.called(old)


CODES = [
    ("Crohn's disease", "crohn\u2019s"), ("Crohn's disease", "CROHN\u2018S dis"),
    ("Ménière's disease", "meniere\u2019s"),
    ("Ménière's disease", "MÉNIÈRE"), ("Ménière's disease", normalize("NFD", "ménière")),
    ("Non-small cell", "non\u2013small"),
    ("Großzellig", "GROSSZELLIG"), ("β-thalassemia", "Β-THAL"), ("Пневмония", "ПНЕВМ"), ("Kyste", "kys\u00adte"),
]  # fmt: skip


def test_codes_are_found_whatever_the_spelling(research_client):
    uri = "http://example.org/system"
    system = make.CodeSystemFactory(uri=uri)

    def check(case):
        title, text = case
        with rolled_back():
            code = make.CodeFactory(title=title, system=system)
            found = research_client.get(reverse("code-list"), {"search": text}).json()["results"]
            expanded = research_client.get(reverse("fhir-expand"), {"url": f"{uri}?fhir_vs", "filter": text}).json()
            assert [row["code"] for row in found] == [code.code]
            assert [row["code"] for row in expanded["expansion"]["contains"]] == [code.code]

    assert failures(CODES, check) == {}
