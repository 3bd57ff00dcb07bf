"""What a request says about where it comes from."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """The client's address: of X-Forwarded-For only what our own proxies wrote is believed."""
    forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    hops = [*forwarded, request.META.get("REMOTE_ADDR", "")]
    believed = hops[-(settings.PROXIES + 1) :][0]
    try:
        return str(ip_address(believed))
    except ValueError:
        return None
