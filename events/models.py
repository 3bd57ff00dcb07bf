"""The audit log: one event for each request that Harrison answered."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from reversion.models import Revision

from core.models import VisibleQuerySet, new_id


class Event(models.Model):
    """One request and its answer. No bodies, no secrets, no identity."""

    id = models.UUIDField(
        primary_key=True,
        default=new_id,
        editable=False,
        help_text="UUIDv7; the request id that the answer carried in X-Request-ID.",
    )
    occurred_at = models.DateTimeField(default=timezone.now, help_text="When the request came in (UTC).")
    duration = models.FloatField(help_text="From request to answer, in seconds, by a clock that does not jump.")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        db_index=False,
        on_delete=models.PROTECT,
        related_name="events",
        help_text="The user, empty if the request carried no valid token.",
    )
    roles = models.JSONField(default=list, help_text="The roles that the user had then.")
    method = models.CharField(max_length=16, help_text="The HTTP method.")
    path = models.CharField(max_length=500, help_text="The path without its query, cut at 500 characters.")
    route = models.CharField(
        max_length=200, blank=True, help_text="The pattern that the path met; empty when it met none."
    )
    object_id = models.UUIDField(null=True, help_text="The object that was asked for, or was made.")
    query = models.JSONField(default=dict, help_text="Each query parameter with its value or a masked one.")
    headers = models.JSONField(default=dict, help_text="Each header with its value or a masked one.")
    status = models.PositiveSmallIntegerField(help_text="The HTTP status of the answer.")
    client_address = models.GenericIPAddressField(null=True, help_text="Where the request came from.")
    verb = models.CharField(max_length=40, blank=True, help_text="The verb of the change, such as uploaded.")
    login_fingerprint = models.CharField(
        max_length=16, blank=True, help_text="Of a failed login: the keyed fingerprint of the username that was tried."
    )
    revision = models.ForeignKey(
        Revision,
        null=True,
        db_index=False,
        on_delete=models.PROTECT,
        related_name="events",
        help_text="The change that the request made.",
    )

    version = 1  # an event has one state

    objects: ClassVar = VisibleQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        # Every answer waits for these to be written: none for times, which ids hold too, and nothing where nothing is.
        # Ids ascend in them though lists are read backwards: SQLite moves rows around for what comes before the others.
        indexes = [
            models.Index(fields=["user", "id"], name="event_by_user"),
            models.Index(fields=["status", "id"], name="event_by_status"),
            models.Index(fields=["method", "id"], name="event_by_method"),
            models.Index(fields=["object_id", "id"], condition=Q(object_id__isnull=False), name="event_by_object"),
            models.Index(fields=["revision"], condition=Q(revision__isnull=False), name="event_by_revision"),
            models.Index(fields=["route", "id"], name="event_by_route"),
            models.Index(fields=["id"], condition=Q(status__gte=400), name="event_refused"),
            models.Index(fields=["verb", "id"], condition=~Q(verb=""), name="event_by_verb"),
            models.Index(
                fields=["login_fingerprint", "id"], condition=~Q(login_fingerprint=""), name="event_by_failed_login"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"


class EventPatient(models.Model):
    """A patient whose data an answer showed. Only ids: who the patient is, the audit log does not know."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False, help_text="UUID (version 7).")
    event = models.ForeignKey(
        Event, on_delete=models.PROTECT, related_name="patients", help_text="The request and its answer."
    )
    patient_id = models.UUIDField(help_text="The id of the patient.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient_id", "event"],
                name="event_names_a_patient_once",
                violation_error_message="The event names this patient already.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.patient_id} in {self.event_id}"
