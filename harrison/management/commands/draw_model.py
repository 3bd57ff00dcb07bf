"""Draw Harrison's tables as a class diagram."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db.models import Field, Model

from core.models import Record

RECORD_FIELDS = {field.name for field in Record._meta.get_fields()}
PAGE_PATH = settings.BASE_DIR / "docs" / "model.md"
PAGE = """# The model

The tables of Harrison and their relations. An arrow leads from a row to another that it refers to; the numbers at its
ends say how many of each there can be. Classes below `Record` are archived and restored, never deleted. Each
`models.py` explains its fields, with unit, code system or DICOM tag. `python manage.py draw_model --write` creates this
page, and a test compares it with the code.

## The tables

```mermaid
{diagram}
```
"""


class Command(BaseCommand):
    help = (
        "Print Harrison's own tables as a Mermaid class diagram, with fields, types and relations. With --write, "
        "write docs/model.md; do that after each change of a model."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", action="store_true", help="Write docs/model.md instead of printing.")

    def handle(self, *args: object, **options: Any) -> None:
        if not options["write"]:
            self.stdout.write(draw_diagram())
            return
        PAGE_PATH.write_text(draw_page())
        self.stdout.write("docs/model.md: written")


def draw_page() -> str:
    return PAGE.format(diagram=draw_diagram())


def draw_diagram() -> str:
    models = own_models()
    lines = ["classDiagram", *draw_class(Record, "<<abstract>>")]
    for model in models:
        lines += draw_class(model)
    lines += [f"    Record <|-- {model.__name__}" for model in models if issubclass(model, Record)]
    lines += [line for model in models for line in draw_relations(model, models)]
    return "\n".join(lines)


def own_models() -> list[type[Model]]:
    return [model for name in settings.OUR_APPS for model in apps.get_app_config(name).get_models()]


def draw_class(model: type[Model], *marks: str) -> list[str]:
    """Draw a model with its own columns; those of `Record` are drawn there."""
    columns = [
        f"{field.get_internal_type().removesuffix('Field')} {field.name}"
        for field in model._meta.local_concrete_fields
        if not field.is_relation and not is_inherited(model, field)
    ]
    return [f"    class {model.__name__} {{", *(f"        {line}" for line in (*marks, *columns)), "    }"]


def is_inherited(model: type[Model], field: Field) -> bool:
    return model is not Record and issubclass(model, Record) and field.name in RECORD_FIELDS


def draw_relations(model: type[Model], models: list[type[Model]]) -> Iterator[str]:
    """Draw an arrow for each relation to a model of Harrison."""
    for field in (*model._meta.local_concrete_fields, *model._meta.local_many_to_many):
        target = field.related_model
        if isinstance(target, type) and target in models:
            near, far = multiplicities(field)
            yield f'    {model.__name__} "{near}" --> "{far}" {target.__name__} : {field.name}'


def multiplicities(field: Field) -> tuple[str, str]:
    """Return how many rows can stand at the near and at the far end of a relation."""
    if field.many_to_many:
        return "0..*", "0..*"
    return "0..1" if field.one_to_one else "0..*", "0..1" if field.null else "1"
