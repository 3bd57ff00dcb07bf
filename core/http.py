"""The address that a request came from."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """Return the client's address; of X-Forwarded-For, trust only the entries that our own proxies added."""
    forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    hops = [*forwarded, request.META.get("REMOTE_ADDR", "")]
    trusted = hops[-(settings.PROXIES + 1) :][0]
    try:
        return str(ip_address(trusted))
    except ValueError:
        return None
