"""What must hold where Harrison runs. Each finding has an id and says its mend."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

LOOPBACK = {"127.0.0.1", "localhost", "[::1]"}


@register(Tags.security, deploy=True)
def debug_is_off(**kwargs: Any) -> list[CheckMessage]:
    if not settings.DEBUG:
        return []
    hint = "Unset HARRISON_DEBUG."
    return [Error("Error pages show code and data to strangers.", hint=hint, id="harrison.E001")]


@register(Tags.security, deploy=True)
def hosts_are_named(**kwargs: Any) -> list[CheckMessage]:
    hint = "List the host names of this installation in HARRISON_ALLOWED_HOSTS, separated by commas."
    if "*" in settings.ALLOWED_HOSTS:
        return [Error("Every host name is answered to.", hint=hint, id="harrison.E002")]
    if set(settings.ALLOWED_HOSTS) <= LOOPBACK:
        return [Warning("Only this machine itself is answered to.", hint=hint, id="harrison.W001")]
    return []


@register(Tags.security, deploy=True)
def this_is_production(**kwargs: Any) -> list[CheckMessage]:
    if settings.PRODUCTION:
        return []
    hint = "Set HARRISON_PRODUCTION=true: it forces HTTPS and refuses generated secrets and made-up data."
    return [Warning("This is a trial installation.", hint=hint, id="harrison.W002")]


@register(Tags.security, deploy=True)
def bytes_travel_encrypted(**kwargs: Any) -> list[CheckMessage]:
    addresses = [storage.get("OPTIONS", {}).get("endpoint_url", "") for storage in settings.STORAGES.values()]
    if not any(address.startswith("http://") for address in addresses):
        return []
    hint = "Give HARRISON_S3_ENDPOINT an address that begins with https://, or see that its way is guarded otherwise."
    return [Warning("Images go to their bucket in the clear.", hint=hint, id="harrison.W003")]
