"""What the project's key decides: replacement UIDs and the shift of a patient's dates.

Both are HMAC-SHA-256 of the original under the project's key: the same input gives the same output for ever, over
every object and study, and without the key neither can be undone or guessed (PS3.15 E.1.1).
"""

import hmac
from dataclasses import dataclass, field

LEAST_KEY = 32  # bytes: as strong as the hash
WIDEST_SHIFT = 3650  # days, about ten years


@dataclass(frozen=True)
class Secrets:
    """The project's key, and the public name under which manifests mention it.

    Raises:
        ValueError: the key is shorter than 32 bytes.
    """

    key: bytes = field(repr=False)
    key_id: str

    def __post_init__(self) -> None:
        if len(self.key) < LEAST_KEY:
            raise ValueError(f"A project key has at least {LEAST_KEY} bytes.")

    def digest(self, purpose: str, text: str) -> bytes:
        """32 bytes that depend on the key, the purpose and the text."""
        return hmac.digest(self.key, f"{purpose}\0{text}".encode(), "sha256")


def replacement_uid(secrets: Secrets, uid: str) -> str:
    """A UUID-derived UID (PS3.5 B.2) that stands for `uid` wherever it is mentioned."""
    number = int.from_bytes(secrets.digest("uid", uid.strip(" \0"))[:16])
    number = number & ~(0xF << 76) | 0x8 << 76  # version 8 of RFC 9562: made our own way
    number = number & ~(0x3 << 62) | 0x2 << 62  # and its variant
    return f"2.25.{number}"


def days_earlier(secrets: Secrets, patient: str) -> int:
    """By how many days (1 to 3650) every date of this patient moves back. Never 0, never into the future."""
    return 1 + int.from_bytes(secrets.digest("days", patient)[:8]) % WIDEST_SHIFT
