"""Lists of the admin are searched, filtered and bounded, and rows link to each other."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Team, User
from core.admin.filters import BoundedPaginator
from core.models import new_id
from disease.models import Code, CodeMapping, CodeSystem, Disease
from events.models import Event
from imagery.models import Deidentification, Image, Patient, Series, Study
from label.models import Annotation, Label
from tests.kit import factories as make
from tests.kit.pages import page_of

pytestmark = pytest.mark.on_both

FACTORIES = {
    User: make.UserFactory, Team: make.TeamFactory, Study: make.StudyFactory, Image: make.ImageFactory,
    Annotation: make.AnnotationFactory, Label: make.LabelFactory, Disease: make.DiseaseFactory,
    Event: make.EventFactory, Code: make.CodeFactory, CodeMapping: make.CodeMappingFactory,
    Patient: make.PatientFactory, Series: make.SeriesFactory, Deidentification: make.DeidentificationFactory,
    CodeSystem: make.CodeSystemFactory,
}  # fmt: skip


def results(client, row, **query) -> list:
    return list(client.get(page_of("list", row), query).context["cl"].result_list)


def test_every_list_is_searched_by_id_and_finds_nothing_for_unknown_words(rows, client_as):
    client = client_as("root")
    for row in rows.values():
        assert results(client, row, q="nothing like it") == []
        assert results(client, row, q=str(row.pk)) == [row]
        assert results(client, row, q=str(new_id())) == []


def test_a_list_is_searched_by_the_names_of_its_rows(rows, staff, client_as):
    Study.objects.filter(pk=rows[Study].pk).update(uid="1.2.3")
    Series.objects.filter(pk=rows[Series].pk).update(uid="1.2.3")
    Image.objects.filter(pk=rows[Image].pk).update(uid="1.2.3", sha256="abc")
    Patient.objects.filter(pk=rows[Patient].pk).update(pseudonym="P-1")
    Code.objects.filter(pk=rows[CodeMapping].source_id).update(code="Z1")
    Code.objects.filter(pk=rows[CodeMapping].target_id).update(code="Z2")
    Event.objects.filter(pk=rows[Event].pk).update(user=staff["doctor"])
    Team.objects.filter(pk=rows[Team].pk).update(name="Chest readers")
    for factory in FACTORIES.values():
        factory()  # another row, which must not be found
    searches = [
        (Study, "doctor"), (Study, "1.2.3"), (Series, "1.2.3"), (Image, "doctor"), (Image, "1.2.3"), (Image, "abc"),
        (Patient, "P-1"), (CodeMapping, "Z1"), (CodeMapping, "Z2"), (Event, "doctor"), (Annotation, "doctor"),
        (Annotation, "Consol"), (User, "somebo"), (Team, "chest"),
    ]  # fmt: skip
    client = client_as("root")
    assert {(model.__name__, q): results(client, rows[model], q=q) for model, q in searches} == {
        (model.__name__, q): [rows[model]] for model, q in searches
    }


def test_labels_and_diseases_are_found_once_by_their_words_and_meaning(client_as):
    code = make.CodeFactory(code="A15.0")
    diseases = [make.DiseaseFactory(name=name, synonyms=["Old TB"]) for name in ("Tuberculosis", "A15.0 again")]
    for disease in diseases:
        disease.codes.set([code, make.CodeFactory(code="A15.0")])
    label = make.LabelFactory(name="Dryness", definition="Say how it looks.")
    label.diseases.set(diseases)
    for text in ("Dry", "how it looks", "tuberc", "old tb", "A15.0"):
        assert results(client_as("doctor"), label, q=text) == [label], text
    assert sorted(results(client_as("doctor"), diseases[0], q="A15.0"), key=str) == sorted(diseases, key=str)


def test_a_list_counts_to_a_limit(client_as, monkeypatch):
    monkeypatch.setattr(BoundedPaginator, "max_count", 3)
    make.LabelFactory.create_batch(5)
    page = client_as("doctor").get(reverse("admin:label_label_changelist"))
    assert page.context["cl"].result_count == 3


def test_every_filter_of_every_list_answers(rows, client_as):
    client = client_as("root")
    for row in rows.values():
        changelist = client.get(page_of("list", row)).context["cl"]
        choices = [choice["query_string"] for spec in changelist.filter_specs for choice in spec.choices(changelist)]
        for query in choices:
            assert client.get(page_of("list", row) + query).status_code == 200, query


def test_a_list_costs_as_many_queries_for_one_row_as_for_many(rows, client_as):
    client = client_as("root")

    def cost(row) -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(page_of("list", row))
        return len(queries)

    costs = {}
    for model, factory in FACTORIES.items():
        cost(rows[model])  # fills caches that live longer than a request
        before = cost(rows[model])
        factory.create_batch(5)
        costs |= {model.__name__: (before, after)} if (after := cost(rows[model])) != before else {}
    assert costs == {}


def test_every_link_of_every_page_leads_somewhere(rows, client_as):
    client = client_as("root")
    pages = [client.get(page_of("one", row)).content.decode() for row in rows.values()]
    links = {link.replace("&amp;", "&") for page in pages for link in re.findall(r'href="(/admin/[^"]+)"', page)}
    assert len(links) > 40
    assert {link: answer.status_code for link in links if (answer := client.get(link)).status_code != 200} == {}


def test_a_row_links_to_the_lists_of_what_belongs_to_it_that_a_person_may_see(rows, client_as):
    def names(name, model):
        return {str(name) for name, _ in client_as(name).get(page_of("one", rows[model])).context["related_lists"]}

    assert names("doctor", Image) == {"annotations", "deidentifications"}
    assert names("researcher", Disease) == {"labels"}
    assert names("researcher", Code) == {"codes", "code mappings", "diseases"}
    assert names("auditor", Code) == {"codes", "code mappings"}


def test_an_image_is_shown_by_the_api(rows, client_as):
    client, url = client_as("colleague"), reverse("image-preview", kwargs={"pk": rows[Image].pk})
    assert f'src="{url}' in client.get(page_of("one", rows[Image])).content.decode()
    assert client.get(url).headers["Content-Type"] == "image/png"
