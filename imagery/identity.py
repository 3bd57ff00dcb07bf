"""Encrypt what names patients, and find patients by keyed digests.

The database without a key shows how many patients there are, and nothing about them.
"""

import base64
import hmac
import json
from collections.abc import Mapping
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


def encrypt(facts: Mapping[str, object]) -> str:
    """Return the facts as a Fernet token under the current key (AES-128-CBC and HMAC-SHA-256)."""
    return all_keys().encrypt(json.dumps(facts).encode()).decode()


def decrypt(token: str) -> dict[str, object]:
    """Return the facts of a token. Raises `InvalidToken` if it belongs to none of the keys."""
    facts: dict[str, object] = json.loads(all_keys().decrypt(token))
    return facts


def reencrypt(token: str) -> str:
    """Return the token under the current key; a token that has it already is returned unchanged."""
    try:
        fernet_of(settings.IDENTITY_KEYS[0]).decrypt(token)
    except InvalidToken:
        return all_keys().rotate(token).decode()
    return token


def blind_indexes(*parts: str) -> list[str]:
    """Return a digest of these parts under each key, the current one first. Equal parts have equal digests."""
    text = json.dumps(parts).encode()
    return [hmac.new(derive_key(key, "index"), text, "sha256").hexdigest() for key in settings.IDENTITY_KEYS]


def all_keys() -> MultiFernet:
    return MultiFernet([fernet_of(key) for key in settings.IDENTITY_KEYS])


@cache
def fernet_of(key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(derive_key(key, "seal")))


def derive_key(key: str, purpose: str) -> bytes:
    return hmac.digest(key.encode(), f"harrison identity {purpose}".encode(), "sha256")
