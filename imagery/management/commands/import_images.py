"""Imports a folder or a zip archive of images."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from accounts.models import Role, Team, User
from core import terminal
from core.epilog import EpilogMixin
from core.exceptions import InvalidInput
from imagery.actions import Outcome, share_study, take
from imagery.actions.bulk import look_at
from imagery.importing.folders import walked
from imagery.importing.parts import Part
from imagery.importing.report import Report, rows_of
from imagery.importing.threads import Stop, each
from imagery.importing.zips import LIMITS_OF_A_COMMAND, members
from imagery.models import Image
from imagery.serializers import AboutSerializer

# Measured with 300 files on two busy cores, medians of three: one thread 65 s, two 44 s, four 38 s, two processes 42 s.
WORKERS, MOST_WORKERS = 2, 32
SHOWN = 20  # refusals that are told on the terminal
TAKEN = ("stored", "already there")
REFUSED, MISUSED, STOPPED = 1, 2, 130  # exit codes
EPILOG = """
Each file is taken as `POST /api/v1/images/` takes it: recognised by its content, in a transaction of its own, under the
name of the owner. DICOM files find their patient, study and series; each picture gets a study of its own.

  manage.py import_images /media/cd --owner jane --report cd.csv
  manage.py import_images scans.zip --owner jane --modality DX --body-part CHEST
  manage.py import_images /media/cd --owner jane --dry-run          reads everything and keeps nothing

It may be stopped (Ctrl-C) or killed at any time and run again: what is there already is found by its bytes. With
--resume cd.csv it does not even read what the report says is in, and goes on with that report.

