"""The manifest of a snapshot: digests find damage, and a seal with the project key finds forgery."""

import hashlib
import hmac
import json
import os
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import cast

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from harrison.backup.snapshots import INCOMPLETE, Snapshot

FORMAT = 1


@dataclass(frozen=True)
class Manifest:
    """The content of a snapshot, and what an installation needs to restore it."""

    format: int
    made_at: str  # ISO 8601, UTC; requests that were answered before are included, later ones may be missing
    version: str  # of Harrison
    vendor: str  # of the database
    migrations: list[str]
    identity_keys: list[str]  # fingerprints of the keys that a restore needs
    project_key: str  # fingerprint
    parts: dict[str, str]  # SHA-256 by file name
    files: dict[str, int]  # how many, by field of the image
    faults: int  # files that were missing or altered in the installation


def create_manifest(snapshot: Snapshot, made_at: datetime) -> Manifest:
    """Describe a snapshot whose other parts are complete."""
    parts = (snapshot.rows(connection.vendor).path, snapshot.file_list)
    return Manifest(
        format=FORMAT,
        made_at=made_at.isoformat(timespec="seconds"),
        version=str(settings.SPECTACULAR_SETTINGS["VERSION"]),
        vendor=connection.vendor,
        migrations=sorted(".".join(key) for key in MigrationRecorder(connection).applied_migrations()),
        identity_keys=[fingerprint(key.encode()) for key in settings.IDENTITY_KEYS],
        project_key=fingerprint(settings.PROJECT_KEY),
        parts={path.name: hash_file(path) for path in parts},
        files=dict(Counter(file.field for file in snapshot.files())),
        faults=sum(1 for _ in snapshot.faults()),
    )


def hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint(key: bytes) -> str:
    """Return a few digits that tell keys apart and reveal nothing about them."""
    return hmac.digest(key, b"harrison backup fingerprint", "sha256").hex()[:16]


def write_manifest(snapshot: Snapshot, manifest: Manifest) -> None:
    """Write the manifest; it gets its name once it is on the disk."""
    text = canonical_json(asdict(manifest))
    sealed = {"manifest": asdict(manifest), "sha256": hashlib.sha256(text).hexdigest(), "seal": seal(text)}
    unnamed = snapshot.manifest.with_suffix(".new")
    with unnamed.open("w") as file:
        json.dump(sealed, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    os.rename(unnamed, snapshot.manifest)


def canonical_json(manifest: object) -> bytes:
    return json.dumps(manifest, sort_keys=True).encode()


def seal(text: bytes) -> str:
    key = hmac.digest(settings.PROJECT_KEY, b"harrison backup seal", "sha256")
    return hmac.digest(key, text, "sha256").hex()


def read_manifest(snapshot: Snapshot, *, sealed: bool = True) -> Manifest:
    """Read the manifest and check its digest and, if `sealed`, its seal. Raises `CommandError`."""
    if snapshot.folder.name.endswith(INCOMPLETE) or not snapshot.manifest.is_file():
        raise CommandError(f"{snapshot.folder} is not a complete snapshot: it has no manifest.")
    try:
        stored = json.loads(snapshot.manifest.read_text())
        text = canonical_json(stored["manifest"])
        intact = stored["sha256"] == hashlib.sha256(text).hexdigest()
        if stored["manifest"]["format"] != FORMAT:
            raise CommandError("A newer version of Harrison made this snapshot: restore it with that version.")
        manifest = Manifest(**cast("dict", stored["manifest"]))
    except (ValueError, KeyError, TypeError) as exc:
        raise CommandError("The manifest is damaged.") from exc
    if not intact:
        raise CommandError("The manifest is damaged.")
    if sealed and not hmac.compare_digest(str(stored.get("seal")), seal(text)):
        raise CommandError(
            "The seal does not match. Either HARRISON_PROJECT_KEY is not the key of the installation that was backed "
            "up, or someone without that key changed the manifest."
        )
    return manifest
