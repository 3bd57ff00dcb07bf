"""The audit log in the admin, for auditors to read."""

from datetime import datetime
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.models import Role, User
from core.admin import EMPTY, RecordAdmin, TimeFilter, choice_filter
from core.models import first_id
from events.models import Event

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
STATUSES = (200, 201, 204, 302, 400, 401, 403, 404, 405, 409, 412, 413, 415, 429, 500, 503)


class EventTimeFilter(TimeFilter):
    """Filters by id, which is ordered by time."""

    column = "pk"

    def bound(self, since: datetime) -> UUID:
        return first_id(since)


@admin.register(Event)
class EventAdmin(RecordAdmin):
    list_display = ("occurred_at", "user", "method", "path", "status", "milliseconds", "client_address", "change")
    list_filter = (EventTimeFilter, choice_filter("method", METHODS), choice_filter("status", STATUSES))
    list_select_related = ("user", "revision")
    search_fields = ("user",)
    search_help_text = "A username, a request id, the id of the requested object, or the id of a patient."
    id_columns = ("pk", "object_id", "patients__patient_id")
    link_columns = ("user",)
    roles = {"view": frozenset({Role.AUDITOR})}
    shown_fields = (
        "occurred_at", "milliseconds", "user", "roles", "method", "path", "route", "status", "client_address",
        "object_id", "patients_shown", "query", "headers", "change", "changed_rows",
    )  # fmt: skip

    def search(self, request: HttpRequest, rows: QuerySet, text: str) -> QuerySet:
        return rows.filter(user__in=list(User.objects.filter(username=text)))

    @admin.display(description="duration")
    def milliseconds(self, event: Event) -> str:
        return f"{event.duration * 1000:.0f} ms"

    @admin.display(description="patients shown")
    def patients_shown(self, event: Event) -> str:
        return ", ".join(str(row.patient_id) for row in event.patients.order_by("patient_id")) or EMPTY

    @admin.display(description="change")
    def change(self, event: Event) -> str:
        return event.revision.comment if event.revision else EMPTY

    @admin.display(description="changed rows")
    def changed_rows(self, event: Event) -> SafeString | str:
        """List the rows of the revision by kind and id: an auditor sees nothing else of them."""
        if event.revision is None:
            return EMPTY
        versions = event.revision.version_set.select_related("content_type")
        lines = ((version.content_type.model, version.object_id) for version in versions)
        return format_html('<ul class="links">{}</ul>', format_html_join("", "<li>{} {}</li>", lines))
