"""Lists: searched, filtered, bounded; and the links between things."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Team, User
from core.admin.filters import BoundedPages
from core.models import new_id
from disease.models import Code, CodeMapping, Disease
from events.models import Event
from imagery.models import Deidentification, Image, Patient, Series, Study
from label.models import Annotation, Label
from tests.kit import factories as make
from tests.kit.pages import MODELS, page_of

pytestmark = pytest.mark.on_both


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_list_is_searched_by_words_and_by_id(model, world, cast, client_of):
    client, where = client_of(cast["root"]), page_of("list", world[model])
    assert client.get(where, {"q": "nothing like it"}).context["cl"].result_count == 0
    assert client.get(where, {"q": str(world[model].pk)}).context["cl"].result_count == 1
    assert client.get(where, {"q": str(new_id())}).context["cl"].result_count == 0


@pytest.mark.parametrize("model", [Label, Disease])
def test_a_search_finds_a_row_once(model, cast, client_of):
    codes = [make.CodeFactory(code="J18.9", title="pneumonia") for _ in range(2)]
    diseases = [make.DiseaseFactory(name=f"J18.9 {name}") for name in ("viral", "other")]
    for disease in diseases:
        disease.codes.set(codes)
    label = make.LabelFactory(name="J18.9", definition="J18.9")
    label.diseases.set(diseases)
    page = client_of(cast["root"]).get(page_of("list", label if model is Label else diseases[0]), {"q": "J18.9"})
    assert list(page.context["cl"].result_list) == ([label] if model is Label else sorted(diseases, key=str))


@pytest.mark.parametrize("words", ["Dry", "how it looks", "tuberc", "old tb", "A15.0"])
def test_a_label_is_found_by_its_words_and_by_what_it_means(words, cast, client_of):
    disease = make.DiseaseFactory(name="Tuberculosis", synonyms=["Old TB"])
    disease.codes.add(make.CodeFactory(code="A15.0"))
    make.LabelFactory(name="Dryness", definition="Say how it looks.").diseases.add(disease)
    page = client_of(cast["doctor"]).get(reverse("admin:label_label_changelist"), {"q": words})
    assert [label.name for label in page.context["cl"].result_list] == ["Dryness"]


@pytest.mark.parametrize("words", ["doctor", "Consol"])
def test_annotations_are_found_by_their_reader_or_by_part_of_their_label(words, annotation, cast, client_of):
    make.AnnotationFactory()
    page = client_of(cast["root"]).get(reverse("admin:label_annotation_changelist"), {"q": words})
    assert list(page.context["cl"].result_list) == [annotation]


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (Study, "doctor"), (Study, "1.2.3"), (Series, "1.2.3"), (Image, "doctor"), (Image, "1.2.3"), (Image, "abc"),
        (Patient, "P-1"), (CodeMapping, "Z1"), (CodeMapping, "Z2"), (Event, "doctor"),
    ],
    ids=lambda each: getattr(each, "__name__", each),
)  # fmt: skip
def test_a_list_is_searched_exactly_by_what_names_a_row(model, words, world, cast, client_of):
    Study.objects.filter(pk=world[Study].pk).update(uid="1.2.3")
    Series.objects.filter(pk=world[Series].pk).update(uid="1.2.3")
    Image.objects.filter(pk=world[Image].pk).update(uid="1.2.3", sha256="abc")
    Patient.objects.filter(pk=world[Patient].pk).update(pseudonym="P-1")
    Code.objects.filter(pk=world[CodeMapping].source_id).update(code="Z1")
    Code.objects.filter(pk=world[CodeMapping].target_id).update(code="Z2")
    Event.objects.filter(pk=world[Event].pk).update(user=cast["doctor"])
    MANY[model]()  # another one, which is not found
    page = client_of(cast["root"]).get(page_of("list", world[model]), {"q": words})
    assert list(page.context["cl"].result_list) == [world[model]]


def test_a_list_counts_to_a_limit_and_no_further(cast, client_of, monkeypatch):
    monkeypatch.setattr(BoundedPages, "most", 3)
    make.LabelFactory.create_batch(5)
    page = client_of(cast["doctor"]).get(reverse("admin:label_label_changelist"))
    assert page.context["cl"].result_count == 3


def test_a_list_is_sorted_by_the_columns_that_are_offered_and_no_others(cast, client_of):
    for name, definition in (("B", "1"), ("A", "2")):
        make.LabelFactory(name=name, definition=definition)
    client, where = client_of(cast["researcher"]), reverse("admin:label_label_changelist")

    def sorted_by(column):
        return [label.name for label in client.get(where, {"o": column}).context["cl"].result_list]

    assert (sorted_by("-1"), sorted_by("2")) == (["B", "A"], ["A", "B"])


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_filter_of_a_list_answers(model, world, cast, client_of):
    client, where = client_of(cast["root"]), page_of("list", world[model])
    page = client.get(where).context["cl"]
    offers = [choice["query_string"] for spec in page.filter_specs for choice in spec.choices(page)]
    assert {client.get(where + offer).status_code for offer in offers or ["?"]} == {200}


MANY = {
    User: make.UserFactory, Team: make.TeamFactory, Study: make.StudyFactory, Image: make.ImageFactory,
    Annotation: make.AnnotationFactory, Label: make.LabelFactory, Disease: make.DiseaseFactory,
    Event: make.EventFactory, Code: make.CodeFactory, CodeMapping: make.CodeMappingFactory,
    Patient: make.PatientFactory, Series: make.SeriesFactory, Deidentification: make.DeidentificationFactory,
}  # fmt: skip


@pytest.mark.parametrize("model", MANY, ids=lambda model: model.__name__)
def test_a_list_costs_the_same_for_one_row_or_many(model, world, cast, client_of):
    client, where = client_of(cast["root"]), page_of("list", world[model])

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(where)
        return len(queries)

    cost()  # what is read once
    one = cost()
    MANY[model].create_batch(5)
    assert cost() == one


def test_the_links_of_a_thing_lead_somewhere(world, cast, client_of):
    client = client_of(cast["root"])
    pages = [client.get(page_of("one", row)).content.decode() for row in world.values()]
    found = {link.replace("&amp;", "&") for page in pages for link in re.findall(r'href="(/admin/[^"]+)"', page)}
    assert len(found) > 40
    assert {link: client.get(link).status_code for link in found if client.get(link).status_code != 200} == {}


def test_an_image_is_shown_by_the_api(world, cast, client_of):
    client = client_of(cast["colleague"])
    address = reverse("image-preview", kwargs={"pk": world[Image].pk})
    assert f'src="{address}' in client.get(page_of("one", world[Image])).content.decode()
    assert client.get(address).headers["Content-Type"] == "image/png"
