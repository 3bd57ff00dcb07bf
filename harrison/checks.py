"""Checks of `manage.py check --deploy`. Each finding has an id and a hint how to solve it."""

import sys

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info, Tags, Warning, register

from harrison.env import trial_secret_path

LOOPBACK_HOSTS = {"127.0.0.1", "localhost", "[::1]"}


@register(Tags.security, deploy=True)
def check_debug_is_off(**kwargs: object) -> list[CheckMessage]:
    if not settings.DEBUG:
        return []
    hint = "Unset HARRISON_DEBUG."
    return [Error("Error pages show code and data to everyone.", hint=hint, id="harrison.E001")]


@register(Tags.security, deploy=True)
def check_allowed_hosts(**kwargs: object) -> list[CheckMessage]:
    hint = "List the host names of this installation in HARRISON_ALLOWED_HOSTS, separated by commas."
    if "*" in settings.ALLOWED_HOSTS:
        return [Error("Requests to any host name are answered.", hint=hint, id="harrison.E002")]
    if set(settings.ALLOWED_HOSTS) <= LOOPBACK_HOSTS:
        return [Warning("Only requests from this machine are answered.", hint=hint, id="harrison.W001")]
    return []


@register(Tags.security, deploy=True)
def check_is_production(**kwargs: object) -> list[CheckMessage]:
    if settings.PRODUCTION:
        return []
    hint = "Set HARRISON_PRODUCTION=true: it forces HTTPS and refuses generated secrets and made-up data."
    return [Warning("This is a trial installation.", hint=hint, id="harrison.W002")]


@register(Tags.security, deploy=True)
def check_secret_key(**kwargs: object) -> list[CheckMessage]:
    hint = "Set HARRISON_SECRET_KEY_FILE to a file of 50 random characters or more, the same for every instance."
    return refuse_trial_secret("HARRISON_SECRET_KEY", settings.SECRET_KEY, hint, "harrison.E003")


@register(Tags.security, deploy=True)
def check_identity_keys(**kwargs: object) -> list[CheckMessage]:
    hint = "Set HARRISON_IDENTITY_KEYS_FILE. Keep a copy of the key apart from the backups: it decrypts every name."
    return refuse_trial_secret("HARRISON_IDENTITY_KEYS", ",".join(settings.IDENTITY_KEYS), hint, "harrison.E004")


@register(Tags.security, deploy=True)
def check_project_key(**kwargs: object) -> list[CheckMessage]:
    hint = "Set HARRISON_PROJECT_KEY_FILE once and never change it: research UIDs and dates derive from it."
    return refuse_trial_secret("HARRISON_PROJECT_KEY", settings.PROJECT_KEY.decode(), hint, "harrison.E005")


@register(Tags.security, deploy=True)
def check_instances_share_database(**kwargs: object) -> list[CheckMessage]:
    engine = settings.DATABASES["default"]["ENGINE"]
    if settings.INSTANCES == 1 or not engine.endswith("sqlite3"):
        return []
    hint = "Set DATABASE_URL=postgres://… (`copy_database` moves the existing rows), or HARRISON_INSTANCES=1."
    return [Error("Each instance would have a SQLite database of its own.", hint=hint, id="harrison.E006")]


@register(Tags.security, deploy=True)
def check_instances_share_storage(**kwargs: object) -> list[CheckMessage]:
    on_disk = [kind for kind in ("originals", "research") if "bucket_name" not in settings.STORAGES[kind]["OPTIONS"]]
    if settings.INSTANCES == 1 or not on_disk:
        return []
    hint = "Set HARRISON_STORAGE=s3, or HARRISON_INSTANCES=1."
    return [Error("An image on the disk of one instance is missing on the others.", hint=hint, id="harrison.E007")]


@register(Tags.security, deploy=True)
def check_s3_is_encrypted(**kwargs: object) -> list[CheckMessage]:
    urls = [storage.get("OPTIONS", {}).get("endpoint_url", "") for storage in settings.STORAGES.values()]
    if settings.S3_UNENCRYPTED_ALLOWED or not any(url.startswith("http://") for url in urls):
        return []
    hint = "Give HARRISON_S3_ENDPOINT an https:// address. If the network is protected otherwise, set "
    hint += "HARRISON_S3_IN_THE_CLEAR=true."
    return [Warning("Images travel to their bucket unencrypted.", hint=hint, id="harrison.W003")]


@register(Tags.security, deploy=True)
def check_python_version(**kwargs: object) -> list[CheckMessage]:
    """Inform only: headers of at most 32 kB bound the damage, and Debian fixes Python without a new number."""
    if sys.version_info >= (3, 11, 10):
        return []
    hint = "Run Harrison on Python 3.11.10 or newer."
    return [Info("This Python parses crafted cookies slowly (CVE-2024-7592).", hint=hint, id="harrison.I001")]


def refuse_trial_secret(name: str, value: str, hint: str, id: str) -> list[CheckMessage]:
    """Return an error if this secret is the one that a trial installation generated in the data folder."""
    path = trial_secret_path(settings.DATA_DIR, name)
    if not path.exists() or path.read_text().strip() != value:
        return []
    return [Error(f"{name} was generated for a trial.", hint=hint, id=id)]
