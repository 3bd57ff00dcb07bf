"""What must hold where Harrison runs. Each finding has an id and says its mend."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from harrison.env import kept_in

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
def secret_key_is_told(**kwargs: Any) -> list[CheckMessage]:
    hint = "Set HARRISON_SECRET_KEY_FILE to a file of 50 random characters or more, the same for every instance."
    return _made_for_a_trial("HARRISON_SECRET_KEY", settings.SECRET_KEY, hint, "harrison.E003")


@register(Tags.security, deploy=True)
def identity_key_is_told(**kwargs: Any) -> list[CheckMessage]:
    hint = "Set HARRISON_IDENTITY_KEYS_FILE, and keep a copy of the key apart from the backups: it opens every name."
    return _made_for_a_trial("HARRISON_IDENTITY_KEYS", ",".join(settings.IDENTITY_KEYS), hint, "harrison.E004")


@register(Tags.security, deploy=True)
def project_key_is_told(**kwargs: Any) -> list[CheckMessage]:
    hint = "Set HARRISON_PROJECT_KEY_FILE, once and for ever: research UIDs and dates are made from it."
    return _made_for_a_trial("HARRISON_PROJECT_KEY", settings.PROJECT_KEY.decode(), hint, "harrison.E005")


@register(Tags.security, deploy=True)
def instances_share_a_database(**kwargs: Any) -> list[CheckMessage]:
    engine = settings.DATABASES["default"]["ENGINE"]
    if settings.INSTANCES == 1 or not engine.endswith("sqlite3"):
        return []
    hint = "Set DATABASE_URL=postgres://… (`copy_database` moves what is there), or HARRISON_INSTANCES=1."
    return [Error("Several instances would each write a SQLite file of their own.", hint=hint, id="harrison.E006")]


@register(Tags.security, deploy=True)
def instances_share_their_storage(**kwargs: Any) -> list[CheckMessage]:
    kept: dict[str, Any] = settings.STORAGES
    local = [room for room in ("originals", "research") if "bucket_name" not in kept[room]["OPTIONS"]]
    if settings.INSTANCES == 1 or not local:
        return []
    hint = "Set HARRISON_STORAGE=s3, or HARRISON_INSTANCES=1."
    return [Error("An image on one instance's disk is missing on the others.", hint=hint, id="harrison.E007")]


@register(Tags.security, deploy=True)
def bytes_travel_encrypted(**kwargs: Any) -> list[CheckMessage]:
    addresses = [storage.get("OPTIONS", {}).get("endpoint_url", "") for storage in settings.STORAGES.values()]
    if settings.S3_IN_THE_CLEAR or not any(address.startswith("http://") for address in addresses):
        return []
    hint = "Give HARRISON_S3_ENDPOINT an https:// address, or HARRISON_S3_IN_THE_CLEAR=true if its way is guarded."
    return [Warning("Images go to their bucket in the clear.", hint=hint, id="harrison.W003")]


def _made_for_a_trial(name: str, value: str, hint: str, id: str) -> list[CheckMessage]:
    """Whether this secret is the one that a trial installation made for itself, in the data folder."""
    kept = kept_in(settings.DATA_DIR, name)
    if not kept.exists() or kept.read_text().strip() != value:
        return []
    return [Error(f"{name} is the one that was made for a trial.", hint=hint, id=id)]
