"""Where bytes rest, by settings alone: in folders of this machine, or in S3."""

from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from harrison.local import secret

env = environ.Env()
ROOMS = ("originals", "research")
ENCRYPTIONS: dict[str, dict[str, str]] = {
    "none": {},
    **{word: {"ServerSideEncryption": word} for word in ("AES256", "aws:kms", "aws:kms:dsse")},
}
PART = 8 * 1024 * 1024  # bytes


def storages(folder: Path) -> dict[str, Any]:
    """Each room, a storage of its own. Raises `ImproperlyConfigured` for what is half told."""
    kind = env.str("HARRISON_STORAGE", "") or "disk"
    if kind == "disk":
        return {room: on_disk(folder / room) for room in ROOMS}
    if kind != "s3":
        raise ImproperlyConfigured(f"HARRISON_STORAGE is {kind!r}: it is disk or s3.")
    shared = in_s3()
    buckets = {"research": env.str("HARRISON_S3_RESEARCH_BUCKET", "")}
    return {
        room: {
            "BACKEND": "imagery.storage.s3.BucketStorage",
            "OPTIONS": shared
            | {"bucket_name": buckets.get(room) or shared["bucket_name"], "location": room}
            | {"arrivals": folder / "arrivals" / room},
        }
        for room in ROOMS
    }


def on_disk(folder: Path) -> dict[str, Any]:
    return {"BACKEND": "imagery.storage.disk.DiskStorage", "OPTIONS": {"location": folder}}


def in_s3() -> dict[str, Any]:
    """What both storages share. Nothing is read from where Amazon's own tools look."""
    endpoint = told("HARRISON_S3_ENDPOINT", env.str("HARRISON_S3_ENDPOINT", ""))
    if not endpoint.startswith(("https://", "http://")):
        raise ImproperlyConfigured(f"HARRISON_S3_ENDPOINT is {endpoint!r}: it begins with https:// (or http://).")
    timeout = env.float("HARRISON_S3_TIMEOUT", 10.0)
    if not 0 < timeout <= 300:
        raise ImproperlyConfigured(f"HARRISON_S3_TIMEOUT is {timeout}: it lies between 0 and 300 seconds.")
    return {
        "bucket_name": told("HARRISON_S3_BUCKET", env.str("HARRISON_S3_BUCKET", "")),
        "endpoint_url": endpoint,
        "region_name": told("HARRISON_S3_REGION", env.str("HARRISON_S3_REGION", "")),
        "access_key": secret("HARRISON_S3_ACCESS_KEY"),
        "secret_key": secret("HARRISON_S3_SECRET_KEY"),
        "security_token": "",
        "session_profile": "",
        "encryption": encryption(env.str("HARRISON_S3_ENCRYPTION", "") or "AES256"),
        "timeout": timeout,
        "part": PART,
    }


def told(name: str, value: str) -> str:
    if not value:
        raise ImproperlyConfigured(f"Set {name}: HARRISON_STORAGE=s3 needs it.")
    return value


def encryption(word: str) -> dict[str, str]:
    if word not in ENCRYPTIONS:
        raise ImproperlyConfigured(f"HARRISON_S3_ENCRYPTION is {word!r}: it is one of {', '.join(ENCRYPTIONS)}.")
    return ENCRYPTIONS[word]
