"""Load the starter diseases and the codes that they carry."""

import csv
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from accounts.models import User
from core.actions import recorded
from core.text import fold
from disease.actions import create_disease
from disease.models import Code, CodeKind, CodeSystem, Disease

STARTER = Path(__file__).parents[2] / "data" / "diseases.csv"
RELEASES = {
    "icd-9-cm": ("v32", "ICD-9-CM, version 32", "http://hl7.org/fhir/sid/icd-9-cm"),
    "icd-10-cm": ("2026-04", "ICD-10-CM, April 2026", "http://hl7.org/fhir/sid/icd-10-cm"),
}


class Command(BaseCommand):
    help = (
        "Load some thirty common diseases, mostly of the chest, with their ICD-9-CM and ICD-10-CM codes. "
        "Safe to run again: it skips a disease whose name exists, in use or archived."
    )

    def handle(self, *args: object, **options: Any) -> None:
        existing_names = set(Disease.objects.values_list("folded_name", flat=True))
        starters = read_starters()
        new = {name: rows for name, rows in starters.items() if fold(name) not in existing_names}
        for name, rows in new.items():
            load_disease(by=None, name=name, rows=rows)
        self.stdout.write(f"Diseases: {len(new)} loaded, {len(starters) - len(new)} existed already.")


def read_starters() -> dict[str, list[dict[str, str]]]:
    """Return the rows of the file by disease, in the order of the file."""
    starters: dict[str, list[dict[str, str]]] = {}
    with STARTER.open(newline="") as file:
        for row in csv.DictReader(file):
            starters.setdefault(row["disease"], []).append(row)
    return starters


@recorded("loaded")
def load_disease(*, by: User | None, name: str, rows: list[dict[str, str]]) -> Disease:
    codes = [code_of(row) for row in rows]
    return create_disease(by=by, name=name, description=rows[0]["description"], codes=codes)


def code_of(row: dict[str, str]) -> Code:
    """Return the code of the release, which `import_codes` may have loaded before."""
    system = system_of(row["system"])
    existing = system.codes.filter(code=row["code"]).first()
    return existing or Code.objects.create(
        system=system, code=row["code"], title=row["title"], kind=kind_of(row["code"]), assignable=True
    )


def kind_of(code: str) -> CodeKind:
    """A category has no dot; a few, like J90 and 486, have nothing below them and are assignable themselves."""
    return CodeKind.CODE if "." in code else CodeKind.CATEGORY


def system_of(key: str) -> CodeSystem:
    release, title, uri = RELEASES[key]
    existing = CodeSystem.objects.filter(key=key, release=release).first()
    return existing or CodeSystem.objects.create(key=key, release=release, title=title, uri=uri)
