"""Fill a database with rows as a hospital has them: python -m benchmarks.dataset IMAGES

A patient has three studies of two series of five images; an image has three annotations and one event. Twenty doctors
in four teams share every tenth study. Codes, diseases and labels must exist already. Prints as JSON what the operations
need to know.
"""

import json
import os
import random
import sys
from collections.abc import Iterable
from itertools import count, islice
from typing import TypeVar

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")

import django

django.setup()

from django.contrib.auth.models import Group
from django.db import connection, models, transaction
from knox.models import AuthToken

from accounts.models import Role, Team, User
from events.models import Event
from imagery.models import Image, Patient, Series, Study
from label.models import Annotation, Label, State
from label.places import place_of

STUDIES_AT_ONCE = 300
BATCH_ROWS = 2000
MODALITIES = ("CT", "CT", "CT", "CR", "DX", "MR", "US")
chance = random.Random(7)  # noqa: S311 - not a secret
numbers = count(1)
Row = TypeVar("Row", bound=models.Model)


def fill_database(images: int) -> dict[str, object]:
    doctors, labels = create_doctors(), list(Label.objects.all())
    teams = [Team.objects.create(name=f"Team {number}", lead=doctors[number]) for number in range(4)]
    for number, team in enumerate(teams):
        team.members.set(doctors[number::4])
    for start in range(0, images // 10, STUDIES_AT_ONCE):
        with transaction.atomic():
            created = create_images(doctors, teams, min(STUDIES_AT_ONCE, images // 10 - start))
            insert(Annotation, (row for image in created for row in annotations_of(image, doctors, labels)))
            insert(Event, map(event_of, created))
    settle_database()
    users = {"doctor": doctors[0], "colleague": doctors[2], **create_other_users()}
    return {
        "tokens": {name: AuthToken.objects.create(user)[1] for name, user in users.items()},
        "image": str(Image.objects.filter(owner=doctors[0]).latest("created_at").pk),
        "label": str(labels[0].pk),
    }


def create_doctors() -> list[User]:
    """Create twenty doctors. No study is shared with the first, some are with the third."""
    doctors = User.objects.bulk_create(User(username=f"doctor{number}", password="!") for number in range(20))
    for doctor in doctors:
        doctor.groups.set(Group.objects.filter(name=Role.DOCTOR))
    return doctors


def create_other_users() -> dict[str, User]:
    users = {}
    for role in (Role.RESEARCHER, Role.AUDITOR):
        users[str(role)] = User.objects.create_user(str(role))
        users[str(role)].groups.set(Group.objects.filter(name=role))
    return users


def create_images(doctors: list[User], teams: list[Team], number: int) -> list[Image]:
    """Create studies of ten images, with their patients and series."""
    owners = [doctors[index % len(doctors)] for index in range(number)]
    patients = insert(Patient, (Patient(owner=owner) for owner in owners[: 1 + number // 3]))
    by_owner = {patient.owner_id: patient for patient in patients}
    studies = insert(
        Study,
        (
            Study(owner=owner, patient=by_owner.get(owner.pk), uid=new_uid(), date="2026-03-01", age=61)
            for owner in owners
        ),
    )
    shares = Study.shared_with.through
    shared = enumerate(studies[::10])
    insert(shares, (shares(study=study, team=teams[index % 4]) for index, study in shared))
    series = insert(Series, (series_of(study) for study in studies for _ in range(2)))
    return insert(Image, (image_of(each) for each in series for _ in range(5)))


def series_of(study: Study) -> Series:
    modality = chance.choice(MODALITIES)
    return Series(owner=study.owner, study=study, uid=new_uid(), modality=modality, body_part="CHEST")


def image_of(series: Series) -> Image:
    number = next(numbers)
    return Image(
        owner=series.owner, study=series.study, series=series, modality=series.modality, body_part="CHEST",
        uid=new_uid(), media_type="application/dicom", rows=512, columns=512, size=525_000, sha256=f"{number:064x}",
        original=f"none/{number}", research=f"none/{number}", research_sha256=f"{number:064x}",
        research_patient=series.study.patient,
        release_state="released" if chance.random() < 0.8 else "quarantined",
    )  # fmt: skip


def annotations_of(image: Image, doctors: list[User], labels: list[Label]) -> Iterable[Annotation]:
    """Give the annotations of the owner and of two others."""
    first = doctors.index(image.owner)
    for annotator in (doctors[(first + 4 * step) % len(doctors)] for step in range(3)):
        state = chance.choice(State.values)
        box = {"type": "rectangle", "frame": 0, "points": [[10.0, 20.0], [chance.randint(30, 500), 200.0]]}
        yield Annotation(
            image=image, owner=image.owner, label=chance.choice(labels), annotator=annotator, state=state,
            confidence=0.8, geometry=box if state == State.PRESENT else None,
            place=place_of(box) if state == State.PRESENT else "",
        )  # fmt: skip


def event_of(image: Image) -> Event:
    return Event(
        duration=0.01, user=image.owner, roles=["doctor"], method="GET", path=f"/api/v1/images/{image.pk}/",
        route="api/v1/images/<uuid:pk>/", object_id=image.pk, status=200, client_address="127.0.0.1",
        headers={"host": "harrison.example", "accept": "application/json"},
    )  # fmt: skip


def insert(model: type[Row], rows: Iterable[Row]) -> list[Row]:
    iterator, inserted = iter(rows), list[Row]()
    while batch := list(islice(iterator, BATCH_ROWS)):
        inserted += model._base_manager.bulk_create(batch)
    return inserted


def new_uid() -> str:
    return f"1.2.826.0.1.3680043.8.498.{next(numbers):020}"


def settle_database() -> None:
    """Collect statistics now. Otherwise PostgreSQL does it while it is measured."""
    with connection.cursor() as cursor:
        for statement in ("VACUUM ANALYZE", "CHECKPOINT") if connection.vendor == "postgresql" else ("ANALYZE",):
            cursor.execute(statement)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(fill_database(int(sys.argv[1]))))
