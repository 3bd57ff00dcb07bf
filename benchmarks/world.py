"""Rows as a hospital has them, made quickly: python -m benchmarks.world IMAGES

A patient has three studies of two series of five images each, and every image five annotations. Twenty doctors in four
teams share every tenth study, and every tenth annotation has a past. Prints what the operations need to know, as JSON.
The database that the environment names has the codes, the diseases and the labels already.
"""

import json
import os
import random
import sys
from collections.abc import Iterable, Iterator
from itertools import count, islice
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")

import django

django.setup()

from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.serializers import serialize
from django.db import connection, models, transaction
from django.utils import timezone
from knox.models import AuthToken
from reversion.models import Revision, Version

from accounts.models import Role, Team, User
from events.models import Event
from imagery.models import Image, Patient, Series, Study
from label import actions
from label.models import Annotation, Label, State

PASSWORD = "a password for the benchmark alone"  # noqa: S105 - of a world that is thrown away
CHAPTER = "J00-J99"
WHO = ("doctor", "colleague", "researcher", "auditor")
PATIENTS = 100  # made at once; each stands for the thirty images of three studies
REVISIONS = 10  # of the annotation whose history is read
MODALITIES = ("CT", "CT", "CT", "CR", "DX", "MR", "US")
chance = random.Random(7)  # noqa: S311 - a sample, not a secret
numbers = count(1)


