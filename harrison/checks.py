"""What must hold where Harrison runs. Each finding has an id and says its mend."""

import os
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

FLAGS = ("HARRISON_PRODUCTION", "HARRISON_DEBUG", "HARRISON_SSL_REDIRECT")
WORDS = {"true", "false", "yes", "no", "on", "off", "1", "0"}
LOOPBACK = {"127.0.0.1", "localhost", "[::1]"}


@register(Tags.security)
def flags_are_true_or_false(**kwargs: Any) -> list[CheckMessage]:
    """A flag that is neither would be read as false: a mistyped HARRISON_PRODUCTION would open a hospital's server."""
    return [
        Error(
            f"{name} is {os.environ[name]!r}, which is neither true nor false.",
            hint=f"Set {name} to true or false, or unset it.",
            id="harrison.E001",
        )
        for name in FLAGS
        if os.environ.get(name, "false").lower() not in WORDS
    ]


@register(Tags.security, deploy=True)
def debug_is_off(**kwargs: Any) -> list[CheckMessage]:
    if not settings.DEBUG:
        return []
    hint = "Unset HARRISON_DEBUG."
    return [Error("Error pages show code and data to strangers.", hint=hint, id="harrison.E002")]


@register(Tags.security, deploy=True)
def hosts_are_named(**kwargs: Any) -> list[CheckMessage]:
    hint = "List the host names of this installation in HARRISON_ALLOWED_HOSTS, separated by commas."
    if "*" in settings.ALLOWED_HOSTS:
        return [Error("Every host name is answered to.", hint=hint, id="harrison.E003")]
    if set(settings.ALLOWED_HOSTS) <= LOOPBACK:
        return [Warning("Only this machine itself is answered to.", hint=hint, id="harrison.W001")]
    return []


@register(Tags.security, deploy=True)
def this_is_production(**kwargs: Any) -> list[CheckMessage]:
    if settings.PRODUCTION:
        return []
    hint = "Set HARRISON_PRODUCTION=true: it forces HTTPS and refuses generated secrets and made-up data."
    return [Warning("This is a trial installation.", hint=hint, id="harrison.W002")]
