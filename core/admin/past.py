"""The past of a thing as a page: who, when, what, and each field from what to what, in words."""

import json
import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from core import history
from core.admin.links import NOTHING

PAGE = 50  # entries
LONG = 30  # characters from which a text is compared word by word


def told(versions: Sequence[Any], fields: Iterable[str], model: type[models.Model], user: Any) -> list[dict[str, Any]]:
    """The entries of these versions, with rows called by their names where this person may see them."""
    entries = history.describe_changes(versions, fields)
    names = Names(model, user)
    for entry in entries:
        for name, change in entry["changes"].items():
            names.note(name, change["from"])
            names.note(name, change["to"])
    return [{**entry, "changes": [line(names, *item) for item in entry["changes"].items()]} for entry in entries]


def line(names: "Names", name: str, change: dict[str, Any]) -> dict[str, Any]:
    old, new = change["from"], change["to"]
    field = name.replace("_", " ")
    if isinstance(old, str) and isinstance(new, str) and min(len(old), len(new)) > LONG and not names.model_of(name):
        return {"field": field, "words": by_words(old, new)}
    return {"field": field, "from": names.say(name, old), "to": names.say(name, new)}


def by_words(old: str, new: str) -> SafeString:
    """What was taken out and what was put in, each word marked as such."""
    before, after = re.findall(r"\S+\s*", old), re.findall(r"\S+\s*", new)
    steps = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return format_html_join("", "{}", ((step(kind, before[a:b], after[c:d]),) for kind, a, b, c, d in steps))


def step(kind: str, before: list[str], after: list[str]) -> SafeString:
    if kind == "equal":
        return format_html("{}", "".join(before))
    gone, come = "".join(before), "".join(after)
    return format_html(
        "{}{}",
        format_html("<del>{}</del>", gone) if gone else "",
        format_html("<ins>{}</ins>", come) if come else "",
    )


class Names:
    """Says what a version holds: ids as names, looked up a model at a time, among what a person may see."""

    def __init__(self, model: type[models.Model], user: Any) -> None:
        self.model, self.user = model, user
        self.ids: dict[Any, set[str]] = {}
        self.found: dict[Any, dict[str, str]] = {}

    def model_of(self, name: str) -> Any:
        try:
            return self.model._meta.get_field(name).related_model
        except FieldDoesNotExist:
            return None

    def note(self, name: str, value: Any) -> None:
        related = self.model_of(name)
        if related and value:
            self.ids.setdefault(related, set()).update(map(str, value if isinstance(value, list) else [value]))

    def say(self, name: str, value: Any) -> str:
        related = self.model_of(name)
        if value in (None, "", [], {}):
            return NOTHING
        if related:
            known = self.known(related)
            return ", ".join(
                sorted(known.get(str(id), str(id)) for id in (value if isinstance(value, list) else [value]))
            )
        if isinstance(value, list) and all(isinstance(word, str) for word in value):
            return ", ".join(value)
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    def known(self, related: Any) -> dict[str, str]:
        if related not in self.found:
            rows = related._default_manager.all()
            rows = rows.visible_to(self.user) if hasattr(rows, "visible_to") else rows
            self.found[related] = {str(row.pk): str(row) for row in rows.filter(pk__in=self.ids[related])}
        return self.found[related]
