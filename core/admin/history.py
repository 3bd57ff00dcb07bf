"""The history page of a row: who changed it, when, and each field from which value to which."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import ClassVar

import reversion
from django.contrib import admin, messages
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db.models import FileField, Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from core import history
from core.admin.links import EMPTY
from core.history import Change

PAGE_SIZE = 50  # changes
MIN_DIFF_LENGTH = 30  # characters from which two texts are compared word by word


class HistoryMixin(admin.ModelAdmin):
    """Adds the history page to a ModelAdmin."""

    history_excluded: ClassVar[frozenset[str]] = frozenset()

    def has_history(self, request: HttpRequest, row: Model) -> bool:
        return reversion.is_registered(self.model)

    def history_fields(self) -> set[str]:
        fields = [*self.opts.concrete_fields, *self.opts.many_to_many]
        return {field.name for field in fields if not isinstance(field, FileField)} - self.history_excluded

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Mapping[str, object] | None = None
    ) -> HttpResponse:
        """Show recorded changes, newest first. `?before=` is the version before which the page begins."""
        row = self.get_object(request, object_id)
        if row is None or not self.has_history(request, row):
            self.message_user(request, f"No {self.opts.verbose_name} with the ID {object_id} exists.", messages.WARNING)
            return redirect("admin:index")
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        versions = history.versions_of(row)
        before = request.GET.get("before", "")
        if before.isascii() and before.isdigit():
            versions = versions.filter(pk__lt=int(before[:18]))
        page = list(versions[: PAGE_SIZE + 1])
        entries = history.describe_changes(page[:PAGE_SIZE], self.history_fields())
        context = {
            **self.admin_site.each_context(request),
            "title": f"History of {row}",
            "entries": describe_entries(entries, self.model, request.user),
            "older": page[PAGE_SIZE - 1].pk if len(page) > PAGE_SIZE else None,
            "object": row,
            "opts": self.opts,
        }
        return TemplateResponse(request, "core/history.html", context)


def describe_entries(entries: Sequence[Change], model: type[Model], user: object) -> list[dict[str, object]]:
    """Return the entries with the names of rows in place of their ids, where this person may see the rows."""
    names = names_of_rows(entries, model, user)
    return [
        {**entry, "changes": [describe_change(field, change, names) for field, change in entry["changes"].items()]}
        for entry in entries
    ]


def describe_change(field: str, change: Mapping[str, object], names: dict[str, str]) -> dict[str, object]:
    old, new = change["from"], change["to"]
    described: dict[str, object] = {"field": field.replace("_", " ")}
    if isinstance(old, str) and isinstance(new, str) and min(len(old), len(new)) > MIN_DIFF_LENGTH and old not in names:
        return described | {"words": mark_words(old, new)}
    return described | {"from": describe_value(old, names), "to": describe_value(new, names)}


def describe_value(value: object, names: dict[str, str]) -> str:
    if value in (None, "", [], {}):
        return EMPTY
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, list) and all(isinstance(item, str | int) for item in value):
        return ", ".join(sorted(names.get(str(item), str(item)) for item in value))
    return json.dumps(value, ensure_ascii=False)


def names_of_rows(entries: Sequence[Change], model: type[Model], user: object) -> dict[str, str]:
    """Look up the names of all rows that the changes refer to, with one query per model."""
    ids: dict[type[Model], set[str]] = defaultdict(set)
    for entry in entries:
        for field, change in entry["changes"].items():
            if related := related_model(model, field):
                ids[related].update(ids_in(change["from"]), ids_in(change["to"]))
    names: dict[str, str] = {}
    for related, wanted in ids.items():
        rows = related._default_manager.all()
        visible = rows.visible_to(user) if hasattr(rows, "visible_to") else rows
        names |= {str(row.pk): str(row) for row in visible.filter(pk__in=wanted)}
    return names


def related_model(model: type[Model], field: str) -> type[Model] | None:
    try:
        related = model._meta.get_field(field).related_model
    except FieldDoesNotExist:  # the field was removed since
        return None
    return related if isinstance(related, type) else None


def ids_in(value: object) -> list[str]:
    return [str(item) for item in (value if isinstance(value, list) else [value]) if item]


def mark_words(old: str, new: str) -> SafeString:
    """Return the text with each removed and each inserted word marked."""
    return format_html_join("", "<{0}>{1}</{0}>", diff_words(re.findall(r"\S+\s*", old), re.findall(r"\S+\s*", new)))


def diff_words(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    """Give the parts of both texts, each with its HTML element: `span`, `del` or `ins`."""
    for kind, start, end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        removed, inserted = "".join(old[start:end]), "".join(new[new_start:new_end])
        if kind == "equal":
            yield "span", removed
            continue
        if removed:
            yield "del", removed
        if inserted:
            yield "ins", inserted