The report has a line for each file: path, outcome (stored, already there, refused, skipped), code and detail (why), and
the id of the image. Paths may name patients, so that only you can read it.
Exit code: 0 everything is in, 1 something was refused, 2 nothing was begun, 130 it was stopped.
"""


class Command(EpilogMixin, BaseCommand):
    help = "Import the DICOM, PNG and JPEG files of a folder or a zip archive."
    epilog = EPILOG

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "source", type=Path, help="A folder (links in it are not followed, hidden files not read) or a zip archive."
        )
        parser.add_argument("--owner", required=True, help="Username of the doctor whose images these will be.")
        parser.add_argument("--team", help="Name of a team of theirs: the studies are shared with it.")
        parser.add_argument("--modality", help="DICOM (0008,0060) of files that do not say it, e.g. CR.")
        parser.add_argument("--body-part", help="DICOM (0018,0015) of files that do not say it, e.g. CHEST.")
        parser.add_argument(
            "--workers", type=int, default=WORKERS, help=f"How many files at once, 1 to {MOST_WORKERS} ({WORKERS})."
        )
        parser.add_argument("--dry-run", action="store_true", help="Read and tell, and keep nothing.")
        told = parser.add_mutually_exclusive_group()
        told.add_argument("--report", type=Path, help="A CSV file to be written, one line for each file.")
        told.add_argument("--resume", type=Path, help="The report of an earlier run of the same source, to go on with.")

    def handle(self, *args: Any, **options: Any) -> None:
        owner = doctor(options["owner"])
        sharing = Sharing(owner, team_of(owner, options["team"]))
        work = work_of(owner, options)
        told = earlier(options["resume"])
        with ExitStack() as until:
            parts = parts_of(options["source"], until)
            report = report_of(options, told)
            if report:
                until.enter_context(report)
            stop = until.enter_context(Stop())
            new = not_in(told, parts)
            counts = Counter({"in the report already": len(parts) - len(new)})
            for outcome in self.shown(each(work, stop.until(new), options["workers"]), len(new), counts):
                sharing.share(outcome.image)
                if report:
                    report.add(row_of(outcome))
        self.end(counts, len(new), stop.asked)

    def shown(self, outcomes: Iterator[Outcome], number: int, counts: Counter[str]) -> Iterator[Outcome]:
        """The outcomes, counted, on a bar; the first refusals in words."""
        console = terminal.make_console(self)
        columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
        with Progress(*columns, console=console) as progress:
            bar = progress.add_task("", total=number)
            for outcome in outcomes:
                counts[outcome.outcome] += 1
                yield outcome
                progress.update(bar, advance=1, description=in_words(counts))
                if outcome.outcome == "refused" and counts["refused"] <= SHOWN:
                    console.print(
                        escape(f"{printable(outcome.name)}: {outcome.detail}"), highlight=False, soft_wrap=True
                    )

    def end(self, counts: Counter[str], number: int, stopped: bool) -> None:
        said = in_words(counts) or "There is nothing here."
        seen = sum(counts[name] for name in counts if name != "in the report already")
        if stopped and seen < number:
            raise CommandError(f"Stopped after {seen} of {number}: {said}. Run it again to go on.", returncode=STOPPED)
        self.stdout.write(said)
        if counts["refused"]:
            raise CommandError(f"{counts['refused']} were refused.", returncode=REFUSED)


def doctor(username: str) -> User:
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise CommandError(f"There is no user {username}.", returncode=MISUSED)
    if Role.DOCTOR not in user.roles:
        raise CommandError(f"{username} is no doctor: images belong to doctors.", returncode=MISUSED)
    return user


def team_of(owner: User, name: str | None) -> Team | None:
    teams = list(Team.objects.visible_to(owner).live().filter(name=name)) if name else [None]
    if len(teams) != 1:
        raise CommandError(f"{owner.username} is in {len(teams)} teams called {name}.", returncode=MISUSED)
    return teams[0]


def work_of(owner: User, options: dict[str, Any]) -> Any:
    """What is done with each file."""
    if not 1 <= options["workers"] <= MOST_WORKERS:
        raise CommandError(f"--workers takes a number from 1 to {MOST_WORKERS}.", returncode=MISUSED)
    said = {name: options[name] for name in ("modality", "body_part") if options[name]}
    about = AboutSerializer(data=said)
    if not about.is_valid():
        wrong = next(iter(about.errors))
        raise CommandError(f"--{wrong.replace('_', '-')}: {about.errors[wrong][0]}", returncode=MISUSED)
    if options["dry_run"]:
        return lambda part: look_at(by=owner, part=part)
    return lambda part: take(by=owner, part=part, **about.validated_data)


def parts_of(source: Path, until: ExitStack) -> Sequence[Part]:
    """The files of a folder or an archive, which stays open until the end."""
    try:
        if source.is_dir():
            return list(walked(source))
        return members(until.enter_context(source.open("rb")).fileno(), LIMITS_OF_A_COMMAND)
    except (OSError, InvalidInput) as exc:
        raise CommandError(f"{source}: {getattr(exc, 'strerror', None) or exc}", returncode=MISUSED) from exc


def earlier(path: Path | None) -> list[list[str]]:
    """What an earlier report says is in."""
    try:
        return [row for row in rows_of(path) if row[1] in TAKEN] if path else []
    except (OSError, ValueError) as exc:
        raise CommandError(f"{path} is no report of an import.", returncode=MISUSED) from exc


def not_in(told: list[list[str]], parts: Sequence[Part]) -> list[Part]:
    """The files that are still to come. Of a name that an archive holds twice nobody knows which one is in."""
    known, names = {row[0] for row in told}, Counter(part.name for part in parts)
    return [part for part in parts if part.name not in known or names[part.name] > 1]


def report_of(options: dict[str, Any], told: list[list[str]]) -> Report | None:
    if options["report"] and options["report"].exists():
        raise CommandError(f"{options['report']} is there already: --resume goes on with it.", returncode=MISUSED)
    path = options["report"] or options["resume"]
    try:
        return Report(path, told) if path else None
    except OSError as exc:
        raise CommandError(f"{path} cannot be written: {exc.strerror}.", returncode=MISUSED) from exc


def row_of(outcome: Outcome) -> list[str]:
    image = str(outcome.image.pk) if outcome.image else ""
    return [outcome.name, outcome.outcome, outcome.code, outcome.detail, image]


def in_words(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in counts.items() if number)


def printable(name: str) -> str:
    """A name may hold what moves a terminal's cursor, or bytes that are no text."""
    return "".join(each if each.isprintable() else "\ufffd" for each in name)


class Sharing:
    """Shares each study with the team once."""

    def __init__(self, owner: User, team: Team | None) -> None:
        self.owner, self.team, self.done = owner, team, set[Any]()

    def share(self, image: Image | None) -> None:
        if self.team is None or image is None or image.study_id in self.done:
            return
        share_study(by=self.owner, study=image.study, team=self.team)
        self.done.add(image.study_id)
