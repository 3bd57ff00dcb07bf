"""Nobody reads in the admin what names a patient without the right to it."""

import re

import pytest
from django.urls import reverse

from core.models import new_id
from disease.models import Disease
from imagery.models import Deidentification, Image, Patient, Series, Study
from label.models import Annotation, Label
from tests.kit import factories as make
from tests.kit.pages import page_of

pytestmark = pytest.mark.on_both

SIGNS = ("Zzyzx", "Quill", "Jane Doe", "doctor")


@pytest.mark.parametrize("model", [Patient, Study, Series, Image, Deidentification, Annotation])
@pytest.mark.parametrize("page", ["list", "one", "past"])
def test_a_researcher_reads_nobodys_identity(page, model, world, cast, client_of, annotation):
    annotation.comment = "It is Zzyzx"
    annotation.save()
    content = client_of(cast["researcher"]).get(page_of(page, world[model])).content.decode()
    shown = content.replace("doctor", "") if model is Annotation else content  # who says it is told, as in the API
    assert not [sign for sign in SIGNS if sign in shown]


def test_the_doctor_who_keeps_a_patient_reads_their_name(world, cast, client_of):
    assert "Zzyzx^Quill" in client_of(cast["doctor"]).get(page_of("one", world[Patient])).content.decode()


@pytest.mark.parametrize("question", ["description__startswith=Jane", "owner__username=doctor", "original__contains=a",
                                      "patient__identity__record_index__startswith=a", "series__id__exact=a",
                                      "o=1.2.3"])  # fmt: skip
def test_a_list_answers_no_question_that_it_does_not_offer(question, world, cast, client_of):
    answer = client_of(cast["researcher"]).get(f"{page_of('list', world[Study])}?{question}")
    assert answer.status_code == (200 if question.startswith("o=") else 400)


@pytest.mark.parametrize("model", [Study, Series, Image])
@pytest.mark.parametrize("words", ["doctor", "1.2.3"])
def test_research_does_not_search_by_what_it_may_not_know(words, model, world, cast, client_of):
    model.objects.filter(pk=world[model].pk).update(uid="1.2.3")
    client, where = client_of(cast["researcher"]), page_of("list", world[model])
    found = [list(client.get(where, {"q": asked}).context["cl"].result_list) for asked in (words, "nobody")]
    assert found[0] == found[1]


def test_a_doctor_finds_a_patient_by_record_number(world, cast, client_of):
    mine = client_of(cast["doctor"]).get(page_of("list", world[Patient]), {"q": "77"}).content.decode()
    theirs = client_of(cast["researcher"]).get(page_of("list", world[Patient]), {"q": "77"}).content.decode()
    assert world[Patient].pseudonym in mine and world[Patient].pseudonym not in theirs


ASKED = [(Study, "patient", Patient), (Annotation, "image", Image), (Image, "study", Study)]  # page, field, what of


@pytest.mark.parametrize(("model", "field", "of"), ASKED, ids=lambda each: getattr(each, "__name__", each))
def test_the_address_of_an_empty_form_names_nothing_that_one_may_not_know(model, field, of, world, cast, client_of):
    def page(who, asked):
        content = client_of(cast[who]).get(page_of("add", world[model]), {field: asked}).content.decode()
        return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", content).replace(str(asked), "")

    assert page("stranger", world[of].pk) == page("stranger", new_id())
    assert page("doctor", world[of].pk) != page("doctor", new_id())


@pytest.mark.parametrize(("model", "field"), [case[:2] for case in ASKED])
def test_the_address_of_an_empty_form_may_name_what_is_no_id(model, field, world, cast, client_of):
    assert client_of(cast["doctor"]).get(page_of("add", world[model]), {field: "x"}).status_code == 200


def look_up(client, model: str, field: str, term: str, app: str = "label") -> list:
    query = {"app_label": app, "model_name": model, "field_name": field, "term": term}
    answer = client.get(reverse("admin:autocomplete"), query)
    return [found["id"] for found in answer.json()["results"]] if answer.status_code == 200 else answer.status_code


