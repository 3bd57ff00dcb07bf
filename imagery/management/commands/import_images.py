"""Imports a folder or a zip archive of images."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from accounts.models import Role, Team, User
from core import terminal
from core.epilog import EpilogMixin
from core.exceptions import InvalidInput
from imagery.actions import Outcome, PartResult, share_study, upload_part
from imagery.actions.batches import check_part
from imagery.importing.folders import find_files
from imagery.importing.parts import Part
from imagery.importing.report import Report, read_report
from imagery.importing.threads import StopSignal, run_in_threads
from imagery.importing.zips import COMMAND_LIMITS, open_archive
from imagery.models import Image
from imagery.serializers import AboutSerializer

# Measured with 300 files on two busy cores, medians of three: one thread 65 s, two 44 s, four 38 s, two processes 42 s.
WORKERS, MAX_WORKERS = 2, 32
MAX_PRINTED_REFUSALS = 20
DONE = (Outcome.STORED, Outcome.EXISTING)
IN_REPORT = "in the report already"
REFUSED, MISUSED, STOPPED = 1, 2, 130  # exit codes
EPILOG = """
Each file is uploaded as by `POST /api/v1/images/`: recognised by its content, in a transaction of its own, for the
owner. DICOM files find their patient, study and series; each picture gets a study of its own.

  manage.py import_images /media/cd --owner jane --report cd.csv
  manage.py import_images scans.zip --owner jane --modality DX --body-part CHEST
  manage.py import_images /media/cd --owner jane --dry-run          reads all files and stores none

You can stop it (Ctrl-C) or kill it at any time and run it again: it finds existing images by their bytes. With
--resume cd.csv it skips the files that the report lists as imported, and goes on with that report.

