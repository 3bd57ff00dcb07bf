"""The admin shows no one an identity, or what helps to find one, without the right to it."""

import re

import pytest
from django.urls import reverse

from disease.models import Disease
from imagery.models import Deidentification, Image, Patient, Series, Study
from label.models import Annotation, Label
from tests.kit import factories as make
from tests.kit.pages import page_of

EVIDENCE = (Patient, Study, Series, Image, Deidentification, Annotation)


def test_a_researcher_reads_no_identity_owner_date_or_free_text(rows, client_as):
    Annotation.objects.filter(pk=rows[Annotation].pk).update(comment="It is Zzyzx")
    Study.objects.filter(pk=rows[Study].pk).update(description="Jane Doe", date="2019-05-17", uid="1.2.840.77")
    for model in (Series, Image):
        model.objects.filter(pk=rows[model].pk).update(modality="QUILL", body_part="ZZYZX QUILL")
    for model in EVIDENCE:
        model.objects.filter(pk=rows[model].pk).update(created_at="2021-03-04T05:06:07Z")
    secrets = re.compile("(?i)Zzyzx|Quill|Jane Doe|doctor|2019|2021|May 17|March 4|1.2.840.77|owner")
    found = {}
    for model in EVIDENCE:
        for page in ("list", "one", "history"):
            html = client_as("researcher").get(page_of(page, rows[model]), follow=True).content.decode()
            if model is Annotation:
                html = html.replace("doctor", "")  # the API tells researchers the reader, too
            found |= {(page, model.__name__): words} if (words := secrets.findall(html)) else {}
    assert found == {}


def test_the_doctor_who_keeps_a_patient_reads_the_name(rows, client_as):
    assert "Zzyzx^Quill" in client_as("doctor").get(page_of("one", rows[Patient])).content.decode()


def test_a_list_refuses_to_filter_by_a_column_that_it_does_not_offer(rows, client_as):
    for query in ("description__startswith=Jane", "owner__username=doctor", "original__contains=a",
                  "patient__identity__record_index__startswith=a", "series__id__exact=a"):  # fmt: skip
        assert client_as("researcher").get(f"{page_of('list', rows[Study])}?{query}").status_code == 400, query


def test_a_researcher_does_not_search_by_hidden_columns(rows, client_as):
    for model in (Study, Series, Image):
        model.objects.filter(pk=rows[model].pk).update(uid="1.2.3")
        for text in ("doctor", "1.2.3"):
            url = page_of("list", rows[model])
            answers = [client_as("researcher").get(url, {"q": query}) for query in (text, "no such text")]
            matches, others = [list(answer.context["cl"].result_list) for answer in answers]
            assert matches == others, (model, text)


def test_only_their_doctor_finds_a_patient_by_record_number(rows, client_as):
    for name, found in (("doctor", True), ("researcher", False)):
        html = client_as(name).get(page_of("list", rows[Patient]), {"q": "77"}).content.decode()
        assert (rows[Patient].pseudonym in html) == found


def test_titles_describe_a_row_without_its_id(rows, client_as):
    Study.objects.filter(pk=rows[Study].pk).update(description="CT thorax", date="2026-11-30")
    Image.objects.filter(pk=rows[Image].pk).update(modality="CT", body_part="HEAD", created_at="2026-11-29T12:00Z")
    titles = [
        (Study, "doctor", "CT thorax 2026-11-30"),
        (Image, "doctor", "CT head 2026-11-29"),
        (Image, "researcher", "CT head"),
        (Annotation, "doctor", "Consolidation: present (doctor, CT head 2026-11-29)"),
        (Annotation, "researcher", "Consolidation: present (doctor, CT head)"),
    ]
    for model, name, title in titles:
        page = client_as(name).get(page_of("one", rows[model]))
        assert page.context["subtitle"] == title
        assert f"&rsaquo; {title}\n" in page.content.decode()


def look_up(client, source: type, field: str, term: str) -> list[str] | int:
    """Return the ids that the look-up of a form's field offers, or the status of its refusal."""
    query = {"app_label": source._meta.app_label, "model_name": source._meta.model_name, "field_name": field}
    answer = client.get(reverse("admin:autocomplete"), query | {"term": term})
    return [result["id"] for result in answer.json()["results"]] if answer.status_code == 200 else answer.status_code


def test_a_look_up_offers_what_the_field_accepts_and_nothing_archived(staff, client_as):
    code = make.CodeFactory(code="J18.9", title="Pneumonia, unspecified")
    make.CodeFactory(code="J18", title="Pneumonia", assignable=False)
    disease = make.DiseaseFactory(name="Pneumonia")
    make.DiseaseFactory(name="Old pneumonia", archived_at="2026-01-01T00:00Z")
    assert look_up(client_as("researcher"), Disease, "codes", "pneum") == [str(code.pk)]
    assert look_up(client_as("researcher"), Label, "diseases", "pneum") == [str(disease.pk)]
    team = make.TeamFactory()._meta.model
    assert look_up(client_as("doctor"), team, "members", "strang") == [str(staff["stranger"].pk)]
    assert look_up(client_as("doctor"), team, "members", "resear") == []


@pytest.mark.parametrize(
    ("name", "source", "field"),
    [("doctor", Label, "diseases"), ("auditor", Disease, "codes"), ("doctor", Annotation, "annotator"),
     ("researcher", Annotation, "label"), ("root", Image, "study")],
)  # fmt: skip
def test_a_look_up_is_refused_to_people_who_may_not_fill_in_the_form(name, source, field, client_as):
    assert look_up(client_as(name), source, field, "") == 403


def test_the_address_of_an_empty_form_fills_in_nothing(rows, client_as):
    for value in (rows[Disease].pk, "x"):
        page = client_as("researcher").get(page_of("add", rows[Label]), {"diseases": value, "name": "Known"})
        assert page.status_code == 200
        assert rows[Disease].name not in page.content.decode() and "Known" not in page.content.decode()
