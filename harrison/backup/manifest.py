"""What a snapshot holds, sealed: digests tell what was damaged, and a keyed one what was tampered with."""

import hashlib
import hmac
import json
import os
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from harrison.backup.snapshots import UNFINISHED, Snapshot

FORMAT = 1


@dataclass(frozen=True)
class Part:
    sha256: str
    size: int  # bytes


@dataclass(frozen=True)
class Manifest:
    """What there is in a snapshot, and what it takes to restore it."""

    format: int
    made_at: str  # ISO 8601, UTC; what was answered by then is in it, what came later may be missing
    version: str  # of Harrison
    vendor: str  # of the database
    migrations: list[str]
    identity_keys: list[str]  # fingerprints: whoever restores needs these keys
    project_key: str
    parts: dict[str, Part]  # by file name
    files: dict[str, int]  # how many, by field of the image
    faults: int  # files that were missing or altered in the installation


def described(snapshot: Snapshot, moment: datetime, files: Counter[str], faults: int) -> Manifest:
    """The manifest of a snapshot whose parts are all there."""
    parts = {path.name: part(path) for path in (snapshot.rows(connection.vendor), snapshot.files)}
    return Manifest(
        format=FORMAT,
        made_at=moment.isoformat(timespec="seconds"),
        version=str(settings.SPECTACULAR_SETTINGS["VERSION"]),
        vendor=connection.vendor,
        migrations=sorted(".".join(key) for key in MigrationRecorder(connection).applied_migrations()),
        identity_keys=[fingerprint(key.encode()) for key in settings.IDENTITY_KEYS],
        project_key=fingerprint(settings.PROJECT_KEY),
        parts=parts,
        files=dict(files),
        faults=faults,
    )


def part(path: Path) -> Part:
    with path.open("rb") as file:
        return Part(hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size)


def fingerprint(key: bytes) -> str:
    """What tells a key from others, and nothing about it."""
    return hmac.digest(key, b"harrison backup fingerprint", "sha256").hex()[:16]


def write(snapshot: Snapshot, manifest: Manifest) -> None:
    """Whole and on the disk before it has its name."""
    text = body(asdict(manifest))
    sealed = {"manifest": asdict(manifest), "sha256": hashlib.sha256(text).hexdigest(), "seal": seal(text)}
    fresh = snapshot.manifest.with_suffix(".new")
    with fresh.open("w") as file:
        json.dump(sealed, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    os.rename(fresh, snapshot.manifest)


def body(manifest: object) -> bytes:
    return json.dumps(manifest, sort_keys=True).encode()


def seal(text: bytes) -> str:
    """Only who has the project's key makes it."""
    key = hmac.digest(settings.PROJECT_KEY, b"harrison backup seal", "sha256")
    return hmac.digest(key, text, "sha256").hex()


def read(snapshot: Snapshot, *, sealed: bool = True) -> Manifest:
    """The manifest, if it is whole and, when `sealed`, the one that was written. Raises `CommandError`."""
    if snapshot.folder.name.endswith(UNFINISHED) or not snapshot.manifest.is_file():
        raise CommandError(f"{snapshot.folder} is no finished snapshot: it has no manifest.")
    try:
        told = json.loads(snapshot.manifest.read_text())
        text = body(told["manifest"])
        whole = told["sha256"] == hashlib.sha256(text).hexdigest()
        if told["manifest"]["format"] != FORMAT:
            raise CommandError("This snapshot was made by a newer Harrison: take that one.")
        found = Manifest(**told["manifest"] | {"parts": parts(told["manifest"]["parts"])})
    except (ValueError, KeyError, TypeError) as exc:
        raise CommandError("The manifest is damaged.") from exc
    if not whole:
        raise CommandError("The manifest is damaged.")
    if sealed and not hmac.compare_digest(str(told.get("seal")), seal(text)):
        raise CommandError(
            "HARRISON_PROJECT_KEY is not the one of the installation that was backed up, or the manifest was "
            "changed by somebody who has not the project's key."
        )
    return found


def parts(told: dict[str, dict[str, Any]]) -> dict[str, Part]:
    return {name: Part(**part) for name, part in told.items()}
