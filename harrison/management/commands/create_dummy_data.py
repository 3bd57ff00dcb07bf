"""Fill a trial installation with made-up people and real images."""

import random
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain, count, islice
from pathlib import Path
from typing import Any

import factory.random
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from rich.progress import track

from accounts.actions import create_team, let_in, register_user
from accounts.models import Role, User
from core import terminal
from core.exceptions import Conflict
from harrison import dummy
from harrison.welcome import CREDENTIALS, credentials_table
from imagery.actions import change_study, create_patient, get_or_upload_image, share_study
from imagery.models import Image
from label.actions import annotate, archive_annotation, revise
from label.models import Annotation, Label

MAX_IMAGES = 1000
USERS = {"doctor": Role.DOCTOR, "research": Role.RESEARCHER, "auditor": Role.AUDITOR}


class Command(BaseCommand):
    help = (
        "Fill a trial installation with users (doctor, research, auditor, admin and more doctors), diseases, labels, "
        "real images from pydicom, and invented annotations. Everything is created by the same actions as through the "
        "API, so it has a history. Writes the passwords to a file."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, help="A number. The same number creates the same data again.")
        parser.add_argument(
            "--images", type=int, default=24, help=f"Number of images, from 1 to {MAX_IMAGES}. Default: 24."
        )
        parser.add_argument("--password", help="Password of all users. Default: a random one for each.")

    def handle(self, *args: object, **options: Any) -> None:
        refuse_unsuitable(options["images"])
        seed = secrets.randbits(32) if options["seed"] is None else options["seed"]
        chance = random.Random(seed)  # noqa: S311 - not a secret
        factory.random.reseed_random(seed)
        credentials = write_credentials(register_users(chance, options["password"]))
        call_command("load_diseases", stdout=self.stdout)
        call_command("load_labels", stdout=self.stdout)
        doctors = list(User.objects.filter(groups__name=Role.DOCTOR).order_by("username"))
        self.create_evidence(chance, doctors, options["images"])
        self.stdout.write(f"--seed {seed} creates the same data again. The passwords are in {credentials}.")

    def create_evidence(self, chance: random.Random, doctors: list[User], number: int) -> None:
        console = terminal.make_console(self)
        uploads = islice(upload_images(chance, doctors), number)
        images = list(track(uploads, "Real images", number, console=console))
        share_studies(doctors, images)
        for image in track(images, "Annotations", console=console):
            annotate_image(chance, image)
        change_some_annotations(chance)
        self.stdout.write(f"{len(images)} real images and {Annotation.objects.count()} invented annotations.")


def refuse_unsuitable(images: int) -> None:
    if settings.PRODUCTION:
        raise CommandError("This is a production installation: dummy data must not mix with real patients.")
    if User.objects.filter(username__in=[*USERS, "admin"]).exists():
        raise CommandError("The dummy users exist already: start with an empty database to create them again.")
    if not 1 <= images <= MAX_IMAGES:
        raise CommandError(f"--images is {images}: give a number from 1 to {MAX_IMAGES}.")


@transaction.atomic
def register_users(chance: random.Random, password: str | None) -> dict[str, str]:
    """Register the users and a few more doctors. Returns the password of each."""
    passwords = {}
    more_doctors = [f"doctor{number}" for number in range(2, chance.randint(3, 5) + 1)]
    for username, role in (USERS | dict.fromkeys(more_doctors, Role.DOCTOR)).items():
        passwords[username] = password or secrets.token_urlsafe(12)
        person = dummy.create_person()
        is_staff = username in USERS  # the other doctors show that the admin is for staff
        register_user(
            by=None, username=username, password=passwords[username], roles=[role], is_staff=is_staff, **person
        )
    passwords["admin"] = password or secrets.token_urlsafe(12)
    register_user(by=None, username="admin", password=passwords["admin"], is_staff=True, is_superuser=True)
    return passwords


def upload_images(chance: random.Random, doctors: list[User]) -> Iterator[Image]:
    """Upload images without end, the first as the first doctor. Skip those that are refused as duplicates."""
    owners = chain(doctors[:1], (chance.choice(doctors) for _ in count()))
    for owner, file in zip(owners, dummy.image_files(), strict=False):
        with file, suppress(Conflict, ValidationError):
            image, added = get_or_upload_image(by=owner, file=file, modality="OT", description="Made up")
            give_patient(chance, owner, image)
            if added:
                yield image


def give_patient(chance: random.Random, owner: User, image: Image) -> None:
    if image.study.patient is None:
        patient = create_patient(by=owner, sex=chance.choice("MF"))
        change_study(by=owner, study=image.study, patient=patient)


def share_studies(doctors: list[User], images: Iterable[Image]) -> None:
    """Let the first two doctors form a team, and share the studies of the first with it."""
    lead, colleague = doctors[:2]
    team = create_team(by=lead, name="Chest radiology")
    let_in(by=lead, team=team, user=colleague)
    for study in {image.study for image in images if image.owner == lead}:
        share_study(by=lead, study=study, team=team)


def annotate_image(chance: random.Random, image: Image) -> None:
    """Annotate an image as its owner, and as everyone it is shared with."""
    readers = [image.owner, *User.objects.filter(teams__studies=image.study).exclude(pk=image.owner.pk)]
    labels = list(Label.objects.live().order_by("name"))
    for reader in readers:
        for label in chance.sample(labels, chance.randint(1, 4)):
            annotate(by=reader, image=image, label=label, **dummy.create_statement(chance, image))


def change_some_annotations(chance: random.Random) -> None:
    """Revise a fifth of the annotations and archive the last one, so that there is a history to look at."""
    annotations = list(Annotation.objects.select_related("annotator", "image", "label").order_by("created_at", "id"))
    for annotation in chance.sample(annotations, len(annotations) // 5):
        revise(by=annotation.annotator, annotation=annotation, state="uncertain", confidence=0.5)
    if annotations:
        archive_annotation(by=annotations[-1].annotator, annotation=annotations[-1])


def write_credentials(passwords: dict[str, str]) -> Path:
    """Write who can log in to a file that only this user of the machine may read."""
    users = User.objects.filter(username__in=passwords).order_by("username")
    path: Path = settings.DATA_DIR / CREDENTIALS
    path.touch()
    path.chmod(0o600)
    path.write_text(credentials_table([(user.username, passwords[user.username], rights_of(user)) for user in users]))
    return path


def rights_of(user: User) -> str:
    return ", ".join([*sorted(user.roles), *(["admin"] if user.is_staff else [])])
