"""Merging two diseases: nothing that was said is lost."""

import pytest
from django.urls import reverse

from core.exceptions import Conflict
from disease.actions import create_disease
from disease.models import Disease
from label.actions import archive_disease, merge_disease
from tests.kit import factories as make

pytestmark = pytest.mark.on_both


@pytest.fixture
def client(researcher, client_of):
    return client_of(researcher)


@pytest.fixture
def merged(client, researcher, annotation):
    """`old` merged into `new`: codes, a label of both and a label of the old one alone."""
    old = create_disease(by=researcher, name="Chest infection", codes=[make.CodeFactory(code="OLD")])
    new = create_disease(by=researcher, name="Pneumonia", codes=[make.CodeFactory(code="NEW")])
    annotation.label.diseases.set([old])
    client.post(reverse("disease-merge", kwargs={"pk": old.pk}), {"into": new.pk})
    return old, new


def test_the_codes_come_along(merged):
    assert set(merged[1].codes.values_list("code", flat=True)) == {"OLD", "NEW"}


def test_the_labels_come_along(merged, annotation):
    assert list(annotation.label.diseases.all()) == [merged[1]]


def test_the_old_one_is_archived_and_keeps_its_codes(merged):
    merged[0].refresh_from_db()
    assert merged[0].archived and list(merged[0].codes.values_list("code", flat=True)) == ["OLD"]


@pytest.mark.parametrize("which", [0, 1])
def test_both_keep_their_history(which, merged, client):
    told = client.get(reverse("disease-history", kwargs={"pk": merged[which].pk})).json()["results"]
    assert [entry["verb"] for entry in told] == ["merged", "created"]


def test_the_label_tells_of_it_too(merged, annotation, client):
    told = client.get(reverse("label-history", kwargs={"pk": annotation.label.pk})).json()["results"]
    assert told[0]["verb"] == "merged" and told[0]["changes"]["diseases"]["to"] == [str(merged[1].pk)]


def test_a_disease_is_not_merged_into_itself(client):
    disease = make.DiseaseFactory()
    assert client.post(reverse("disease-merge", kwargs={"pk": disease.pk}), {"into": disease.pk}).status_code == 409


def test_a_disease_is_not_merged_into_an_archived_one(client):
    gone = make.DiseaseFactory(archived_at="2026-01-01T00:00Z")
    answer = client.post(reverse("disease-merge", kwargs={"pk": make.DiseaseFactory().pk}), {"into": gone.pk})
    assert answer.status_code == 400 and "into" in answer.json()["fields"]


def test_synonyms_are_kept(client):
    made = client.post(reverse("disease-list"), {"name": "Pneumonia", "synonyms": ["lung infection"]}).json()
    assert made["synonyms"] == ["lung infection"]


def test_a_disease_is_merged_into_what_the_other_is_now(researcher):
    """Somebody archives it after it was looked up."""
    old, new = make.DiseaseFactory(), make.DiseaseFactory()
    archive_disease(by=researcher, disease=Disease.objects.get(pk=new.pk))
    with pytest.raises(Conflict, match="archived"):
        merge_disease(by=researcher, disease=old, into=new)
