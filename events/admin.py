"""The record of requests in the admin: to read, never to change."""

from typing import Any, ClassVar

from django.contrib import admin

from core.admin import RecordAdmin
from events.models import Event


@admin.register(Event)
class EventAdmin(RecordAdmin):
    list_display = ("occurred_at", "user", "method", "path", "status", "duration", "client_address")
    list_filter: ClassVar[Any] = ("method", "status")
    list_select_related = ("user",)
    search_fields = ("=id", "=object_id", "user__username")
