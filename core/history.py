"""The history of an object, read from its versions (django-reversion)."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypedDict

from django.db.models import BooleanField, DateTimeField, Field, FloatField, IntegerField, QuerySet
from rest_framework.request import Request
from reversion.models import Version

from core.fields import describe_user
from core.masking import mask_value
from core.models import Record
from core.paging import CursorPages

# An entry says when it happened; the others are for the database.
HIDDEN_FIELDS = frozenset({"id", "created_at", "updated_at", "version"})

PLAIN_FIELDS = (BooleanField, DateTimeField, FloatField, IntegerField)
AUDITOR = "auditor"  # the role whose people read every history, masked

Values = dict[str, object]


class Change(TypedDict):
    at: datetime
    by: dict[str, str] | None
    verb: str
    changes: dict[str, Values]


class HistoryPages(CursorPages):
    """Pages of versions, newest first."""

    def get_ordering(self, request: Request, queryset: QuerySet[Version], view: object) -> tuple[str, ...]:
        return ("-pk",)


def versions_of(record: Record) -> QuerySet[Version]:
    return Version.objects.get_for_object(record).select_related("revision__user").order_by("-pk")


def describe_changes(versions: Sequence[Version], fields: Iterable[str]) -> list[Change]:
    """Describe each version, newest first: when, by whom, the verb, and which of `fields` changed from what to what."""
    states = [*map(field_values, [*versions, *version_before(versions)]), {}]
    return [
        {
            "at": version.revision.date_created,
            "by": describe_user(version.revision.user),
            "verb": version.revision.comment,
            "changes": difference(old=states[index + 1], new=states[index], fields=set(fields) - HIDDEN_FIELDS),
        }
        for index, version in enumerate(versions)
    ]


def version_before(versions: Sequence[Version]) -> Iterable[Version]:
    """Return the version just before a page of them, if there is one."""
    if not versions:
        return ()
    oldest = versions[-1]
    same_object = Version.objects.filter(content_type=oldest.content_type, object_id=oldest.object_id, db=oldest.db)
    return same_object.filter(pk__lt=oldest.pk).order_by("-pk")[:1]


def field_values(version: Version) -> Values:
    """Return the fields as they were, from the stored JSON: a later change of the model then hides nothing."""
    return json.loads(version.serialized_data)[0]["fields"]


def difference(*, old: Values, new: Values, fields: set[str]) -> dict[str, Values]:
    return {
        name: {"from": old.get(name), "to": new.get(name)}
        for name in sorted(fields & (old.keys() | new.keys()))
        if old.get(name) != new.get(name)
    }


def mask_changes(versions: Sequence[Version], model: type[Record]) -> list[Change]:
    """Describe each version for an auditor: ids, times, choices, numbers and booleans are plain, all text is masked."""
    fields = {field.name: field for field in (*model._meta.concrete_fields, *model._meta.many_to_many)}
    changes = describe_changes(versions, fields)
    for change in changes:
        change["changes"] = {name: mask_unless_plain(fields[name], ends) for name, ends in change["changes"].items()}
    return changes


def mask_unless_plain(field: Field, ends: Values) -> Values:
    """Mask the value of a field before and after a change, unless its type holds no text."""
    if field.is_relation or field.choices or isinstance(field, PLAIN_FIELDS):
        return ends
    return {end: mask_value(json.dumps(value)) if value else value for end, value in ends.items()}
