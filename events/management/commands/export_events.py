"""Exports the audit log."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.models import first_id
from events.fhir import audit_event
from events.models import Event, EventPatient

BATCH_ROWS = 2000

Patients = list[UUID]


class Command(BaseCommand):
    help = "Write the audit log to standard output: one JSON object in each line, oldest event first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=FORMATS, default="jsonl", help="default: %(default)s")
        parser.add_argument("--since", metavar="TIME", help="from this time on, e.g. 2026-01-31 or 2026-01-31T08:00Z")
        parser.add_argument("--until", metavar="TIME", help="before this time; default: everything until now")

    def handle(self, *args: object, **options: Any) -> None:
        events = Event.objects.select_related("user").order_by("id")
        if options["since"]:
            events = events.filter(id__gte=first_id(read_time(options["since"])))
        if options["until"]:
            events = events.filter(id__lt=first_id(read_time(options["until"])))
        describe = FORMATS[options["format"]]
        for event, patients in with_patients(events):
            self.stdout.write(orjson.dumps(describe(event, patients)).decode())


def read_time(text: str) -> datetime:
    """Read an ISO 8601 time or day; without a time zone it is UTC. Raises `CommandError`."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text} is not a time. Write it like 2026-01-31 or 2026-01-31T08:00Z.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def with_patients(events: Any) -> Iterator[tuple[Event, Patients]]:
    """Give each event with the ids of its patients, in batches: memory does not grow with the table."""
    last: UUID | None = None
    while batch := list((events.filter(id__gt=last) if last else events)[:BATCH_ROWS]):
        patients: dict[UUID, Patients] = {}
        links = EventPatient.objects.filter(event__in=[event.pk for event in batch]).order_by("event", "patient_id")
        for event_id, patient in links.values_list("event_id", "patient_id"):
            patients.setdefault(event_id, []).append(patient)
        yield from ((event, patients.get(event.pk, [])) for event in batch)
        last = batch[-1].pk


def describe_event(event: Event, patients: Patients) -> dict[str, object]:
    """Describe an event with every column of it."""
    return {
        "id": event.pk,
        "occurred_at": event.occurred_at,
        "duration": event.duration,
        "user": event.user and {"id": event.user_id, "username": event.user.get_username()},
        "roles": event.roles,
        "method": event.method,
        "path": event.path,
        "route": event.route,
        "object_id": event.object_id,
        "patients": patients,
        "query": event.query,
        "headers": event.headers,
        "status": event.status,
        "client_address": event.client_address,
        "verb": event.verb,
        "revision": event.revision_id,
        "failed_login": event.login_fingerprint,
    }


FORMATS: dict[str, Callable[[Event, Patients], dict[str, object]]] = {"jsonl": describe_event, "fhir": audit_event}
