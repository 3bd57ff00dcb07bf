"""What answers are measured against, in the same run: the least that any answer costs behind the same server.

An empty Django view and a static string of bytes, with the product's middleware but without an event.
"""

import os
from collections.abc import Callable

from django.db import connection
from django.http import HttpRequest, HttpResponse

from benchmarks.clients import COUNTED, UNRECORDED
from events.middleware import RecordRequests

STATIC = os.urandom(512 * 1024)


def empty(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def half_a_megabyte(request: HttpRequest) -> HttpResponse:
    return HttpResponse(STATIC, content_type="application/octet-stream")


class RecordUnlessTold(RecordRequests):
    """Leaves no event when the benchmark says so, to learn what an event costs."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request) if UNRECORDED in request.headers else super().__call__(request)


class CountQueries:
    """Says how many statements a request sent to the database, its event included, when the benchmark asks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if COUNTED not in request.headers:
            return self.get_response(request)
        seen: list[str] = []

        def note(execute: Callable, sql: str, *rest: object) -> object:
            seen.append(sql)
            return execute(sql, *rest)

        with connection.execute_wrapper(note):
            response = self.get_response(request)
        response.headers[COUNTED] = str(len(seen))
        return response
