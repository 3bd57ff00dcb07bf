"""No answer leaves unrecorded: one event for each, refusals and errors included."""

import logging
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from structlog.contextvars import bound_contextvars

from core.actions import revision_made
from core.error_pages import error_page
from core.http import client_address
from core.models import new_id
from events import masking
from events.models import Event

logger = logging.getLogger(__name__)


class RecordRequests:
    """Outermost middleware: gives the request its id, and writes its event before the answer leaves.

    If the event cannot be written the answer is a 503: what is not recorded is not told.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = new_id()
        with bound_contextvars(request_id=str(request_id)):  # every line that is logged meanwhile names its event
            response = self.recorded(request, request_id)
        response.headers["X-Request-ID"] = str(request_id)
        return response

    def recorded(self, request: HttpRequest, request_id: UUID) -> HttpResponse:
        began_at, began = timezone.now(), time.perf_counter()
        token = revision_made.set(None)
        try:
            response = self.get_response(request)
            try:
                Event.objects.create(
                    id=request_id,
                    occurred_at=began_at,
                    duration=time.perf_counter() - began,
                    **facts(request, response),
                )
            except DatabaseError:
                logger.exception("an event could not be written")
                response.close()
                response = error_page(
                    request, 503, "The request could not be recorded, so it is not answered.", "not_recorded"
                )
        finally:
            revision_made.reset(token)
        return response


def facts(request: HttpRequest, response: HttpResponse) -> dict[str, Any]:
    user = getattr(request, "user", None)
    known = user if user is not None and user.is_authenticated else None
    revision = revision_made.get() if response.status_code < 400 else None
    return {
        "user_id": known and known.pk,
        "roles": sorted(known.roles) if known else [],
        "method": str(request.method)[:16],
        "path": masking.path(request.path, request.resolver_match and request.resolver_match.kwargs.values()),
        "route": request.resolver_match.route[:200] if request.resolver_match else "",
        "object_id": object_id(request, response),
        "query": masking.query(request.GET.lists()),
        "headers": masking.headers(request.headers),
        "status": response.status_code,
        "client_address": client_address(request),
        "revision_id": revision and revision.pk,
    }


def object_id(request: HttpRequest, response: HttpResponse) -> UUID | None:
    """The object in the URL, or the one that the answer says was made."""
    kwargs = request.resolver_match.kwargs if request.resolver_match else {}
    named = kwargs.get("pk") or kwargs.get("object_id")  # so the API and the admin call it
    made = getattr(response, "data", None)
    if named is None and response.status_code in (200, 201) and request.method == "POST" and isinstance(made, dict):
        named = made.get("id")
    return as_uuid(named)


def as_uuid(value: Any) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None