def main(images: int) -> dict[str, Any]:
    people = cast()
    doctors, labels = people["doctors"], list(Label.objects.all())
    teams = [Team.objects.create(name=f"Team {number}", lead=doctors[number]) for number in range(4)]
    for number, team in enumerate(teams):
        team.members.set(doctors[number::4])
    for _ in range(0, images, PATIENTS * 30):
        with transaction.atomic():
            made = evidence(doctors, teams, min(images, PATIENTS * 30) // 10)
            judgement(made, doctors, labels)
    settle()
    return told(people, labels)


def settle() -> None:
    """What a database has behind it that has lived for a while; else PostgreSQL does it while it is measured."""
    with connection.cursor() as cursor:
        for statement in ("VACUUM ANALYZE", "CHECKPOINT") if connection.vendor == "postgresql" else ("ANALYZE",):
            cursor.execute(statement)


def cast() -> dict[str, Any]:
    doctors = User.objects.bulk_create(User(username=f"doctor{number or ''}", password="!") for number in range(20))
    for user in doctors:
        user.groups.set(Group.objects.filter(name=Role.DOCTOR))
    doctors[0].set_password(PASSWORD)
    doctors[0].save()
    others = {}
    for role in (Role.RESEARCHER, Role.AUDITOR):
        others[str(role)] = User.objects.create_user(str(role))
        others[str(role)].groups.set(Group.objects.filter(name=role))
    # With the first doctor nobody shares anything, with the third the first does.
    return {"doctors": doctors, "doctor": doctors[0], "colleague": doctors[2], **others}


def evidence(doctors: list[User], teams: list[Team], studies: int) -> list[Image]:
    """So many studies of ten images, with what is above and below them."""
    owners = [doctors[number % len(doctors)] for number in range(studies)]
    patients = made(Patient, (Patient(owner=owner) for owner in owners[: 1 + studies // 3]))
    found = made(Study, (Study(owner=owner, uid=uid(), date="2026-03-01", age=61) for owner in owners))
    of: dict[Any, list[Patient]] = {}
    for patient in patients:
        of.setdefault(patient.owner_id, []).append(patient)
    for study in found:
        study.patient = chance.choice(of.get(study.owner_id) or [None])
    Study.objects.bulk_update(found, ["patient"], batch_size=500)
    links = Study.shared_with.through
    shared = [links(study=study, team=teams[number // 10 % 4]) for number, study in enumerate(found) if not number % 10]
    made(links, shared)
    series = made(Series, (one_series(study) for study in found for _ in range(2)))
    return made(Image, (one_image(each) for each in series for _ in range(5)))


def one_series(study: Study) -> Series:
    return Series(owner=study.owner, study=study, uid=uid(), modality=chance.choice(MODALITIES), body_part="CHEST")


def one_image(series: Series) -> Image:
    number = next(numbers)
    released = chance.random() < 0.8
    return Image(
        owner=series.owner, study=series.study, series=series, modality=series.modality, body_part="CHEST",
        uid=uid(), media_type="application/dicom", rows=512, columns=512, size=525_000, sha256=f"{number:064x}",
        original=f"none/{number}", research=f"none/{number}", research_sha256=f"{number:064x}",
        research_patient=series.study.patient, release_state="released" if released else "quarantined",
    )  # fmt: skip


def judgement(images: list[Image], doctors: list[User], labels: list[Label]) -> None:
    """Five annotations of each image, a past of every tenth, and as many events as images."""
    annotations = made(
        Annotation,
        (said(image, doctor, chance.choice(labels)) for image in images for doctor in readers(image, doctors)),
    )
    past(annotations[::10])
    made(Event, (asked(image) for image in images))


def readers(image: Image, doctors: list[User]) -> list[User]:
    """The owner and four others."""
    first = doctors.index(image.owner)
    return [doctors[(first + 4 * step) % len(doctors)] for step in range(5)]


def said(image: Image, doctor: User, label: Label) -> Annotation:
    box = {"type": "rectangle", "frame": 0, "points": [[10.0, 20.0], [chance.randint(30, 500), 200.0]]}
    state = chance.choice(State.values)
    return Annotation(
        image=image, owner=image.owner, label=label, annotator=doctor, state=state, confidence=0.8,
        geometry=box if state == State.PRESENT else None,
    )  # fmt: skip


def past(annotations: list[Annotation]) -> None:
    """That they were made, as `recorded` would have said it."""
    kind, now = ContentType.objects.get_for_model(Annotation), timezone.now()
    revisions = made(Revision, (Revision(date_created=now, user=a.annotator, comment="annotated") for a in annotations))
    versions = (
        Version(
            revision=revision, object_id=str(row.pk), content_type=kind, db="default", format="json",
            serialized_data=serialize("json", [row]), object_repr=str(row),
        )
        for revision, row in zip(revisions, annotations, strict=True)
    )  # fmt: skip
    made(Version, versions)


def asked(image: Image) -> Event:
    return Event(
        duration=0.01, user=image.owner, roles=["doctor"], method="GET", path=f"/api/v1/images/{image.pk}/",
        route="api/v1/images/<uuid:pk>/", object_id=image.pk, status=200, client_address="127.0.0.1",
        headers={"host": "harrison.example", "accept": "application/json"},
    )  # fmt: skip


def made(model: type[models.Model], rows: Iterable[Any]) -> list[Any]:
    """The rows, in the database."""
    found: list[Any] = []
    for some in slices(iter(rows), 2000):
        found += model._default_manager.bulk_create(some)
    return found


def slices(rows: Iterator[Any], size: int) -> Iterator[list[Any]]:
    while some := list(islice(rows, size)):
        yield some


def uid() -> str:
    return f"1.2.826.0.1.3680043.8.498.{next(numbers):020}"


def told(people: dict[str, Any], labels: list[Label]) -> dict[str, Any]:
    """An image of the doctor's, an annotation with a past, and everybody's token."""
    doctor = people["doctor"]
    image = Image.objects.filter(owner=doctor).latest("created_at")
    point = {"type": "point", "frame": 0, "points": [[10.0, 20.0]]}
    annotation = actions.annotate(by=doctor, image=image, label=labels[0], state="present", geometry=point)
    for number in range(REVISIONS):
        actions.revise(by=doctor, annotation=annotation, confidence=number / REVISIONS)
    return {
        "password": PASSWORD,
        "tokens": {who: AuthToken.objects.create(people[who])[1] for who in WHO},
        "image": str(image.pk),
        "annotation": str(annotation.pk),
        "label": str(labels[0].pk),
        "chapter": CHAPTER,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(int(sys.argv[1]))))
