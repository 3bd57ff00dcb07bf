"""The one shape of every error: a sentence, a code for programs, and the fields that are meant.

`{"detail": "…", "code": "invalid", "fields": {"name": ["…"]}}`
"""

import errno
import logging
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFilesSent
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError, IntegrityError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import set_rollback

from core.actions import Refused, Rejected, Unavailable

logger = logging.getLogger(__name__)


class Conflict(exceptions.APIException):
    status_code = status.HTTP_409_CONFLICT
    default_detail = "The state of things does not allow this."
    default_code = "conflict"


class PreconditionFailed(exceptions.APIException):
    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_detail = "This was changed since you read it: read it again and repeat your change."
    default_code = "precondition_failed"


class TooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "The body is too large."
    default_code = "too_large"


class NotTaken(exceptions.APIException):
    """An input that an action rejected, with its reason code and the field that is meant."""

    def __init__(self, reason: Rejected) -> None:
        super().__init__(str(reason), reason.code)
        self.status_code = reason.status
        self.fields = {reason.field: [str(reason)]}


class Busy(exceptions.APIException):
    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "The database is busy: try again in a moment."
    default_code = "busy"
    wait = 1


class NoRoom(exceptions.APIException):
    """RFC 4918, section 11.5."""

    status_code = status.HTTP_507_INSUFFICIENT_STORAGE
    default_detail = "There is no room for this: whoever runs Harrison has to add some."
    default_code = "disk_full"


class NotInstalled(exceptions.APIException):
    status_code = status.HTTP_501_NOT_IMPLEMENTED
    default_detail = "What this needs is not installed here."
    default_code = "not_installed"


class Away(Busy):
    default_code = "unavailable"
    wait = 10


class RangeNotSatisfiable(exceptions.APIException):
    """RFC 9110 section 15.5.17; the answer says how many bytes there are."""

    status_code = status.HTTP_416_REQUESTED_RANGE_NOT_SATISFIABLE
    default_code = "range_not_satisfiable"

    def __init__(self, size: int) -> None:
        super().__init__(f"The file has {size} bytes: the range lies outside.")
        self.content_range = f"bytes */{size}"


def shape(detail: str, code: str, fields: dict[str, list[str]] | None = None) -> dict[str, Any]:
    return {"detail": detail, "code": code, "fields": fields or {}}


def answer(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: whatever goes wrong in a view leaves in the one shape; None means a 500."""
    known = translate(exc)
    if known is None:
        return None
    set_rollback()
    return Response(body(known), status=known.status_code, headers=headers(known))


def translate(exc: Exception) -> exceptions.APIException | None:
    """The API's word for an exception of Django or Harrison."""
    match exc:
        case exceptions.APIException():
            return exc
        case Rejected():
            return NotTaken(exc)
        case Refused():
            return Conflict(str(exc))
        case DjangoValidationError():
            return exceptions.ValidationError(as_fields(exc))
        case RequestDataTooBig():
            return TooLarge()
        case TooManyFilesSent():
            return exceptions.ParseError(f"At most {settings.DATA_UPLOAD_MAX_NUMBER_FILES} files in one request.")
        case SuspiciousOperation():
            return exceptions.ParseError("The request cannot be understood.")
        case Http404():
            return exceptions.NotFound()
        case DjangoPermissionDenied():
            return exceptions.PermissionDenied(str(exc) or None)
        case DataError():  # e.g. NUL in text on PostgreSQL
            return exceptions.ParseError("The request cannot be understood.")
    return fault(exc)


def fault(exc: Exception) -> exceptions.APIException | None:
    """The API's word for what failed underneath, of which whoever runs Harrison reads in the log."""
    match exc:
        case IntegrityError():
            logger.warning("a write lost a race for a unique value", exc_info=exc)
            return Conflict("Someone else changed this at the same moment: read it again.")
        case OperationalError():
            logger.error("the database did not answer", exc_info=exc)
            return Busy()
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            logger.error("the disk is full", exc_info=exc)
            return NoRoom()
        case Unavailable():
            logger.error("what we depend on does not answer", exc_info=exc)
            return Away(str(exc))
        case FileNotFoundError():
            logger.error("bytes of a row are missing", exc_info=exc)
            return Busy("These bytes cannot be read right now: tell whoever runs Harrison.")
    return None


def as_fields(exc: DjangoValidationError) -> dict[str, list[str]]:
    fields = exc.message_dict if hasattr(exc, "error_dict") else {"__all__": exc.messages}
    return {api_settings.NON_FIELD_ERRORS_KEY if name == "__all__" else name: said for name, said in fields.items()}


def body(exc: exceptions.APIException) -> dict[str, Any]:
    if isinstance(exc, exceptions.ValidationError):
        fields = flatten(exc.detail)
        return shape(first_sentence(fields), "invalid", fields)
    return shape(str(exc.detail), str(getattr(exc.detail, "code", exc.default_code)), getattr(exc, "fields", None))


def flatten(detail: Any, name: str = "") -> dict[str, list[str]]:
    """Nested errors as dotted names: `{"geometry.points.0": ["…"]}`."""
    if isinstance(detail, dict):
        parts = [flatten(value, f"{name}.{key}".lstrip(".")) for key, value in detail.items()]
    elif isinstance(detail, list) and any(isinstance(item, dict | list) for item in detail):
        parts = [flatten(value, f"{name}.{index}".lstrip(".")) for index, value in enumerate(detail)]
    else:
        sentences = detail if isinstance(detail, list) else [detail]
        return {name or api_settings.NON_FIELD_ERRORS_KEY: [str(item) for item in sentences]} if sentences else {}
    return {key: said for part in parts for key, said in part.items()}


def first_sentence(fields: dict[str, list[str]]) -> str:
    for name, sentences in fields.items():
        return sentences[0] if name == api_settings.NON_FIELD_ERRORS_KEY else f"{name}: {sentences[0]}"
    return "Invalid input."


def headers(exc: exceptions.APIException) -> dict[str, str]:
    """RFC 9110: a 401 says how to authenticate, a 416 what there is, a 429 or 503 when to come back (in seconds)."""
    known = {"WWW-Authenticate": "auth_header", "Retry-After": "wait", "Content-Range": "content_range"}
    found = {header: getattr(exc, name, None) for header, name in known.items()}
    return {name: str(value) for name, value in found.items() if value is not None}


def page(request: HttpRequest, status_code: int, detail: str, code: str) -> HttpResponse:
    """An error outside DRF: the one shape under /api/, a plain page for people elsewhere."""
    if request.path.startswith("/api/"):
        return JsonResponse(shape(detail, code), status=status_code)
    return render(request, "error.html", {"detail": detail, "status": status_code}, status=status_code)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(request, 400, "The request cannot be understood.", "bad_request")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(request, 403, str(exceptions.PermissionDenied.default_detail), "permission_denied")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return page(request, 403, "The form's CSRF token is missing or stale: load the page again.", "csrf_failed")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(request, 404, str(exceptions.NotFound.default_detail), "not_found")


def server_error(request: HttpRequest) -> HttpResponse:
    return page(request, 500, "Something failed on our side; the request id names it in the log.", "server_error")


def locked_out(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Too many wrong passwords for one name from one address: django-axes asks for this answer."""
    return page(request, 429, "Too many failed logins: wait a quarter of an hour.", "locked_out")
