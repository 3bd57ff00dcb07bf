"""Where bytes rest, by settings alone: in folders of this machine, or in S3."""

from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from harrison.env import choice, given, number, text

ROOMS = ("originals", "research")
ENCRYPTIONS: dict[str, dict[str, str]] = {
    "none": {},
    **{word: {"ServerSideEncryption": word} for word in ("AES256", "aws:kms", "aws:kms:dsse")},
}
NEEDED = {
    "bucket_name": "HARRISON_S3_BUCKET",
    "endpoint_url": "HARRISON_S3_ENDPOINT",
    "region_name": "HARRISON_S3_REGION",
    "access_key": "HARRISON_S3_ACCESS_KEY",
    "secret_key": "HARRISON_S3_SECRET_KEY",
}
PART = 8 * 1024 * 1024  # bytes


def storages(folder: Path) -> dict[str, Any]:
    """Each room, a storage of its own. Raises `ImproperlyConfigured` for what is half told."""
    kind = choice("HARRISON_STORAGE", "disk", ("disk", "s3"))
    shared, buckets = in_s3(), {"research": text("HARRISON_S3_RESEARCH_BUCKET")}
    if kind == "disk":
        return {room: on_disk(folder / room) for room in ROOMS}
    refuse_half_told(shared)
    return {
        room: {
            "BACKEND": "imagery.storage.s3.BucketStorage",
            "OPTIONS": shared
            | {"bucket_name": buckets.get(room) or shared["bucket_name"], "location": room}
            | {"arrivals": folder / "arrivals" / room},
        }
        for room in ROOMS
    }


def upload_folder(storage: dict[str, Any]) -> Path:
    """The folder on this machine from which this storage takes new files."""
    options = storage["OPTIONS"]
    folder: Path = options["arrivals"] if "arrivals" in options else options["location"] / ".incoming"
    return folder


def on_disk(folder: Path) -> dict[str, Any]:
    return {"BACKEND": "imagery.storage.disk.DiskStorage", "OPTIONS": {"location": folder}}


def in_s3() -> dict[str, Any]:
    """What all rooms share. Nothing is read from where Amazon's own tools look."""
    endpoint = text("HARRISON_S3_ENDPOINT")
    if endpoint and not endpoint.startswith(("https://", "http://")):
        raise ImproperlyConfigured(f"HARRISON_S3_ENDPOINT is {endpoint!r}: it begins with https:// (or http://).")
    return {
        "bucket_name": text("HARRISON_S3_BUCKET"),
        "endpoint_url": endpoint,
        "region_name": text("HARRISON_S3_REGION"),
        "access_key": given("HARRISON_S3_ACCESS_KEY"),
        "secret_key": given("HARRISON_S3_SECRET_KEY"),
        "security_token": "",
        "session_profile": "",
        "encryption": ENCRYPTIONS[choice("HARRISON_S3_ENCRYPTION", "AES256", ENCRYPTIONS)],
        "timeout": number("HARRISON_S3_TIMEOUT", 10, 1, 300),
        "part": PART,
    }


def refuse_half_told(shared: dict[str, Any]) -> None:
    for option, name in NEEDED.items():
        if not shared[option]:
            raise ImproperlyConfigured(f"Set {name}: HARRISON_STORAGE=s3 needs it.")
