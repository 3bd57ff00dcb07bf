"""The record of requests in the admin: for auditors, to read, never to change."""

from typing import Any, ClassVar

from django.contrib import admin
from django.utils.html import format_html, format_html_join

from accounts.models import Role, User
from core.admin import Made, RecordAdmin, one_of
from core.admin.links import NOTHING
from events.models import Event

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
STATUSES = (200, 201, 204, 302, 400, 401, 403, 404, 405, 409, 412, 413, 415, 429, 500, 503)


@admin.register(Event)
class EventAdmin(RecordAdmin):
    list_display = ("occurred_at", "user", "method", "path", "status", "took", "client_address", "verb")
    list_filter: ClassVar[Any] = (Made, one_of("method", METHODS), one_of("status", STATUSES))
    list_select_related = ("user", "revision")
    search_fields: ClassVar[Any] = ("user",)
    search_help_text = "A username, a request id, or the id of what was asked for."
    ids = ("pk", "object_id")
    related = ("user",)
    actions = ()
    roles: ClassVar[Any] = {"view": frozenset({Role.AUDITOR})}
    shown = (
        "occurred_at", "took", "user", "roles", "method", "path", "route", "status", "client_address", "object_id",
        "query", "headers", "verb", "touched",
    )  # fmt: skip

    def find(self, request: Any, queryset: Any, words: str) -> Any:
        return (
            queryset.filter(user__in=list(User.objects.filter(username=words.strip()))) if words.strip() else queryset
        )

    @admin.display(description="took")
    def took(self, event: Event) -> str:
        return f"{event.duration * 1000:.0f} ms"

    @admin.display(description="change")
    def verb(self, event: Event) -> str:
        return event.revision.comment if event.revision else NOTHING

    @admin.display(description="what it changed")
    def touched(self, event: Event) -> Any:
        """The rows that the request's revision touched, by kind and id: an auditor sees nothing else of them."""
        if event.revision is None:
            return NOTHING
        found = event.revision.version_set.select_related("content_type")
        lines = ((version.content_type.model, version.object_id) for version in found)
        return format_html('<ul class="links">{}</ul>', format_html_join("", "<li>{} {}</li>", lines))
