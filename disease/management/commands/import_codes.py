"""Loads classifications and their crosswalk."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from rich.console import Console

from disease import actions
from disease.catalogue import Faults, read_codes, read_links
from disease.models import CodeSystem

DATA = Path(__file__).parents[2] / "data"
RELEASES = {
    "icd-9-cm": ("v32", "ICD-9-CM, version 32", "http://hl7.org/fhir/sid/icd-9-cm"),
    "icd-10-cm": ("2026-04", "ICD-10-CM, April 2026", "http://hl7.org/fhir/sid/icd-10-cm"),
}
CROSSWALKS = {"gem-9-to-10": ("icd-9-cm", "icd-10-cm"), "gem-10-to-9": ("icd-10-cm", "icd-9-cm")}


class Command(BaseCommand):
    help = (
        "Load ICD-9-CM, ICD-10-CM and the General Equivalence Mappings that Harrison brings, or with --from a release "
        "of your own: a CSV file in UTF-8 with the columns code and title and, where known, kind (chapter, block, "
        "category, subcategory, code), parent, assignable, valid_to and notes. Safe to run again: what is there stays "
        "and keeps its id. When a row is wrong, nothing is loaded and each fault is named with its line."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", type=Path, dest="file", help="A CSV file of your own, gzipped or not.")
        parser.add_argument("--system", help="Short name of its classification, e.g. snomed-ct.")
        parser.add_argument("--release", help="Its edition, e.g. 2026-03.")
        parser.add_argument("--title", default="", help="Its full name.")
        parser.add_argument("--uri", default="", help="Its FHIR URI.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.own(options) if options["file"] else self.brought()
        except Faults as exc:
            for fault in exc.faults[:50]:
                self.stderr.write(fault)
            raise CommandError(f"Nothing was loaded: {len(exc.faults)} faults.") from exc

        with connection.cursor() as cursor:
            cursor.execute(
                "ANALYZE"
            )  # the planner's picture of the tables is of before: now they are a hundred times larger

    def own(self, options: dict[str, Any]) -> None:
        if not (options["system"] and options["release"]):
            raise CommandError("--from needs --system and --release, so that a new release stands beside the old one.")
        title = options["title"] or f"{options['system']} {options['release']}"
        self.codes(options["system"], options["release"], title, options["uri"], options["file"])

    def brought(self) -> None:
        for key, (release, title, uri) in RELEASES.items():
            self.codes(key, release, title, uri, DATA / f"{key}.csv.gz")
        for name, (source, target) in CROSSWALKS.items():
            with self.busy(f"{name}: loading"):
                systems = {"source": brought_system(source), "target": brought_system(target)}
                loaded = actions.import_links(by=None, links=read_links(DATA / f"{name}.csv.gz"), **systems)
            self.tell(name, loaded)

    def codes(self, key: str, release: str, title: str, uri: str, file: Path) -> None:
        with self.busy(f"{key} {release}: loading"):
            entries = read_codes(file)
            loaded = actions.import_codes(by=None, key=key, release=release, title=title, uri=uri, entries=entries)
        self.tell(f"{key} {release}", loaded)

    def busy(self, what: str) -> Any:
        return Console(file=self.stdout).status(what)  # type: ignore[arg-type]  # it writes like a file

    def tell(self, what: str, loaded: actions.Loaded) -> None:
        nothing = "" if loaded.added or loaded.changed else "nothing changed: "
        self.stdout.write(
            f"{what}: {nothing}{loaded.added} added, {loaded.changed} changed, {loaded.same} as they were"
        )


def brought_system(key: str) -> CodeSystem:
    return CodeSystem.objects.get(key=key, release=RELEASES[key][0])
