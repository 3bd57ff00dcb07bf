"""Load the starter labels."""

import csv
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.text import fold
from disease.models import Disease
from label.actions import create_label
from label.models import Label

STARTER = Path(__file__).parents[2] / "data" / "labels.csv"


class Command(BaseCommand):
    help = (
        "Load labels for chest images, each with a definition and the diseases that it means; needs load_diseases. "
        "Safe to run again: it skips a label whose name exists, in use or archived."
    )

    def handle(self, *args: object, **options: Any) -> None:
        existing_names = set(Label.objects.values_list("folded_name", flat=True))
        diseases = {disease.name: disease for disease in Disease.objects.live()}
        with STARTER.open(newline="") as file:
            rows = list(csv.DictReader(file))
        new = [row for row in rows if fold(row["label"]) not in existing_names]
        for row in new:
            create_label(by=None, name=row["label"], definition=row["definition"], diseases=diseases_of(row, diseases))
        self.stdout.write(f"Labels: {len(new)} loaded, {len(rows) - len(new)} existed already.")


def diseases_of(row: dict[str, str], diseases: dict[str, Disease]) -> list[Disease]:
    try:
        return [diseases[name] for name in row["diseases"].split(";")]
    except KeyError as exc:
        raise CommandError(f"There is no disease {exc} for label {row['label']}. Run load_diseases first.") from exc
