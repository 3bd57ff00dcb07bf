"""Loads the starter labels."""

import csv
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from disease.models import Disease
from label.actions import create_label
from label.models import Label

STARTER = Path(__file__).parents[2] / "data" / "labels.csv"


class Command(BaseCommand):
    help = (
        "Load labels for chest images, each with a definition and the diseases that it means; needs load_diseases. "
        "Safe to run again: a label whose name is there, in use or archived, is left as it is."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        known = {name.casefold() for name in Label.objects.values_list("name", flat=True)}
        diseases = {disease.name: disease for disease in Disease.objects.live()}
        with STARTER.open(newline="") as file:
            found = list(csv.DictReader(file))
        new = [row for row in found if row["label"].casefold() not in known]
        for row in new:
            create_label(by=None, name=row["label"], definition=row["definition"], diseases=meant(row, diseases))
        self.stdout.write(f"Labels: {len(new)} loaded, {len(found) - len(new)} were there.")


def meant(row: dict[str, str], diseases: dict[str, Disease]) -> list[Disease]:
    try:
        return [diseases[name] for name in row["diseases"].split(";")]
    except KeyError as exc:
        raise CommandError(f"There is no disease {exc} for label {row['label']}: run load_diseases first.") from exc
