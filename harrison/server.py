"""Run Harrison under gunicorn."""

import gc
import os
from collections.abc import Callable
from importlib import import_module
from threading import Thread

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db.backends.signals import connection_created
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.workers.base import Worker

from dicom.sandbox.pool import shared_pool
from harrison import metrics
from harrison.databases import set_statement_timeout

STOP_SECONDS = 110  # for requests in progress; an upload of many images may take that long
HEADERS = 64  # fields of one request; `harrison.headers` limits their sum
HEADER_BYTES = 8190  # of one field

Options = dict[str, object]


class ServerLog(Logger):
    """Sends gunicorn's messages to the handlers of `harrison.logs`, which hide personal data."""

    def __init__(self, config: object) -> None:
        super().__init__(config)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


class Server(BaseApplication):
    """Harrison with the options of `manage.py serve`, in gunicorn's words."""

    def __init__(self, options: Options) -> None:
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Callable[..., object]:
        """Load everything before gunicorn forks, so that workers share the memory."""
        connection_created.connect(set_statement_timeout)
        application = get_wsgi_application()
        import_module(settings.ROOT_URLCONF)
        gc.collect()
        gc.freeze()  # otherwise the garbage collector walks through all of Django again and again
        return application


def server_options(bind: str, *, workers: int, threads: int, when_ready: Callable[[Arbiter], None]) -> Options:
    """gunicorn's settings, for HTTP. A proxy's headers are believed by Django alone, see HARRISON_PROXIES."""
    return {
        "bind": bind,
        "workers": workers,
        "threads": threads,
        "worker_class": "gthread",  # its main thread reports to gunicorn while a request takes long
        "preload_app": True,
        "graceful_timeout": STOP_SECONDS,
        "limit_request_fields": HEADERS,
        "limit_request_field_size": HEADER_BYTES,
        "limit_request_line": HEADER_BYTES,
        "header_map": "drop",  # X_Forwarded_For is not X-Forwarded-For
        "forwarded_allow_ips": "",
        "forwarder_headers": "",
        "secure_scheme_headers": {},
        "logger_class": ServerLog,
        "loglevel": "warning",
        "control_socket_disable": True,
        "proc_name": "harrison",
        "when_ready": when_ready,
        "post_worker_init": prepare_file_worker,
        "child_exit": forget_worker,
    }


def behind_proxy(threads: int) -> Options:
    """A worker accepts no more requests than it has threads, so that the next one goes to an idle worker."""
    return {"worker_connections": threads, "keepalive": 0}


def with_tls(certificate: os.PathLike[str], key: os.PathLike[str]) -> Options:
    return {"certfile": str(certificate), "keyfile": str(key)}


def prepare_file_worker(worker: Worker) -> None:
    """Start, in the background, the process that reads files: the first upload or preview would wait for it."""
    Thread(target=shared_pool().prepare_worker, daemon=True).start()


def forget_worker(arbiter: Arbiter, worker: Worker) -> None:
    """Drop the gauges of a worker that has ended."""
    metrics.forget_process(worker.pid)
