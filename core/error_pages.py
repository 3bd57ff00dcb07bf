"""Errors outside of the API's views: JSON under /api/, a page for people elsewhere."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from rest_framework import exceptions

from core.errors import error_body


def error_page(request: HttpRequest, status_code: int, detail: str, code: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse(error_body(detail, code), status=status_code)
    return render(request, "error.html", {"detail": detail, "status": status_code}, status=status_code)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, 400, "Harrison cannot understand this request.", "bad_request")


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
    """Answer after too many wrong passwords for one name from one address (called by django-axes)."""
    return error_page(request, 429, "Too many failed logins. Try again in 15 minutes.", "locked_out")
