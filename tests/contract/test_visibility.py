"""Each person sees exactly the evidence that is theirs to see: their own, shared with a team of theirs, in research."""

from itertools import combinations, product
from unittest.mock import Mock

import pytest
from django.urls import reverse
from django.utils import timezone
from rest_framework import serializers

from accounts.models import Role, Team, User
from core.fields import Ref
from harrison.urls import router
from imagery.models import Image, Patient, Series, Study
from label.models import Annotation
from tests.kit import factories as make

pytestmark = pytest.mark.on_both

VIEWS = {name: view for _, view, name in router.registry}
ROLES = [roles for many in (1, 2, 3) for roles in combinations(Role, many)]
MODELS = {"patient": Patient, "study": Study, "series": Series, "image": Image, "annotation": Annotation}


@pytest.fixture
def people():
    """Create people of all roles, in a team or not, each with a study; studies of all kinds; and a superuser."""
    team, archived_team = make.TeamFactory(), make.TeamFactory(archived_at=timezone.now())
    people = [make.UserFactory(roles=roles) for roles in [*ROLES, *ROLES]]
    team.members.add(*people[: len(ROLES)])
    archived_team.members.add(*people)
    kinds = product(["released", "quarantined"], [team, archived_team, None], ["", "image", "study", "consent"])
    for number, (state, shared, ended) in enumerate(kinds):
        create_study(people[number % len(people)], state, shared, ended)
    return [*people, User.objects.create_superuser("root", password="x")]


def create_study(owner, state, shared, ended):
    patient = make.PatientFactory(owner=owner, withdrawn_at=timezone.now() if ended == "consent" else None)
    study = make.StudyFactory(owner=owner, patient=patient)
    study.shared_with.set([shared] if shared else [])
    image = make.ImageFactory(study=study, release_state=state, research="copy", research_patient=patient)
    make.AnnotationFactory(image=image, annotator=owner)
    if ended in ("image", "study"):
        (image if ended == "image" else study).change(archived_at=timezone.now())


def study_of(row):
    return row if isinstance(row, Study) else row.image.study if isinstance(row, Annotation) else row.study


def is_open(person, row):
    """Return whether this person shall see the row whole: an oracle in plain Python."""
    if person.is_superuser or (row.owner == person and Role.DOCTOR in person.roles):
        return True
    if Role.DOCTOR not in person.roles or isinstance(row, Patient):
        return False
    study, part = study_of(row), row.image if isinstance(row, Annotation) else row
    teams = [team for team in study.shared_with.all() if not team.archived and person in team.members.all()]
    return bool(teams) and part.archived_at is None and study.archived_at is None


def in_research(row):
    if isinstance(row, Patient):
        return row.withdrawn_at is None and row.archived_at is None
    if isinstance(row, Annotation):
        return in_research(row.image)
    if isinstance(row, Image):
        in_use = row.archived_at is None and row.study.archived_at is None
        return in_use and row.release_state == "released" and row.study.patient.withdrawn_at is None
    return row.archived_at is None and any(in_research(image) for image in row.images.all())


def is_visible(person, row):
    return is_open(person, row) or (Role.RESEARCHER in person.roles and in_research(row))


def is_live(row):
    return row.archived_at is None and (isinstance(row, Annotation | Patient) or study_of(row).archived_at is None)


def fields_of(serializer_class, whole):
    return set(serializer_class().fields) if whole else set(serializer_class.research_fields)


def whole_page(client, name, person, rows):
    """Describe how a list differs from the rows this person shall see."""
    view = VIEWS[name]
    shown = client.get(reverse(f"{name}-list"), {"page_size": 200}).json()["results"]
    expected = {str(row.pk): is_open(person, row) for row in rows if is_live(row) and is_visible(person, row)}
    if len(shown) != len(expected) or {row["id"] for row in shown} != set(expected):
        yield f"{name}: {len(shown)} rows of {len(expected)}"
    for row in shown:
        serializer_class = view.list_serializer_class or view.serializer_class
        if row.keys() != fields_of(serializer_class, expected.get(row["id"])):
            yield f"{name} {row['id']} in a list: {[*row]}"


def details(client, name, person, rows):
    """Describe the details that differ from what this person shall see."""
    for row in rows[::4]:
        answer = client.get(reverse(f"{name}-detail", kwargs={"pk": row.pk}))
        if answer.status_code != (200 if is_visible(person, row) else 404):
            yield f"{name} {row.pk}: {answer.status_code}"
        elif answer.status_code == 200 and answer.json().keys() != fields_of(
            VIEWS[name].serializer_class, is_open(person, row)
        ):
            yield f"{name} {row.pk}: {[*answer.json()]}"


def test_each_person_sees_exactly_the_evidence_that_is_theirs_to_see(people, client_of):
    table = {name: list(model.objects.all()) for name, model in MODELS.items()}
    faults, seen = [], set()
    for person in people:
        if not person.roles & {Role.DOCTOR, Role.RESEARCHER}:
            continue
        client = client_of(person)
        for name, rows in table.items():
            found = [*whole_page(client, name, person, rows), *details(client, name, person, rows)]
            faults += [f"{sorted(person.roles)} {fault}" for fault in found]
        seen.add(frozenset(row.pk for row in table["image"] if is_visible(person, row)))
    assert not faults
    assert len(seen) > 5  # people differ in what they see, or this would show nothing


def test_a_doctor_lists_only_the_teams_they_are_in(people, client_of):
    for person in people:
        if Role.DOCTOR in person.roles:
            listed = {team["id"] for team in client_of(person).get(reverse("team-list")).json()["results"]}
            teams = Team.objects.all() if person.is_superuser else person.teams.all()
            assert listed == {str(team.pk) for team in teams}


def test_scoping_runs_no_query(people, django_assert_num_queries):
    for person in people:
        assert person.roles  # a query, once for each request
    with django_assert_num_queries(0):
        for person, model in product(people, MODELS.values()):
            model.objects.live().visible_parts(person)
            model.objects.visible_to(person).open_to(person)


@pytest.mark.parametrize(("model", "scope"), [(Image, "open_to"), (Study, "owned_by"), (Patient, "owned_by")])
def test_a_person_names_only_rows_of_their_own_scope(model, scope, people):
    rows = list(model.objects.all())
    for person in people:
        serializer = type("Named", (serializers.Serializer,), {"named": Ref(model, scope=scope)})
        field = serializer(context={"request": Mock(user=person)}).fields["named"]
        is_own = {row.pk: row.owner == person or person.is_superuser for row in rows}
        expected = {row.pk for row in rows if (is_open(person, row) if scope == "open_to" else is_own[row.pk])}
        assert {row.pk for row in rows if accepts(field, row.pk)} == {
            row.pk for row in rows if row.pk in expected and not row.archived
        }


def accepts(field, pk):
    try:
        return field.run_validation(str(pk)).pk == pk
    except serializers.ValidationError:
        return False
