"""Answer /livez and /readyz before everything else: for any host name, and without an event.

`python -m harrison.health [PORT or SOCKET]` asks /livez, as a container's health check does; 0: it answers.
"""

import http.client
import socket
import sys
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.module_loading import import_string

LIVE, READY = "/livez", "/readyz"
TIMEOUT_SECONDS = 4


class HealthMiddleware:
    """Outermost middleware. A health check comes every few seconds and is no one's request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.readyz = import_string("harrison.readiness.readyz")  # late: the command below must load no models

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path not in (LIVE, READY):
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
        return livez() if request.path == LIVE else self.readyz()


def livez() -> HttpResponse:
    """Say that the process answers. Nothing else is checked."""
    return JsonResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


class SocketConnection(http.client.HTTPConnection):
    """HTTP over the Unix socket with this path."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def check_health(address: str) -> int:
    """0 if the process that listens on this port or Unix socket answers /livez with 200, otherwise 1."""
    if address.isdigit():
        connection = http.client.HTTPConnection("127.0.0.1", int(address), timeout=TIMEOUT_SECONDS)
    else:
        connection = SocketConnection(address, TIMEOUT_SECONDS)
    try:
        connection.request("GET", LIVE)
        return int(connection.getresponse().status != 200)
    except (OSError, http.client.HTTPException):
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(check_health(sys.argv[1] if sys.argv[1:] else "8000"))
