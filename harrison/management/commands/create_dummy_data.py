"""Fills a trial installation with made-up people and real images."""

import json
import random
import secrets
import shlex
from collections.abc import Iterable, Iterator
from contextlib import suppress
from io import BytesIO, StringIO
from itertools import chain, count, islice
from pathlib import Path
from typing import Any

import factory.random
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from PIL import Image as Picture
from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from accounts.actions import create_team, let_in, register_user
from accounts.models import Role, User
from core import terminal
from core.exceptions import Conflict
from dicom.visits import render
from harrison import dummy
from imagery.actions import change_study, create_patient, share_study, upload_image
from imagery.models import Image
from label.actions import annotate, archive_annotation, revise
from label.models import Annotation, Label

MOST = 1000  # images
CAST = {"doctor": Role.DOCTOR, "research": Role.RESEARCHER, "auditor": Role.AUDITOR}


class Command(BaseCommand):
    help = (
        "Fill a trial installation: users doctor, research, auditor, admin and more doctors; diseases and labels; "
        "real images that pydicom brings; a random number of annotations. What the annotations say is invented. "
        "Everything goes through the same actions as the API, so it has history too. Prints who can log in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=None, help="A number; the same one makes the same data again.")
        parser.add_argument("--images", type=int, default=24, help=f"How many images, 1 to {MOST} (24).")
        parser.add_argument("--password", help="One password for everybody (otherwise a random one each).")

    def handle(self, *args: Any, **options: Any) -> None:
        refuse(options["images"])
        seed = secrets.randbits(32) if options["seed"] is None else options["seed"]
        chance = random.Random(seed)  # noqa: S311 - believable, not secret
        factory.random.reseed_random(seed)
        told = tell(people(chance, options["password"]))
        call_command("load_diseases", stdout=self.stdout)
        call_command("load_labels", stdout=self.stdout)
        doctors = list(User.objects.filter(groups__name=Role.DOCTOR).order_by("username"))
        self.evidence(chance, doctors, options["images"])
        self.stdout.write(f"--seed {seed} makes the same again.\n{told}")

    def evidence(self, chance: random.Random, doctors: list[User], number: int) -> None:
        console = terminal.make_console(self)
        images = list(track(islice(arrivals(chance, doctors), number), "Real images", number, console=console))
        share(doctors, images)
        for image in track(images, "Annotations", console=console):
            judge(chance, image)
        second_thoughts(chance)
        self.stdout.write(f"{len(images)} images, {Annotation.objects.count()} annotations; what they say is invented.")


def refuse(images: int) -> None:
    """Raise `CommandError` where made-up data has no place, or none is left."""
    if settings.PRODUCTION:
        raise CommandError("Made-up data does not belong among real patients: this is a production installation.")
    if User.objects.filter(username__in=[*CAST, "admin"]).exists():
        raise CommandError("The made-up users are there already: begin with an empty database to make them anew.")
    if not 1 <= images <= MOST:
        raise CommandError(f"--images takes a number from 1 to {MOST}.")


@transaction.atomic
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


def arrivals(chance: random.Random, doctors: list[User]) -> Iterator[Image]:
    """Images without end; the first doctor has the first. What is refused, as another instance of the same, is left."""
    owners = chain(doctors[:1], (chance.choice(doctors) for _ in count()))
    for owner, file in zip(owners, files(), strict=False):
        with file, suppress(Conflict, ValidationError):
            image = uploaded(chance, owner, file)
            if image.is_new:
                yield image


def files() -> Iterator[File]:
    """The real DICOM files that are here, then pictures of their frames, each another."""
    real = list(dummy.real_images())
    yield from (File(path.open("rb")) for path in real)
    for turn in count():
        yield from (picture(path, turn) for path in real)


def picture(path: Path, turn: int) -> ContentFile:
    """A frame as a PNG, and as a JPEG every second turn; narrower each turn, so that no two have the same bytes."""
    stream = BytesIO()
    with Picture.open(BytesIO(render(path, size=480))) as frame:
        frame.crop((0, 0, frame.width - turn % frame.width, frame.height)).save(stream, ("PNG", "JPEG")[turn % 2])
    return ContentFile(stream.getvalue())


def uploaded(chance: random.Random, owner: User, file: File) -> Image:
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
    made = list(Annotation.objects.select_related("annotator", "image", "label").order_by("created_at", "id"))
    for annotation in chance.sample(made, len(made) // 5):
        revise(by=annotation.annotator, annotation=annotation, state="uncertain", confidence=0.5)
    if made:
        archive_annotation(by=made[-1].annotator, annotation=made[-1])


def tell(passwords: dict[str, str]) -> str:
    """Who can log in, and a line to start with; also kept in the data folder, for this user of the machine alone."""
    table = Table("username", "password", "may")
    for user in User.objects.filter(username__in=passwords).order_by("username"):
        table.add_row(user.username, escape(passwords[user.username]), ", ".join(sorted(user.roles)))
    console = Console(width=100, file=StringIO(), record=True)
    console.print(table)
    text = console.export_text() + curl(passwords["doctor"])
    path = settings.DATA_DIR / "demo-credentials.txt"
    path.touch()
    path.chmod(0o600)
    path.write_text(text)
    return text


def curl(password: str) -> str:
    body = shlex.quote(json.dumps({"username": "doctor", "password": password}))
    return f"curl -k -H 'Content-Type: application/json' -d {body} https://127.0.0.1:8000/api/v1/auth/login/\n"
