"""Is the process alive, and can it do its work? Answered before everything else: no event, whatever the host name.

`python -m harrison.health` asks, as a container's health check does: 0 when it is.
"""

import http.client
import sys
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.module_loading import import_string

LIVE, READY = "/livez", "/readyz"
PATIENCE = 3  # seconds


class Alive:
    """Outermost middleware: a question that comes every few seconds is nobody's request, so it leaves no event."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        # Asking from outside needs no models, so this file loads none until it serves.
        self.readyz = import_string("harrison.readiness.readyz")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path not in (LIVE, READY):
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
        return livez() if request.path == LIVE else self.readyz()


def livez() -> HttpResponse:
    """The process answers; nothing else is asked."""
    return JsonResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


def ask(port: int) -> int:
    """0 when the process on this port of this machine says that it is alive, otherwise 1."""
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        asked.request("GET", LIVE)
        return int(asked.getresponse().status != 200)
    except (OSError, http.client.HTTPException):
        return 1
    finally:
        asked.close()


if __name__ == "__main__":
    sys.exit(ask(int(sys.argv[1]) if sys.argv[1:] else 8000))
