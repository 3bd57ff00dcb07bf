"""SQL that is written once for people of the same roles gives each of them what is theirs, and nobody another's.

Each list and each row is asked for by everybody in turn, twice: as it is served, and by a query that is written anew.
"""

from itertools import combinations
from unittest.mock import Mock

import pytest
from django.urls import reverse
from rest_framework import serializers

from accounts.models import Role, Team, User
from core.fields import Ref
from core.paging import CursorPages
from harrison.urls import router
from imagery.models import Image, Patient, Study
from label.models import Annotation, Label
from tests.kit import factories as make

pytestmark = pytest.mark.on_both

# Of events each request adds one, and whoever may read one may read all.
VIEWS = {basename: view for _, view, basename in router.registry if basename != "event"}
CAST = [(roles, teams) for many in (1, 2, 3) for roles in combinations(Role, many) for teams in (0, 1, 2)]


@pytest.fixture
def people(doctor, colleague):
    """Everybody owns something, some share it with one team or two; and one superuser."""
    everybody = [one_of(roles, teams) for roles, teams in CAST for _ in range(2)]
    own = [make.ImageFactory(study=make.StudyFactory(owner=person, patient=make.PatientFactory(owner=person)))
           for person in everybody]  # fmt: skip
    for image in own[::3]:
        image.study.shared_with.set(Team.objects.filter(members=image.owner))
    for number, image in enumerate(own):
        make.AnnotationFactory(image=image, annotator=image.owner)
        released = {"release_state": "released", "research": "there"} if number % 2 else {}
        type(image).objects.filter(pk=image.pk).update(**released)
    make.CodeFactory(), make.CodeMappingFactory(), make.DiseaseFactory(), make.LabelFactory()
    return [*everybody, User.objects.create_superuser("root", password="x")]


def one_of(roles, teams):
    person = make.UserFactory(roles=roles)
    for number in range(teams):
        shared = Team.objects.filter(name=f"Shared {number}").first() or make.TeamFactory(name=f"Shared {number}")
        shared.members.add(person)
    return person


def known_again(person):
    """As the next request finds them: nothing is remembered of them."""
    return User.objects.get(pk=person.pk)


def whole(rows):
    """Each id, and whether the row is seen whole."""
    return {row.pk: getattr(row, "is_open", None) for row in rows}


def visible(view, person):
    rows = view.queryset.visible_to(person)
    return (
        rows.with_openness(person) if hasattr(rows, "with_openness") and view.queryset.model is not Annotation else rows
    )


def all_pages(client, route):
    """The rows of a list, page after page; `None` where it may not be read."""
    answer, found = client.get(reverse(route)), []
    while answer.status_code == 200:
        found += answer.json()["results"]
        if not answer.json()["next"]:
            return found
        answer = client.get(answer.json()["next"])
    return None


@pytest.mark.parametrize("name", VIEWS)
def test_a_list_is_everybody_s_own(name, people, client_of, monkeypatch):
    monkeypatch.setattr(CursorPages, "page_size", 5)
    seen = set()
    for person in people:
        found = all_pages(client_of(person), f"{name}-list")
        if found is None:
            continue
        rows = visible(VIEWS[name], known_again(person))
        wanted = {str(pk): is_open for pk, is_open in whole(rows.live() if hasattr(rows, "live") else rows).items()}
        assert [row["id"] for row in found] == sorted(wanted, reverse=True)
        for row in found:
            if wanted[row["id"]] is not None:
                assert row.keys() == fields_of(
                    VIEWS[name].list_serializer_class or VIEWS[name].serializer_class, wanted[row["id"]]
                )
        seen.add(frozenset(wanted))
    assert seen, "nobody may read this list"
    if name in ("patient", "study", "series", "image", "annotation"):
        assert len(seen) > 10  # people differ in what they see, or this would show nothing


@pytest.mark.parametrize("name", VIEWS)
def test_a_row_is_found_by_whom_it_exists_for(name, people, client_of):
    every = list(VIEWS[name].queryset.values_list("pk", flat=True))[::5]
    for person in people:
        rows = whole(visible(VIEWS[name], known_again(person)))
        client = client_of(person)
        answers = {pk: client.get(reverse(f"{name}-detail", kwargs={"pk": pk})) for pk in every}
        if 403 in {answer.status_code for answer in answers.values()}:
            continue
        assert {pk for pk, answer in answers.items() if answer.status_code == 200} == {pk for pk in every if pk in rows}
        for pk, is_open in rows.items():
            if pk in answers and is_open is not None:
                assert answers[pk].json().keys() == fields_of(VIEWS[name].serializer_class, is_open)


@pytest.mark.parametrize(
    ("model", "scoped"), [(Image, "open_to"), (Study, "owned_by"), (Patient, "owned_by"), (Label, "visible_to")]
)
def test_what_is_named_is_looked_up_among_one_s_own(model, scoped, people):
    every = list(model.objects.values_list("pk", flat=True))[::5]
    for person in people:
        asking = known_again(person)
        field = serializer_of(Ref(model, scope=scoped), asking)
        wanted = set(getattr(model.objects, scoped)(known_again(person)).values_list("pk", flat=True))
        assert {pk for pk in every if names(field, pk)} == wanted & set(every)


def serializer_of(field, user):
    """The field in a serializer that knows who asks."""
    serializer = type("Asking", (serializers.Serializer,), {"named": field})
    return serializer(context={"request": Mock(user=user)}).fields["named"]


def names(field, pk):
    try:
        return field.run_validation(str(pk)).pk == pk
    except serializers.ValidationError:
        return False


def fields_of(shown, is_open):
    return set(shown().fields) if is_open else set(shown.research_fields)
