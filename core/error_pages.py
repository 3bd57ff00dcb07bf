"""Errors outside of the API's views: JSON under /api/, a page for people elsewhere."""

import logging
import math

from django.conf import settings
from django.core.exceptions import BadRequest, DisallowedHost
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from rest_framework import exceptions

from core.errors import error_body

MAX_HOST_NAME = 255  # characters (RFC 1035 section 2.3.4)

logger = logging.getLogger(__name__)


def error_page(request: HttpRequest, status_code: int, detail: str, code: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse(error_body(detail, code), status=status_code)
    return render(request, "error.html", {"detail": detail, "status": status_code}, status=status_code)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, DisallowedHost):
        return unknown_host(request)
    detail = str(exception) if isinstance(exception, BadRequest) else ""
    return error_page(request, 400, detail or "Harrison cannot understand this request.", "bad_request")


def unknown_host(request: HttpRequest) -> HttpResponse:
    """Refuse a host name that is not in HARRISON_ALLOWED_HOSTS, and tell the operator in the log which one it was."""
    logger.warning(
        "refused a request to the host %r: if it is a name of this installation, add it to HARRISON_ALLOWED_HOSTS",
        request.META.get("HTTP_HOST", "")[:MAX_HOST_NAME],
    )
    detail = "Harrison does not know this host name. Ask your administrator to add it to HARRISON_ALLOWED_HOSTS."
    return error_page(request, 400, detail, "unknown_host")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, 403, str(exceptions.PermissionDenied.default_detail), "permission_denied")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error_page(request, 403, "The form has expired. Load the page again.", "csrf_failed")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, 404, str(exceptions.NotFound.default_detail), "not_found")


def server_error(request: HttpRequest) -> HttpResponse:
    detail = "Something failed on our side. The request id finds it in the log."
    return error_page(request, 500, detail, "server_error")


def locked_out(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    """Answer after too many wrong passwords for one name from one address (called by django-axes).

    Every attempt during a lockout starts it again, so it always ends a whole `AXES_COOLOFF_TIME` later.
    """
    seconds = math.ceil(settings.AXES_COOLOFF_TIME.total_seconds())
    detail = f"Too many failed logins. Try again in {seconds // 60} minutes."
    response = error_page(request, 429, detail, "locked_out")
    response.headers["Retry-After"] = str(seconds)
    return response
