"""Links from one thing to another."""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db import models
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

NOTHING = "–"
MOST = 50  # links on one page


def address(model: Any, page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def link(row: models.Model | None, text: str = "") -> SafeString | str:
    """A link to a thing's page in the admin."""
    if row is None:
        return NOTHING
    return format_html('<a href="{}">{}</a>', address(row, "change", row.pk), text or short(row))


def short(row: models.Model) -> str:
    """What a row is called; a row without a name by the random end of its id."""
    name = str(row)
    return f"…\u2060{name[-8:]}" if name == str(row.pk) else name


def links(rows: Iterable[models.Model]) -> SafeString | str:
    """Links to a few things, one a line."""
    found = list(rows)[: MOST + 1]
    if not found:
        return NOTHING
    lines = format_html_join("", "<li>{}</li>", ((link(row),) for row in found[:MOST]))
    return format_html('<ul class="links">{}{}</ul>', lines, "…" if len(found) > MOST else "")


def listing(model: type[models.Model], text: str, **where: Any) -> SafeString:
    """A link to the list of what hangs on a thing: `listing(Image, "images", study=study)`."""
    query = urlencode({f"{name}__id__exact": row.pk for name, row in where.items()})
    return format_html('<a href="{}?{}">{}</a>', address(model, "changelist"), query, text)


def linked(name: str, description: str = "") -> Callable[[Any], Any]:
    """A column that links to the row which `name` points at."""

    @admin.display(description=description or name)
    def column(row: Any) -> Any:
        return link(getattr(row, name))

    column.__name__ = name
    return column
