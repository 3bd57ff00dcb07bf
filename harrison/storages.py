"""Where files are stored: in folders of this machine, or in S3."""

from pathlib import Path
from typing import Any

from harrison.env import read_choice, read_number, read_secret, read_text, read_url, require_settings

ENCRYPTIONS = ("none", "AES256", "aws:kms", "aws:kms:dsse")
S3_REQUIRED = [f"HARRISON_S3_{name}" for name in ("BUCKET", "ENDPOINT", "REGION", "ACCESS_KEY", "SECRET_KEY")]
PART_BYTES = 8 * 1024 * 1024


def read_storages(folder: Path) -> dict[str, dict[str, Any]]:
    """Return Django's settings of the storages for originals and research copies; `folder` is on this machine.

    S3 settings are read even if the files are on disk, so that a wrong one is refused. Nothing is read from where
    Amazon's own tools look.
    """
    kind = read_choice("HARRISON_STORAGE", "disk", ("disk", "s3"))
    options, bucket = read_s3_options(), read_text("HARRISON_S3_BUCKET")
    buckets = {"originals": bucket, "research": read_text("HARRISON_S3_RESEARCH_BUCKET", bucket)}
    if kind == "disk":
        disk = "imagery.storage.disk.DiskStorage"
        return {name: {"BACKEND": disk, "OPTIONS": {"location": folder / name}} for name in buckets}
    require_settings("HARRISON_STORAGE=s3", S3_REQUIRED)
    return {
        name: {
            "BACKEND": "imagery.storage.s3.BucketStorage",
            "OPTIONS": {
                "bucket_name": bucket,
                "location": name,
                "incoming": folder / "arrivals" / name,
                **options,
            },
        }
        for name, bucket in buckets.items()
    }


def upload_folder(storage: dict[str, Any]) -> Path:
    """Return the folder on this machine where new files of this storage arrive."""
    options = storage["OPTIONS"]
    folder: Path = options["incoming"] if "incoming" in options else options["location"] / ".incoming"
    return folder


def read_s3_options() -> dict[str, Any]:
    encryption = read_choice("HARRISON_S3_ENCRYPTION", "AES256", ENCRYPTIONS)
    return {
        "endpoint_url": read_url("HARRISON_S3_ENDPOINT"),
        "region_name": read_text("HARRISON_S3_REGION"),
        "access_key": read_secret("HARRISON_S3_ACCESS_KEY"),
        "secret_key": read_secret("HARRISON_S3_SECRET_KEY"),
        "encryption": {} if encryption == "none" else {"ServerSideEncryption": encryption},
        "timeout": read_number("HARRISON_S3_TIMEOUT", 10, 1, 300),  # seconds
        "part": PART_BYTES,
    }
