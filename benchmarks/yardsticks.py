"""The yardstick of all measurements: an empty view behind the product's middleware, without an event."""

from django.http import HttpRequest, HttpResponse

from benchmarks.clients import UNRECORDED
from events.middleware import RecordRequests


def empty_view(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


class RecordUnlessAsked(RecordRequests):
    """Leave the event out if the client asks for it."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request) if UNRECORDED in request.headers else super().__call__(request)
