"""The past of a thing, read from its versions."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from reversion.models import Version

from core.fields import person
from core.models import Record
from core.paging import CursorPages

# Told by the entry itself (when) or kept for the machinery.
SELF_EVIDENT = frozenset({"id", "created_at", "updated_at", "version"})


class HistoryPages(CursorPages):
    ordering = "-pk"


def versions_of(record: Record) -> Any:
    return Version.objects.get_for_object(record).select_related("revision__user").order_by("-pk")


def entries(versions: Sequence[Version], fields: Iterable[str]) -> list[dict[str, Any]]:
    """One entry per version, newest first: when, by whom, the verb, and `fields` that changed, from what to what."""
    states = [state(version) for version in [*versions, *before(versions)]]
    states.append({})
    shown = set(fields) - SELF_EVIDENT
    return [
        {
            "at": version.revision.date_created,
            "by": person(version.revision.user),
            "verb": version.revision.comment,
            "changes": difference(states[index + 1], states[index], shown),
        }
        for index, version in enumerate(versions)
    ]


def before(versions: Sequence[Version]) -> Iterable[Version]:
    """The version just before a page of them, if there is one."""
    if not versions:
        return ()
    oldest = versions[-1]
    same = Version.objects.filter(content_type=oldest.content_type, object_id=oldest.object_id, db=oldest.db)
    return same.filter(pk__lt=oldest.pk).order_by("-pk")[:1]


def state(version: Version) -> dict[str, Any]:
    """The fields as they were, read from the stored JSON, so that a later change of the model hides nothing."""
    return json.loads(version.serialized_data)[0]["fields"]


def difference(old: dict[str, Any], new: dict[str, Any], shown: set[str]) -> dict[str, dict[str, Any]]:
    return {
        name: {"from": old.get(name), "to": new.get(name)}
        for name in sorted(shown & (old.keys() | new.keys()))
        if old.get(name) != new.get(name)
    }
