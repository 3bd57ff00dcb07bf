"""Load classifications and their crosswalks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from rich.progress import Progress

from core import terminal
from disease import actions
from disease.catalogue import CatalogueError, read_codes, read_links
from disease.models import CodeSystem

DATA = Path(__file__).parents[2] / "data"
RELEASES = {
    "icd-9-cm": ("v32", "ICD-9-CM, version 32", "http://hl7.org/fhir/sid/icd-9-cm"),
    "icd-10-cm": ("2026-04", "ICD-10-CM, April 2026", "http://hl7.org/fhir/sid/icd-10-cm"),
}
CROSSWALKS = {"gem-9-to-10": ("icd-9-cm", "icd-10-cm"), "gem-10-to-9": ("icd-10-cm", "icd-9-cm")}


class Command(BaseCommand):
    help = (
        "Load ICD-9-CM, ICD-10-CM and the General Equivalence Mappings that come with Harrison, or with --from a "
        "release of your own: a CSV file in UTF-8 with the columns code and title and, where known, kind (chapter, "
        "block, category, subcategory, code), parent, assignable, valid_to and notes. Safe to run again: existing "
        "codes keep their ids. If a row is wrong, nothing is loaded, and each error is named with its line."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", type=Path, dest="file", help="A CSV file of your own, gzipped or not.")
        parser.add_argument("--system", help="Short name of its classification, e.g. snomed-ct.")
        parser.add_argument("--release", help="Its edition, e.g. 2026-03.")
        parser.add_argument("--title", default="", help="Its full name.")
        parser.add_argument("--uri", default="", help="Its FHIR URI.")

    def handle(self, *args: object, **options: Any) -> None:
        try:
            self.load_own(options) if options["file"] else self.load_shipped()
        except CatalogueError as exc:
            for sentence in exc.sentences[:50]:
                self.stderr.write(sentence)
            raise CommandError(f"Nothing was loaded: {len(exc.sentences)} errors.") from exc

        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # the tables are a hundred times larger than the planner knows

    def load_own(self, options: dict[str, Any]) -> None:
        if not (options["system"] and options["release"]):
            raise CommandError("--from needs --system and --release, so that a new release stands beside the old one.")
        there = CodeSystem.objects.filter(key=options["system"], release=options["release"]).first()
        title = options["title"] or (there.title if there else f"{options['system']} {options['release']}")
        uri = options["uri"] or (there.uri if there else "")
        self.load_codes(options["system"], options["release"], title, uri, options["file"])

    def load_shipped(self) -> None:
        for key, (release, title, uri) in RELEASES.items():
            self.load_codes(key, release, title, uri, DATA / f"{key}.csv.gz")
        for name, (source, target) in CROSSWALKS.items():
            links = read_links(DATA / f"{name}.csv.gz")
            systems = {"source": shipped_system(source), "target": shipped_system(target)}
            with self.progress(name, len(links)) as on_progress:
                loaded = actions.import_links(by=None, links=links, on_progress=on_progress, **systems)
            self.report(name, loaded)

    def load_codes(self, key: str, release: str, title: str, uri: str, file: Path) -> None:
        entries = read_codes(file)
        about = {"key": key, "release": release, "title": title, "uri": uri}
        with self.progress(f"{key} {release}", len(entries)) as on_progress:
            loaded = actions.import_codes(by=None, entries=entries, on_progress=on_progress, **about)
        self.report(f"{key} {release}", loaded)

    @contextmanager
    def progress(self, name: str, rows: int) -> Iterator[Callable[[int], None]]:
        """Show a progress bar on a terminal until all rows are loaded."""
        with Progress(console=terminal.make_console(self), transient=True) as bar:
            task = bar.add_task(name, total=rows)
            yield lambda rows: bar.advance(task, rows)

    def report(self, name: str, loaded: actions.Loaded) -> None:
        nothing = "" if loaded.added or loaded.changed else "nothing changed: "
        self.stdout.write(
            f"{name}: {nothing}{loaded.added} added, {loaded.changed} changed, {loaded.same} as they were"
        )


def shipped_system(key: str) -> CodeSystem:
    return CodeSystem.objects.get(key=key, release=RELEASES[key][0])
