"""Figures for Prometheus, on a port of their own that only the inside reaches.

No label names a person, a patient or a thing: routes are patterns, and what matches none is "none".
"""

import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # where the processes that serve leave their figures; the library's own name
METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}


class Figures:
    """What is counted. The library chooses at its import whether processes share figures, so it is imported late."""

    def __init__(self) -> None:
        from prometheus_client import Counter, Gauge, Histogram

        asked = ["method", "route", "status"]
        self.requests = Counter("harrison_requests", "Answers given.", asked)
        self.seconds = Histogram("harrison_request_seconds", "Time that an answer took.", ["method", "route"])
        self.in_hand = Gauge("harrison_requests_in_hand", "Requests worked on now.", multiprocess_mode="livesum")
        self.turned_away = Counter(
            "harrison_turned_away", "Requests answered 400, 408, 503 or 507 at the door.", ["code"]
        )
        self.uploaded = Counter("harrison_uploaded_bytes", "Bytes of bodies with files that were taken.")
        self.logged = Counter("harrison_log_lines", "Warnings and errors.", ["logger", "level", "exception"])


figures = cache(Figures)


def wanted() -> bool:
    return FOLDER in os.environ


def turned_away(code: str) -> None:
    """Such a request leaves no event: this is where it is counted."""
    if wanted():
        figures().turned_away.labels(code).inc()


class Count:
    """Middleware: counts every answer, also those that could not be recorded."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not wanted():
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        with figures().in_hand.track_inprogress():
            response = self.get_response(request)
        method = request.method if request.method in METHODS else "other"
        route = request.resolver_match.route if request.resolver_match else "none"
        figures().requests.labels(method, route, response.status_code).inc()
        figures().seconds.labels(method, route).observe(time.perf_counter() - began)
        if request.content_type == "multipart/form-data" and response.status_code < 300:
            figures().uploaded.inc(int(request.META.get("CONTENT_LENGTH") or 0))
        return response


class Counted(logging.Handler):
    """Counts log lines: errors of `events.middleware` are events that could not be written."""

    def emit(self, record: logging.LogRecord) -> None:
        if wanted():
            exception = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
            figures().logged.labels(record.name, record.levelname, exception).inc()


class Living:
    """The figures of all processes; what the dead say of now is forgotten."""

    def __init__(self, folder: Path) -> None:
        from prometheus_client.multiprocess import MultiProcessCollector

        self.folder, self.all = folder, MultiProcessCollector(None, path=str(folder))

    def collect(self) -> Any:
        for left in self.folder.glob("gauge_live*_*.db"):
            if not Path("/proc", left.stem.rpartition("_")[2]).exists():
                left.unlink(missing_ok=True)
        return self.all.collect()


class Exposed:
    """While it lasts, processes started from this one count, and the port tells. Port 0: nothing is counted."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port, self.folder = host, port, ""

    def __enter__(self) -> None:
        if not self.port:
            return
        self.folder = os.environ[FOLDER] = tempfile.mkdtemp(prefix="harrison-metrics-")
        from prometheus_client import CollectorRegistry, start_http_server

        registry = CollectorRegistry()
        registry.register(Living(Path(self.folder)))
        start_http_server(self.port, self.host, registry)

    def __exit__(self, *failure: object) -> None:
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)  # figures are nobody's loss, and an end is no place to fail
