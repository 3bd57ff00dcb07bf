"""Links from the page of one row to other rows and lists."""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

EMPTY = "–"
MAX_LINKS = 50

Column = str | Callable[[Any], SafeString | str]  # of a list, or a field of a page


def admin_url(model: type[Model] | Model, page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def link(row: Model | None, text: str = "") -> SafeString | str:
    """Return a link to the page of a row."""
    if row is None:
        return EMPTY
    return format_html('<a href="{}">{}</a>', admin_url(row, "change", row.pk), text or str(row))


def link_lines(rows: Iterable[Model]) -> SafeString | str:
    """Return links to a few rows, one per line."""
    shown = list(rows)[: MAX_LINKS + 1]
    lines = format_html_join("", "<li>{}</li>", ((link(row),) for row in shown[:MAX_LINKS]))
    return format_html('<ul class="links">{}{}</ul>', lines, "…" if len(shown) > MAX_LINKS else "") if shown else EMPTY


def filtered_list_url(model: type[Model], column: str, row: Model) -> str:
    return f"{admin_url(model, 'changelist')}?{urlencode({f'{column}__id__exact': row.pk})}"


def linked(name: str, title: str = "") -> Column:
    """Make a column that links to the row in the foreign key `name`; `title` names a property for the text."""

    @admin.display(description=name)
    def column(row: Any) -> SafeString | str:
        target = getattr(row, name)
        return link(target, getattr(target, title) if target and title else "")

    column.__name__ = name
    return column
