"""Draws Harrison's tables as a class diagram."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db.models import Field, Model

from core.models import Record

SHARED = {field.name for field in Record._meta.get_fields()}
PLACE = settings.BASE_DIR / "docs" / "model.md"
PAGE = """# The model

What Harrison keeps, and how it hangs together. An arrow leads from a row to another that it names; the numbers at its
ends say how many of each there may be. Whatever derives from `Record` is archived and restored, never deleted. What a
field means, with unit, code system or DICOM tag, is said beside it in each `models.py`. This page is made by
`python manage.py draw_model --write`, and a test holds it to the code.

## The tables

```mermaid
{diagram}
```
"""


class Command(BaseCommand):
    help = (
        "Print Harrison's own tables, without Django's, as a Mermaid class diagram: fields with their types, relations "
        "with how many. --write puts it into docs/model.md; do that whenever a model changes."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", action="store_true", help="Write docs/model.md instead of printing the diagram.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["write"]:
            self.stdout.write(diagram())
            return
        PLACE.write_text(page())
        self.stdout.write("docs/model.md: written")


def page() -> str:
    return PAGE.format(diagram=diagram())


def diagram() -> str:
    models = ours()
    lines = ["classDiagram", *box(Record, "<<abstract>>")]
    for model in models:
        lines += box(model)
    lines += [f"    Record <|-- {model.__name__}" for model in models if issubclass(model, Record)]
    lines += [line for model in models for line in arrows(model, models)]
    return "\n".join(lines)


def ours() -> list[type[Model]]:
    """The tables of the apps that lie beside `manage.py`."""
    rooms = [room for room in apps.get_app_configs() if Path(room.path).parent == settings.BASE_DIR]
    return [model for room in rooms for model in room.get_models()]


def box(model: type[Model], *marks: str) -> list[str]:
    """A class with its columns; those that it has from `Record` are drawn there."""
    columns = [f"{kind(field)} {field.name}" for field in model._meta.local_concrete_fields if shown(model, field)]
    return [f"    class {model.__name__} {{", *(f"        {line}" for line in (*marks, *columns)), "    }"]


def shown(model: type[Model], field: Field) -> bool:
    inherited = model is not Record and issubclass(model, Record) and field.name in SHARED
    return not field.is_relation and not inherited


def kind(field: Field) -> str:
    return field.get_internal_type().removesuffix("Field")


def arrows(model: type[Model], models: list[type[Model]]) -> Iterator[str]:
    """One line per relation to another of our own tables."""
    for field in (*model._meta.local_concrete_fields, *model._meta.local_many_to_many):
        target: Any = field.related_model
        if target in models:
            here, there = how_many(field)
            yield f'    {model.__name__} "{here}" --> "{there}" {target.__name__} : {field.name}'


def how_many(field: Field) -> tuple[str, str]:
    """How many rows stand at the near and at the far end of a relation."""
    if field.many_to_many:
        return "0..*", "0..*"
    return "0..1" if field.one_to_one else "0..*", "0..1" if field.null else "1"
