"""Replacement UIDs and the shift of a patient's dates, both derived from the project's key and the patient.

Both are HMAC-SHA-256 under the project's key. All objects of one patient get the same replacements, so their references
stay right. A UID that stands in files of two patients gets two replacements: one research UID never has two pseudonyms,
and nobody learns the replacement of a known UID from a made-up file of another patient (PS3.15 E.1.1).
"""

import hmac
from dataclasses import dataclass, field

from dicom.deidentification.options import ALL_OPTIONS, Option

MIN_KEY_BYTES = 32  # as strong as the hash
MAX_SHIFT_DAYS = 3650  # about ten years
MAX_SHIFT_SECONDS = 4 * 60 * 60  # of a day: what is done in the daytime stays on its day
MAX_PSEUDONYM = 64  # characters (LO)


@dataclass(frozen=True)
class Secrets:
    """The project's key, and the public name under which manifests mention it.

    Raises:
        ValueError: the key is shorter than 32 bytes.
    """

    key: bytes = field(repr=False)
    key_id: str

    def __post_init__(self) -> None:
        if len(self.key) < MIN_KEY_BYTES:
            raise ValueError(f"A project key has at least {MIN_KEY_BYTES} bytes.")

    def digest(self, purpose: str, text: str) -> bytes:
        """Return 32 bytes that depend on the key, the purpose and the text."""
        return hmac.digest(self.key, f"{purpose}\0{text}".encode(), "sha256")


@dataclass(frozen=True)
class Subject:
    """The patient of a research copy.

    Attributes:
        secrets: the project's key, from which UIDs and date shifts are made.
        patient: always the same text for the same patient; it decides their UIDs and the shift of their dates.
        pseudonym: written as Patient's Name and Patient ID.
        options: by which the project keeps useful data.
        sex: M, F, O or "": what Harrison tells research of the patient. An unknown one leaves that of the file.
        age: at the study, in whole years. None leaves that of the file.

    Raises:
        ValueError: the pseudonym is empty, longer than 64 characters, or not printable.
    """

    secrets: Secrets
    patient: str = field(repr=False)
    pseudonym: str
    options: frozenset[Option] = ALL_OPTIONS
    sex: str = field(default="", repr=False)
    age: int | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not 0 < len(self.pseudonym) <= MAX_PSEUDONYM or not self.pseudonym.isprintable() or "\\" in self.pseudonym:
            raise ValueError(f"A pseudonym has 1 to {MAX_PSEUDONYM} printable characters and no backslash.")


def replacement_uid(secrets: Secrets, patient: str, uid: str) -> str:
    """Return a UUID-derived UID (PS3.5 B.2) that stands for `uid` in every object of this patient."""
    stripped = uid.strip(" \0")
    number = int.from_bytes(secrets.digest("uid", f"{len(patient)} {patient} {stripped}")[:16])
    number = number & ~(0xF << 76) | 0x8 << 76  # version 8 of RFC 9562: a custom algorithm
    number = number & ~(0x3 << 62) | 0x2 << 62  # and its variant
    return f"2.25.{number}"


def days_earlier(secrets: Secrets, patient: str) -> int:
    """Return by how many days (1 to 3650) all dates of this patient move back. Never 0, never into the future."""
    return 1 + int.from_bytes(secrets.digest("days", patient)[:8]) % MAX_SHIFT_DAYS


def seconds_earlier(secrets: Secrets, patient: str) -> int:
    """Return by how many seconds (1 to 14,400) all times of day of this patient move back."""
    return 1 + int.from_bytes(secrets.digest("seconds", patient)[:8]) % MAX_SHIFT_SECONDS
