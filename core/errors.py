"""The one form of every error: a sentence, a code for programs, and the fields at fault.

`{"detail": "…", "code": "invalid", "fields": {"name": ["…"]}}`
"""

import errno
import logging
from collections.abc import Mapping
from typing import TypedDict

from django.conf import settings
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFilesSent
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError, IntegrityError, OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import set_rollback

from core.exceptions import BodyTooLarge, Conflict, DependencyDown, FileMissing, StorageFull, Unavailable

logger = logging.getLogger(__name__)

Fields = dict[str, list[str]]


class ErrorBody(TypedDict):
    detail: str
    code: str
    fields: Fields


def handle_exception(exc: Exception, context: Mapping[str, object]) -> Response | None:
    """Answer an exception of a view (DRF's `EXCEPTION_HANDLER`); None lets Django answer 500."""
    error = as_api_exception(exc)
    if error is None:
        return None
    set_rollback()
    return Response(describe_error(error), status=error.status_code, headers=error_headers(error))


def as_api_exception(exc: Exception) -> exceptions.APIException | None:
    """Return the API's error for an exception of Django or of a dependency, or None for a bug."""
    match exc:
        case DependencyDown():
            logger.error("a service that Harrison depends on does not answer", exc_info=exc)
            return exc
        case exceptions.APIException():
            return exc
        case DjangoValidationError():
            return exceptions.ValidationError(validation_fields(exc))
        case RequestDataTooBig():
            return BodyTooLarge()
        case TooManyFilesSent():
            return exceptions.ParseError(f"At most {settings.DATA_UPLOAD_MAX_NUMBER_FILES} files in one request.")
        case SuspiciousOperation() | DataError():  # DataError: e.g. NUL in text on PostgreSQL
            return exceptions.ParseError("Harrison cannot understand this request.")
        case Http404():
            return exceptions.NotFound()
        case DjangoPermissionDenied():
            return exceptions.PermissionDenied(str(exc) or None)
    return log_infrastructure_error(exc)


def log_infrastructure_error(exc: Exception) -> exceptions.APIException | None:
    """Log an error of the database or the storage for the administrator, and return the API's error for it."""
    match exc:
        case IntegrityError():
            logger.warning("a write lost a race for a unique value", exc_info=exc)
            return Conflict("Someone else changed this at the same moment. Read it again.")
        case OperationalError():
            logger.error("the database did not answer", exc_info=exc)
            return Unavailable()
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            logger.error("the disk is full", exc_info=exc)
            return StorageFull()
        case FileNotFoundError():
            logger.error("the file of a row is missing", exc_info=exc)
            return FileMissing()
    return None


def validation_fields(exc: DjangoValidationError) -> Fields:
    fields = exc.message_dict if hasattr(exc, "error_dict") else {"__all__": exc.messages}
    return {
        api_settings.NON_FIELD_ERRORS_KEY if name == "__all__" else name: sentences
        for name, sentences in fields.items()
    }


def describe_error(exc: exceptions.APIException) -> ErrorBody:
    """Return the body that answers an API error."""
    if isinstance(exc, exceptions.ValidationError):
        fields = flatten_fields(exc.detail)
        return error_body(first_sentence(fields), "invalid", fields)
    code = getattr(exc.detail, "code", exc.default_code)
    return error_body(str(exc.detail), str(code), getattr(exc, "fields", None))


def error_body(detail: str, code: str, fields: Fields | None = None) -> ErrorBody:
    return {"detail": detail, "code": code, "fields": fields or {}}


def flatten_fields(detail: object, name: str = "") -> Fields:
    """Give nested errors dotted names: `{"geometry.points.0": ["…"]}`."""
    if isinstance(detail, dict):
        parts = [flatten_fields(value, f"{name}.{key}".lstrip(".")) for key, value in detail.items()]
    elif isinstance(detail, list) and any(isinstance(item, dict | list) for item in detail):
        parts = [flatten_fields(value, f"{name}.{index}".lstrip(".")) for index, value in enumerate(detail)]
    else:
        sentences = detail if isinstance(detail, list) else [detail]
        return {name or api_settings.NON_FIELD_ERRORS_KEY: [str(item) for item in sentences]} if sentences else {}
    return {key: sentences for part in parts for key, sentences in part.items()}


def first_sentence(fields: Fields) -> str:
    for name, sentences in fields.items():
        return sentences[0] if name == api_settings.NON_FIELD_ERRORS_KEY else f"{name}: {sentences[0]}"
    return "Invalid input."


def error_headers(exc: exceptions.APIException) -> dict[str, str]:
    """RFC 9110: a 401 says how to authenticate, a 416 how long the file is, a 429 or 503 when to try again."""
    attributes = {"WWW-Authenticate": "auth_header", "Retry-After": "wait", "Content-Range": "content_range"}
    values = {header: getattr(exc, name, None) for header, name in attributes.items()}
    return {header: str(value) for header, value in values.items() if value is not None}
