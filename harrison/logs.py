"""Log lines that never contain what names a patient.

In production a line is one JSON object with the id of the request, which is also the id of its event. It contains our
own message, and of an exception the type and the frames: never its message or a local variable, because either may name
a patient (`Key (name)=(Jane Doe) already exists`). Of a library's message only the constant text of its code is kept.

There is no line per request: the event records each one. Lines are for faults.
"""

import json
import logging
import traceback
from collections.abc import Iterator, MutableMapping
from contextlib import suppress
from types import TracebackType
from typing import Any, cast

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from structlog.stdlib import ProcessorFormatter, add_log_level, add_logger_name

Line = MutableMapping[str, Any]  # structlog's event dictionary
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def json_formatter() -> ProcessorFormatter:
    return ProcessorFormatter(
        foreign_pre_chain=[structlog.contextvars.merge_contextvars, add_log_level, add_logger_name],
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            add_message,
            add_exceptions,
            ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ],
        use_get_message=False,
        pass_foreign_args=True,
    )


def add_message(logger: object, method: str, line: Line) -> Line:
    """Structlog processor: add our own messages complete, those of libraries without their values."""
    record: logging.LogRecord = line["_record"]
    message, values = line.pop("event"), line.pop("positional_args")
    if record.name.partition(".")[0] in settings.OUR_PACKAGES:
        line["message"] = message % values if values else message
    else:
        # Without values, the message may have been formatted already and contain anything.
        line["message"] = message if values and isinstance(record.msg, str) else ""
    line["at"] = position(record)
    return line


def add_exceptions(logger: object, method: str, line: Line) -> Line:
    """Structlog processor: add the exception and its causes, the latest first."""
    exc_info: ExcInfo | None = line.pop("exc_info", None)
    line.pop("stack_info", None)
    if exc_info and exc_info[1]:
        line["exceptions"] = [describe_exception(exc) for exc in exception_chain(exc_info[1])]
    return line


def exception_chain(exc: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while exc and id(exc) not in seen:
        yield exc
        seen.add(id(exc))
        exc = exc.__cause__ or (None if exc.__suppress_context__ else exc.__context__)


def describe_exception(exc: BaseException) -> dict[str, object]:
    """Return its type, the code of the system or the database, and its frames."""
    errno = getattr(exc, "errno", None)  # any value can be passed to OSError as errno, also text
    code = getattr(exc, "sqlstate", None) or getattr(exc, "sqlite_errorname", None)
    return {
        "type": f"{type(exc).__module__}.{type(exc).__qualname__}",
        "code": code or (errno if isinstance(errno, int) else None),
        "frames": [
            f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(exc.__traceback__)
        ],
    }


def position(record: logging.LogRecord) -> str:
    return f"{record.pathname}:{record.lineno} {record.funcName}"


class Console(logging.StreamHandler):
    def handleError(self, record: logging.LogRecord) -> None:
        """Report a record that cannot be formatted. Python's own report prints the values."""
        line = {
            "level": "error",
            "logger": record.name,
            "message": "this line could not be formatted",
            "at": position(record),
        }
        with suppress(OSError, ValueError):
            self.stream.write(json.dumps(line) + cast(str, self.terminator))


def logging_config(log_format: str, production: bool, level: str) -> dict[str, Any]:
    """Return Django's LOGGING with `json` lines, or with `text` for developers, which shows exceptions complete.

    Raises `ImproperlyConfigured` for any other format, and for text in production.
    """
    chosen = log_format or ("json" if production else "text")
    if chosen not in (("json",) if production else ("json", "text")):
        raise ImproperlyConfigured(
            f"HARRISON_LOG_FORMAT is {log_format!r}: set json or, outside production, text; or unset it."
        )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "text": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
            "json": {"()": json_formatter},
        },
        "handlers": {
            "console": {"class": "harrison.logs.Console", "formatter": chosen},
            "metrics": {"class": "harrison.metrics.MetricsHandler", "level": "WARNING"},
        },
        # A 4xx is an event, not a fault.
        "loggers": {name: {"level": "ERROR"} for name in ("django.request", "axes", "gunicorn.http.wsgi")}
        # `core.error_pages` names our setting instead of Django's.
        | {"django.security.DisallowedHost": {"level": "CRITICAL"}}
        # Django's own handler would print messages and local variables.
        | {"django": {"handlers": [], "level": "NOTSET", "propagate": True}},
        "root": {"handlers": ["console", "metrics"], "level": level},
    }
