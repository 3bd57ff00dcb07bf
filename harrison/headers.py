"""Refuse requests whose headers are too large."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from core.error_pages import error_page

MAX_BYTES = 32 * 1024  # of all header values; nginx has the same limit


class LimitHeaders:
    """Middleware: answers 431 before anything parses cookies, which takes Python before 3.11.10 very long."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        size = sum(len(value) for name, value in request.META.items() if name.startswith("HTTP_"))
        if size > MAX_BYTES:
            return error_page(request, 431, f"The headers are larger than {MAX_BYTES} bytes.", "headers_too_large")
        return self.get_response(request)
