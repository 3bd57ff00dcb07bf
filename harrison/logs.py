"""What is logged, and what never is.

In production a line is one JSON object with the request's id, which is also its event's. It has our own words, where
they were said, and of an exception its type and its frames: never its message, never a local variable, for either may
name a patient (`Key (name)=(Jane Doe) already exists`). The words of libraries are kept as they were written in their
code, without the values filled in.

There is no line per request: the event says all of it, durably. Lines are for faults.
"""

import json
import logging
import traceback
from collections.abc import Iterator, MutableMapping
from contextlib import suppress
from typing import Any

import structlog
from django.core.exceptions import ImproperlyConfigured
from structlog.stdlib import ProcessorFormatter, add_log_level, add_logger_name

OURS = {"harrison", "core", "dicom", "accounts", "disease", "imagery", "label", "events"}
Line = MutableMapping[str, Any]


def formatter() -> ProcessorFormatter:
    return ProcessorFormatter(
        foreign_pre_chain=[structlog.contextvars.merge_contextvars, add_log_level, add_logger_name],
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            said,
            fault,
            ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ],
        use_get_message=False,
        pass_foreign_args=True,
    )


def said(logger: Any, method: str, line: Line) -> Line:
    """The message: whole if it is ours, otherwise only what stands in the code that logs."""
    record: logging.LogRecord = line["_record"]
    words, values = line.pop("event"), line.pop("positional_args")
    if record.name.partition(".")[0] in OURS:
        line["message"] = words % values if values else words
    else:
        # Nobody knows what is mixed into words without values, or what stands in place of words.
        line["message"] = words if values and isinstance(record.msg, str) else ""
    line["at"] = f"{record.pathname}:{record.lineno} {record.funcName}"
    return line


def fault(logger: Any, method: str, line: Line) -> Line:
    """The exception and what caused it, the latest first."""
    told = line.pop("exc_info", None)
    line.pop("stack_info", None)
    if told and told[1]:
        line["exceptions"] = [shown(exc) for exc in chain(told[1])]
    return line


def chain(exc: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while exc and id(exc) not in seen:
        yield exc
        seen.add(id(exc))
        exc = exc.__cause__ or (None if exc.__suppress_context__ else exc.__context__)


def shown(exc: BaseException) -> dict[str, Any]:
    """Its type, the number that the system or the database gave it, and where it came from."""
    frames = traceback.extract_tb(exc.__traceback__)
    number = getattr(exc, "errno", None)  # whatever it was made with: OSError("no Jane Doe", path) has words there
    code = getattr(exc, "sqlstate", None) or getattr(exc, "sqlite_errorname", None)
    code = code or (number if isinstance(number, int) else None)
    found = {"type": f"{type(exc).__module__}.{type(exc).__qualname__}", "code": code}
    return found | {"frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]}


class Console(logging.StreamHandler):
    """Where lines go."""

    def handleError(self, record: logging.LogRecord) -> None:
        """No line could be made of it. Python's own way prints the values that were to be filled in."""
        with suppress(OSError, ValueError):
            where = f"{record.pathname}:{record.lineno} {record.funcName}"
            told = {"level": "error", "logger": record.name, "message": "a line that cannot be written", "at": where}
            self.stream.write(json.dumps(told) + self.terminator)


def logging_config(wish: str, production: bool, level: str) -> dict[str, Any]:
    """Django's LOGGING, as `json` or as `text`, which is for people who develop: exceptions in full.

    Raises `ImproperlyConfigured` for any other wish, and for text on a hospital's server.
    """
    form = wish or ("json" if production else "text")
    if form not in (("json",) if production else ("json", "text")):
        raise ImproperlyConfigured(f"HARRISON_LOG_FORMAT is {wish!r}: it is json, or, outside production, text.")
    text = {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"text": text, "json": {"()": formatter}},
        "handlers": {
            "console": {"class": "harrison.logs.Console", "formatter": form},
            "metrics": {"class": "harrison.metrics.Counted", "level": "WARNING"},
        },
        # A 4xx is an event, not a fault.
        "loggers": {name: {"level": "ERROR"} for name in ("django.request", "axes")}
        # Django would add a handler of its own, which prints messages and local variables.
        | {"django": {"handlers": [], "level": "NOTSET", "propagate": True}},
        "root": {"handlers": ["console", "metrics"], "level": level},
    }
