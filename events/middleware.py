"""Record one event for each request before its answer leaves, refusals and errors included."""

import logging
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import Error, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from structlog.contextvars import bound_contextvars
from whitenoise.middleware import WhiteNoiseFileResponse

from core.actions import revision_made
from core.disclosure import patients_shown
from core.error_pages import error_page
from core.http import client_address
from core.masking import fingerprint
from core.models import new_id
from events import masking
from events.models import Event, EventPatient
from events.signals import failed_login

logger = logging.getLogger(__name__)


class RecordRequests:
    """Outermost middleware: give the request its id, and write its event before the answer leaves.

    If the event cannot be written, the answer is a 503: nothing unrecorded is shown. Static files leave no event.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = new_id()
        with fresh_notes(), bound_contextvars(request_id=str(request_id)):  # each log line of this request names it
            response = self.get_recorded_response(request, request_id)
        response.headers["X-Request-ID"] = str(request_id)
        if not isinstance(response, WhiteNoiseFileResponse):
            response.headers.setdefault("Cache-Control", "no-store")  # else the next person at this desk could go back
        return response

    def get_recorded_response(self, request: HttpRequest, request_id: UUID) -> HttpResponse:
        occurred_at, start = timezone.now(), time.perf_counter()
        response = self.get_response(request)
        duration = time.perf_counter() - start
        if isinstance(response, WhiteNoiseFileResponse):
            return response
        try:
            columns = describe_request(request) | describe_response(request, response)
            record_event(patients_in(response), id=request_id, occurred_at=occurred_at, duration=duration, **columns)
        except Error:  # also `InterfaceError`, if the connection was lost
            logger.exception("an event could not be written")
            response.close()
            detail = "The request could not be recorded, so it is not answered."
            return error_page(request, 503, detail, "not_recorded")
        return response


@contextmanager
def fresh_notes() -> Iterator[None]:
    """Begin a request without the revision, the patients and the failed login of another one on this thread."""
    tokens = [(revision_made, revision_made.set(None)), (patients_shown, patients_shown.set(set()))]
    failed = failed_login.set("")
    try:
        yield
    finally:
        failed_login.reset(failed)
        for variable, token in tokens:
            variable.reset(token)


def patients_in(response: HttpResponse) -> Collection[UUID]:
    """Return the ids of the patients whose data an answer shows. A form that is refused (4xx) may show one, too."""
    shows_nothing = response.status_code in (401, 403, 404) or response.status_code >= 500
    return () if shows_nothing else patients_shown.get() or ()


def record_event(patients: Collection[UUID], **columns: object) -> None:
    """Write the event, and in the same transaction the patients whose data its answer shows."""
    if not patients:
        Event.objects.create(**columns)
        return
    with transaction.atomic():
        event = Event.objects.create(**columns)
        EventPatient.objects.bulk_create(EventPatient(event=event, patient_id=patient) for patient in sorted(patients))


def describe_request(request: HttpRequest) -> dict[str, object]:
    match = request.resolver_match
    return {
        "method": masking.mask_method(request.method),
        "path": masking.mask_path(request.path, match and match.kwargs.values()),
        "route": match.route[:200] if match else "",
        "query": masking.mask_query(request),
        "headers": masking.mask_headers(request.headers),
        "client_address": client_address(request),
        "login_fingerprint": (name := failed_login.get()) and fingerprint(name),
    }


def describe_response(request: HttpRequest, response: HttpResponse) -> dict[str, object]:
    user = getattr(request, "user", None)  # an early refusal has none
    person = user if user is not None and user.is_authenticated else None
    revision = revision_made.get() if response.status_code < 400 else None
    return {
        "user_id": person and person.pk,
        "roles": sorted(person.roles) if person else [],
        "object_id": object_id(request, response),
        "status": response.status_code,
        "revision_id": revision and revision.pk,
        "verb": revision.comment[:40] if revision else "",
    }


def object_id(request: HttpRequest, response: HttpResponse) -> UUID | None:
    """Return the id of the object in the URL, or of the object that the answer says was created."""
    kwargs = request.resolver_match.kwargs if request.resolver_match else {}
    value = kwargs.get("pk") or kwargs.get("object_id")  # the names in the API and in the admin
    data = getattr(response, "data", None)
    if value is None and response.status_code in (200, 201) and request.method == "POST" and isinstance(data, dict):
        value = data.get("id")
    return parse_uuid(value)


def parse_uuid(value: object) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None
