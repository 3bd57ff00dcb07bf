"""The audit log leaves Harrison as JSON lines or as FHIR AuditEvent resources."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from fhir.resources.R4B.auditevent import AuditEvent

from core.models import first_id
from events.management.commands import export_events
from events.models import EventPatient
from tests.kit import factories as make

pytestmark = pytest.mark.on_both

PATIENT = UUID("4fb2b7c0-6a1e-4f0e-9d4c-0f6f0f9f7f11")


@pytest.fixture
def events(doctor):
    january, march = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 3, 4, tzinfo=UTC)
    first = make.EventFactory(
        id=first_id(january), occurred_at=january, user=doctor, roles=["doctor"], method="POST", status=201,
        verb="uploaded", object_id=PATIENT, client_address="10.0.0.1",
    )  # fmt: skip
    EventPatient.objects.create(event=first, patient_id=PATIENT)
    return [first, make.EventFactory(id=first_id(march), occurred_at=march, user=None, status=500)]


def export(capsys, *options: str) -> list[dict]:
    call_command("export_events", *options)
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_json_lines_hold_every_column_and_the_patients(events, capsys):
    first, second = export(capsys)
    assert (first["user"]["username"], first["patients"], first["verb"]) == ("doctor", [str(PATIENT)], "uploaded")
    assert (second["user"], second["patients"], second["status"]) == (None, [], 500)


def test_an_export_is_cut_to_a_time(events, capsys):
    assert [line["id"] for line in export(capsys, "--since", "2026-02-01")] == [str(events[1].pk)]
    assert [line["id"] for line in export(capsys, "--until", "2026-02-01T00:00Z")] == [str(events[0].pk)]


def test_a_time_that_cannot_be_read_is_named(events):
    with pytest.raises(CommandError, match="yesterday is not a time"):
        call_command("export_events", "--since", "yesterday")


def test_fhir_resources_are_valid(events, capsys):
    first, second = (AuditEvent.model_validate(resource) for resource in export(capsys, "--format", "fhir"))
    assert (first.action, first.outcome, first.agent[0].who.display) == ("C", "0", "doctor")
    assert first.entity[0].what.reference == f"Patient/{PATIENT}"
    assert (second.outcome, second.agent[0].who.display, second.entity) == ("8", "anonymous", None)


def test_batches_leave_no_event_out(events, capsys, monkeypatch):
    monkeypatch.setattr(export_events, "BATCH_ROWS", 1)
    assert [line["id"] for line in export(capsys)] == [str(event.pk) for event in events]