@pytest.mark.parametrize(("who", "sees"), [("doctor", True), ("colleague", True), ("stranger", False)])
def test_a_look_up_finds_only_what_one_may_see(who, sees, world, cast, client_of):
    found = look_up(client_of(cast[who]), "annotation", "image", str(world[Image].pk))
    assert found == ([str(world[Image].pk)] if sees else [])


def test_a_look_up_of_patients_finds_ones_own(world, cast, client_of):
    pseudonym = world[Patient].pseudonym
    own = look_up(client_of(cast["doctor"]), "study", "patient", pseudonym, "imagery")
    other = look_up(client_of(cast["stranger"]), "study", "patient", pseudonym, "imagery")
    assert own == [str(world[Patient].pk)] and other == []


def test_who_lets_people_into_a_team_looks_up_doctors_alone(cast, client_of):
    client = client_of(cast["doctor"])
    assert look_up(client, "team", "members", "strang", "accounts") == [str(cast["stranger"].pk)]
    assert look_up(client, "team", "members", "resear", "accounts") == []
    assert look_up(client_of(cast["researcher"]), "team", "members", "strang", "accounts") == 403


@pytest.mark.parametrize(
    ("source", "field", "who", "row"),
    [
        (Label, "diseases", "researcher", lambda cast, **how: make.DiseaseFactory(**how)),
        (Disease, "codes", "researcher", lambda cast, **how: make.CodeFactory(**how)),
        (Annotation, "label", "doctor", lambda cast, **how: make.LabelFactory(**how)),
        (Annotation, "image", "doctor", lambda cast, **how: make.ImageFactory(owner=cast["doctor"], **how)),
        (Image, "study", "doctor", lambda cast, **how: make.StudyFactory(owner=cast["doctor"], **how)),
        (Study, "patient", "doctor", lambda cast, **how: make.PatientFactory(owner=cast["doctor"], **how)),
        (Study, "shared_with", "doctor", lambda cast, **how: make.TeamFactory(lead=cast["doctor"], **how)),
    ],
    ids=lambda each: getattr(each, "__name__", each),
)
def test_a_look_up_offers_nothing_that_is_archived(source, field, who, row, cast, client_of):
    used, archived = row(cast), row(cast, archived_at="2026-01-01T00:00Z")
    opts = source._meta
    client = client_of(cast[who])
    found = [look_up(client, opts.model_name, field, str(one.pk), opts.app_label) for one in (used, archived)]
    assert found == [[str(used.pk)], []]


def test_a_look_up_of_what_is_only_shared_offers_no_study_to_upload_into(world, cast, client_of):
    assert look_up(client_of(cast["colleague"]), "image", "study", str(world[Study].pk), "imagery") == []


@pytest.mark.parametrize(
    ("who", "model", "field", "app"),
    [
        ("researcher", "annotation", "label", "label"),
        ("doctor", "label", "diseases", "label"),
        ("auditor", "disease", "codes", "disease"),
        ("doctor", "annotation", "annotator", "label"),
        ("root", "event", "user", "events"),
    ],
)
def test_nobody_looks_up_what_no_form_of_theirs_asks_for(who, model, field, app, world, cast, client_of):
    assert look_up(client_of(cast[who]), model, field, "", app) == 403


def test_who_is_also_a_researcher_looks_up_their_own_studies(world, cast, client_of):
    cast["doctor"].groups.add(cast["researcher"].groups.get())
    study = world[Study]
    assert look_up(client_of(cast["doctor"]), "image", "study", str(study.pk), "imagery") == [str(study.pk)]


def test_a_disease_is_offered_codes_that_a_diagnosis_may_be_coded_with(cast, client_of):
    code = make.CodeFactory(code="J18.9", title="Pneumonia, unspecified")
    make.CodeFactory(code="J18", title="Pneumonia", assignable=False)
    assert look_up(client_of(cast["researcher"]), "disease", "codes", "pneum", "disease") == [str(code.pk)]
