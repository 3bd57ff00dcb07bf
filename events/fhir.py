"""Events as FHIR R4 AuditEvent resources (https://hl7.org/fhir/R4/auditevent.html)."""

from collections.abc import Sequence
from datetime import UTC
from uuid import UUID

from events.models import Event

Resource = dict[str, object]

# https://hl7.org/fhir/R4/codesystem-audit-event-action.html and …-restful-interaction.html
INTERACTIONS = {
    "GET": ("R", "read"),
    "HEAD": ("R", "read"),
    "POST": ("C", "create"),
    "PUT": ("U", "update"),
    "PATCH": ("U", "patch"),
    "DELETE": ("D", "delete"),
}
EXECUTE = ("E", "operation")
SUCCESS, MINOR_FAILURE, SERIOUS_FAILURE = "0", "4", "8"
TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"


def audit_event(event: Event, patients: Sequence[UUID]) -> Resource:
    """Describe one event; `patients` are the ids of those whose data the answer showed."""
    action, interaction = INTERACTIONS.get(event.method, EXECUTE)
    entities = [patient_entity(patient) for patient in patients] + object_entities(event)
    resource: Resource = {
        "resourceType": "AuditEvent",
        "id": str(event.pk),
        "type": {"system": f"{TERMINOLOGY}/audit-event-type", "code": "rest"},
        "subtype": [{"system": "http://hl7.org/fhir/restful-interaction", "code": interaction}],
        "action": action,
        "recorded": event.occurred_at.astimezone(UTC).isoformat(),
        "outcome": outcome(event.status),
        "outcomeDesc": f"HTTP {event.status}{' ' + event.verb if event.verb else ''}",
        "agent": [agent(event)],
        "source": {"observer": {"display": "Harrison"}},
    }
    return resource | ({"entity": entities} if entities else {})


def outcome(status: int) -> str:
    if status < 400:
        return SUCCESS
    return MINOR_FAILURE if status < 500 else SERIOUS_FAILURE


def agent(event: Event) -> Resource:
    """Describe the user and the address that the request came from."""
    name = event.user.get_username() if event.user else "anonymous"
    who: Resource = {"display": name}
    if event.user_id:
        who["identifier"] = {"value": str(event.user_id)}
    described: Resource = {"who": who, "requestor": True}
    if event.roles:
        described["role"] = [{"text": role} for role in event.roles]
    if event.client_address:
        described["network"] = {"address": event.client_address, "type": "2"}  # 2: an IP address
    return described


def patient_entity(patient: UUID) -> Resource:
    """Describe a patient by the id alone (object type 1: person, role 1: patient)."""
    return {
        "what": {"reference": f"Patient/{patient}"},
        "type": {"system": f"{TERMINOLOGY}/audit-entity-type", "code": "1"},
        "role": {"system": f"{TERMINOLOGY}/object-role", "code": "1"},
    }


def object_entities(event: Event) -> list[Resource]:
    """Describe the object that was asked for or made, by its id and the route (object type 2: system object)."""
    if event.object_id is None:
        return []
    kind = {"system": f"{TERMINOLOGY}/audit-entity-type", "code": "2"}
    return [{"what": {"identifier": {"value": str(event.object_id)}}, "type": kind, "name": event.route or "unknown"}]
