"""Metrics for Prometheus, on a port of their own that only the inside can reach.

No label names a person, a patient or an object: routes are patterns, and a path without a route is "none".
"""

import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from functools import cache

from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # the library's own name: processes share their metrics in this folder
METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}


class Metrics:
    """The metrics. The library decides at its import whether processes share them, so it is imported late."""

    def __init__(self) -> None:
        from prometheus_client import Counter, Gauge, Histogram

        labels = ["method", "route", "status"]
        self.requests = Counter("harrison_requests", "Answers sent.", labels)
        self.seconds = Histogram("harrison_request_seconds", "Duration of a request.", ["method", "route"])
        self.in_hand = Gauge("harrison_requests_in_hand", "Requests in progress.", multiprocess_mode="livesum")
        self.uploaded = Counter("harrison_uploaded_bytes", "Bytes of successful uploads.")
        self.logged = Counter("harrison_log_lines", "Warnings and errors.", ["logger", "level", "exception"])


shared_metrics = cache(Metrics)


def metrics_enabled() -> bool:
    return FOLDER in os.environ


class MetricsMiddleware:
    """Counts every answer, also one that could not be recorded."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not metrics_enabled():
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        with shared_metrics().in_hand.track_inprogress():
            response = self.get_response(request)
        method = str(request.method) if request.method in METHODS else "other"
        route = request.resolver_match.route if request.resolver_match else "none"
        shared_metrics().requests.labels(method, route, response.status_code).inc()
        shared_metrics().seconds.labels(method, route).observe(time.perf_counter() - began)
        if request.content_type == "multipart/form-data" and response.status_code < 300:
            shared_metrics().uploaded.inc(int(request.META.get("CONTENT_LENGTH") or 0))
        return response


class MetricsHandler(logging.Handler):
    """Counts log lines: an error of `events.middleware` is an event that could not be written."""

    def emit(self, record: logging.LogRecord) -> None:
        if metrics_enabled():
            exception = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
            shared_metrics().logged.labels(record.name, record.levelname, exception).inc()


class MetricsServer:
    """Within this context, new processes share metrics, and `start` serves them. Port 0: off."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port, self.folder = host, port, ""

    def __enter__(self) -> "MetricsServer":
        if self.port:
            self.folder = os.environ[FOLDER] = tempfile.mkdtemp(prefix="harrison-metrics-")
        return self

    def start(self) -> None:
        if self.folder:
            from prometheus_client import CollectorRegistry, start_http_server
            from prometheus_client.multiprocess import MultiProcessCollector

            registry = CollectorRegistry()
            MultiProcessCollector(registry, path=self.folder)
            start_http_server(self.port, self.host, registry)

    def __exit__(self, *exception: object) -> None:
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


def forget_process(pid: int) -> None:
    """Drop the gauges of a process that has ended; its counters stay."""
    if metrics_enabled():
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(pid)
