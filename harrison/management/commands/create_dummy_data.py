"""Fills a trial installation with made-up people and real images."""

import random
import secrets
from collections.abc import Iterable
from io import StringIO
from itertools import cycle, islice
from pathlib import Path
from typing import IO, Any, cast

import factory.random
from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import track
from rich.table import Table

from accounts.actions import create_team, let_in, register_user
from accounts.models import Role, User
from harrison import dummy
from imagery.actions import change_study, create_patient, share_study, upload_image
from imagery.decoding import render
from imagery.models import Image
from label.actions import annotate, archive_annotation, revise
from label.models import Annotation, Label

CAST = {"doctor": Role.DOCTOR, "research": Role.RESEARCHER, "auditor": Role.AUDITOR}


class Command(BaseCommand):
    help = (
        "Fill a trial installation: users doctor, research, auditor, admin and more doctors; diseases and labels; "
        "real images that pydicom brings; a random number of annotations. What the annotations say is invented. "
        "Everything goes through the same actions as the API, so it has history too. Prints who can log in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=None, help="The same seed makes the same data (random).")
        parser.add_argument("--images", type=int, default=24, help="How many images (24).")
        parser.add_argument("--password", help="One password for everybody (otherwise a random one each).")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("Made-up data does not belong among real patients: this is a production installation.")
        if User.objects.filter(username__in=CAST).exists():
            raise CommandError("The made-up users are there already: begin with an empty database to make them anew.")
        chance = random.Random(options["seed"])  # noqa: S311 - believable, not secret
        factory.random.reseed_random(options["seed"] if options["seed"] is not None else secrets.randbits(32))
        passwords = people(chance, options["password"])
        call_command("load_diseases", stdout=self.stdout)
        call_command("load_labels", stdout=self.stdout)
        doctors = list(User.objects.filter(groups__name=Role.DOCTOR).order_by("username"))
        self.evidence(chance, doctors, options["images"])
        self.stdout.write(tell(passwords))

    def evidence(self, chance: random.Random, doctors: list[User], number: int) -> None:
        console = Console(file=cast(IO[str], self.stdout))
        images = [
            uploaded(chance, doctors[0] if index == 0 else chance.choice(doctors), file)
            for index, file in enumerate(track(files(number), "Real images", console=console))
        ]
        share(doctors, images)
        for image in track(images, "Annotations", console=console):
            judge(chance, image)
        second_thoughts(chance)
        self.stdout.write(f"{len(images)} images, {Annotation.objects.count()} annotations; what they say is invented.")


def people(chance: random.Random, password: str | None) -> dict[str, str]:
    """The cast and a few more doctors: password by username."""
    passwords = {}
    for username, role in [*CAST.items(), *((name, Role.DOCTOR) for name in colleagues(chance))]:
        passwords[username] = password or secrets.token_urlsafe(12)
        register_user(by=None, username=username, password=passwords[username], roles=[role], **dummy.person())
    passwords["admin"] = password or secrets.token_urlsafe(12)
    register_user(by=None, username="admin", password=passwords["admin"], is_staff=True, is_superuser=True)
    return passwords


def colleagues(chance: random.Random) -> list[str]:
    return [f"doctor{number}" for number in range(2, chance.randint(3, 5) + 1)]


def files(number: int) -> list[File]:
    """The real DICOM files that are here; when more are wanted, PNG pictures of their frames, each another."""
    real = list(islice(dummy.real_images(), number))
    pictures = (picture(path, number) for number, path in enumerate(cycle(real)))
    return [*(File(path.open("rb")) for path in real), *islice(pictures, number - len(real))]


def picture(path: Path, number: int) -> ContentFile:
    """A frame as a PNG, a pixel smaller each time round, so that no two have the same bytes."""
    return ContentFile(render(path, size=max(64, 480 - number)))


def uploaded(chance: random.Random, owner: User, file: File) -> Image:
    with file:
        image = upload_image(by=owner, file=file, modality="OT", description="Made up")
    if image.study.patient is None:
        patient = create_patient(by=owner, sex=chance.choice("MF"))
        change_study(by=owner, study=image.study, patient=patient)
    return image


def share(doctors: list[User], images: Iterable[Image]) -> None:
    """The first doctor's studies are the team's."""
    lead, colleague = doctors[:2]
    team = create_team(by=lead, name="Chest radiology")
    let_in(by=lead, team=team, user=colleague)
    for study in {image.study for image in images if image.owner == lead}:
        share_study(by=lead, study=study, team=team)


def judge(chance: random.Random, image: Image) -> None:
    """Its owner, and sometimes somebody it is shared with, say a few things of an image."""
    readers = [image.owner, *User.objects.filter(teams__studies=image.study).exclude(pk=image.owner.pk)]
    labels = list(Label.objects.live().order_by("name"))
    for reader in readers:
        for label in chance.sample(labels, chance.randint(1, 4)):
            annotate(by=reader, image=image, label=label, **dummy.believable(chance, image))


def second_thoughts(chance: random.Random) -> None:
    """Some annotations are revised, and one is archived."""
    made = list(Annotation.objects.select_related("annotator", "image", "label").order_by("id"))
    for annotation in chance.sample(made, len(made) // 5):
        revise(by=annotation.annotator, annotation=annotation, state="uncertain", confidence=0.5)
    if made:
        archive_annotation(by=made[-1].annotator, annotation=made[-1])


def tell(passwords: dict[str, str]) -> str:
    """Who can log in, and a line to start with; also kept in the data folder, for this user of the machine alone."""
    table = Table("username", "password", "may")
    for user in User.objects.filter(username__in=passwords).order_by("username"):
        table.add_row(user.username, passwords[user.username], ", ".join(sorted(user.roles)))
    console = Console(width=100, file=StringIO(), record=True)
    console.print(table)
    text = console.export_text() + curl(passwords["doctor"])
    path = settings.DATA_DIR / "demo-credentials.txt"
    path.touch(mode=0o600)
    path.write_text(text)
    return text


def curl(password: str) -> str:
    body = f'{{"username": "doctor", "password": "{password}"}}'
    return f"curl -k -H 'Content-Type: application/json' -d '{body}' https://127.0.0.1:8000/api/v1/auth/login/\n"