The report has a line for each file: path, outcome (stored, already there, refused, skipped), code and detail (why), and
the id of the image. Paths may name patients, so only you can read the report.
Exit code: 0 all files are imported, 1 some were refused, 2 nothing was started, 130 it was stopped.
"""


class Command(EpilogMixin, BaseCommand):
    help = "Import the DICOM, PNG and JPEG files of a folder or a zip archive."
    epilog = EPILOG

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", type=Path, help="A folder, without its links and hidden files, or a zip archive.")
        parser.add_argument("--owner", required=True, help="Username of the doctor who will own the images.")
        parser.add_argument("--team", help="Name of a team of theirs; the studies are shared with it.")
        parser.add_argument("--modality", help="DICOM (0008,0060), e.g. CR; used when the file does not say.")
        parser.add_argument("--body-part", help="DICOM (0018,0015), e.g. CHEST; used when the file does not say.")
        parser.add_argument(
            "--workers", type=int, default=WORKERS, help=f"Files at a time, 1 to {MAX_WORKERS}. Default {WORKERS}."
        )
        parser.add_argument("--dry-run", action="store_true", help="Read all files, and store none.")
        report = parser.add_mutually_exclusive_group()
        report.add_argument("--report", type=Path, help="Write this CSV file, one line for each file.")
        report.add_argument("--resume", type=Path, help="Go on with this report of an earlier run of the same source.")

    def handle(self, *args: object, **options: Any) -> None:
        owner = find_doctor(options["owner"])
        team = find_team(owner, options["team"]) if options["team"] else None
        work = work_on_parts(owner, options)
        earlier = imported_rows(options["resume"])
        with ExitStack() as stack:
            parts = list_parts(options["source"], stack)
            report = open_report(options, earlier, stack)
            stop = stack.enter_context(StopSignal())
            remaining = remaining_parts(parts, earlier)
            counts = Counter({IN_REPORT: len(parts) - len(remaining)})
            results = run_in_threads(work, stop.until_received(remaining), options["workers"])
            shared: set[UUID] = set()
            for result in self.show_progress(results, len(remaining), counts):
                share_once(owner, team, result.image, shared)
                if report:
                    report.add(report_row(result))
        self.finish(counts, len(remaining), stopped=stop.received)

    def show_progress(self, results: Iterator[PartResult], total: int, counts: Counter[str]) -> Iterator[PartResult]:
        """Pass on the results, count them on a bar, and print the first refusals."""
        console = terminal.make_console(self)
        columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
        with Progress(*columns, console=console) as progress:
            bar = progress.add_task("", total=total)
            for result in results:
                counts[result.outcome] += 1
                yield result
                progress.update(bar, advance=1, description=list_counts(counts))
                if result.outcome == Outcome.REFUSED and counts[Outcome.REFUSED] <= MAX_PRINTED_REFUSALS:
                    line = f"{without_control_characters(result.name)}: {result.detail}"
                    console.print(escape(line), highlight=False, soft_wrap=True)

    def finish(self, counts: Counter[str], total: int, *, stopped: bool) -> None:
        summary = list_counts(counts) or "No files found."
        done = counts.total() - counts[IN_REPORT]
        if stopped and done < total:
            raise CommandError(f"Stopped after {done} of {total}: {summary}. Run it again.", returncode=STOPPED)
        self.stdout.write(summary)
        if counts[Outcome.REFUSED]:
            raise CommandError(f"{counts[Outcome.REFUSED]} were refused.", returncode=REFUSED)


def find_doctor(username: str) -> User:
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise CommandError(f"There is no user {username}.", returncode=MISUSED)
    if Role.DOCTOR not in user.roles:
        raise CommandError(f"{username} is not a doctor. Only doctors own images.", returncode=MISUSED)
    return user


def find_team(owner: User, name: str) -> Team:
    teams = list(Team.objects.visible_to(owner).live().filter(name=name))
    if len(teams) != 1:
        raise CommandError(f"{owner.username} is in {len(teams)} teams called {name}.", returncode=MISUSED)
    return teams[0]


def work_on_parts(owner: User, options: Mapping[str, Any]) -> Callable[[Part], PartResult]:
    """Return the function that uploads, or with --dry-run checks, one file."""
    if not 1 <= options["workers"] <= MAX_WORKERS:
        raise CommandError(f"--workers is a number from 1 to {MAX_WORKERS}.", returncode=MISUSED)
    about = AboutSerializer(data={name: options[name] for name in ("modality", "body_part") if options[name]})
    if not about.is_valid():
        name = next(iter(about.errors))
        raise CommandError(f"--{name.replace('_', '-')}: {about.errors[name][0]}", returncode=MISUSED)
    if options["dry_run"]:
        return lambda part: check_part(by=owner, part=part)
    return lambda part: upload_part(by=owner, part=part, **about.validated_data)


def list_parts(source: Path, stack: ExitStack) -> Sequence[Part]:
    """List the files of a folder or of an archive, which stays open until the stack is closed."""
    try:
        if source.is_dir():
            return list(find_files(source))
        return open_archive(stack.enter_context(source.open("rb")), COMMAND_LIMITS)
    except (OSError, InvalidInput) as exc:
        raise CommandError(f"{source}: {getattr(exc, 'strerror', None) or exc}", returncode=MISUSED) from exc


def imported_rows(report: Path | None) -> list[list[str]]:
    """Return the rows of an earlier report whose files are imported."""
    try:
        return [row for row in read_report(report) if row[1] in DONE] if report else []
    except (OSError, ValueError) as exc:
        raise CommandError(f"{report} is not a report of an import.", returncode=MISUSED) from exc


def remaining_parts(parts: Sequence[Part], earlier: list[list[str]]) -> list[Part]:
    """Leave out files that an earlier report lists, unless an archive has two of that name."""
    reported, names = {row[0] for row in earlier}, Counter(part.name for part in parts)
    return [part for part in parts if part.name not in reported or names[part.name] > 1]


def open_report(options: Mapping[str, Any], earlier: list[list[str]], stack: ExitStack) -> Report | None:
    if options["report"] and options["report"].exists():
        raise CommandError(f"{options['report']} exists. Go on with it by --resume.", returncode=MISUSED)
    path = options["report"] or options["resume"]
    try:
        return stack.enter_context(Report(path, earlier)) if path else None
    except OSError as exc:
        raise CommandError(f"{path} cannot be written: {exc.strerror}.", returncode=MISUSED) from exc


def report_row(result: PartResult) -> list[str]:
    image = str(result.image.pk) if result.image else ""
    return [result.name, result.outcome, result.code, result.detail, image]


def share_once(owner: User, team: Team | None, image: Image | None, shared: set[UUID]) -> None:
    """Share the image's study with the team, unless this run has done so already."""
    if team and image and image.study_id not in shared:
        share_study(by=owner, study=image.study, team=team)
        shared.add(image.study_id)


def list_counts(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in counts.items() if number)


def without_control_characters(name: str) -> str:
    """Replace characters that move a terminal's cursor, and bytes that are not text."""
    return "".join(character if character.isprintable() else "\ufffd" for character in name)
