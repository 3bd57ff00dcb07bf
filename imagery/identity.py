"""Identity at rest: sealed under the first of the identity keys, opened under any, and found by keyed digests.

Whoever has the database without a key learns from it how many patients there are, and nothing of whom.
"""

import base64
import hmac
import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


def encrypt(facts: dict[str, Any]) -> str:
    """The facts as a Fernet token under the current key (AES-128-CBC and HMAC-SHA-256)."""
    return _locks(tuple(settings.IDENTITY_KEYS)).encrypt(json.dumps(facts).encode()).decode()


def decrypt(token: str) -> dict[str, Any]:
    """The facts again. Raises `InvalidToken` when none of the keys fits."""
    return json.loads(_locks(tuple(settings.IDENTITY_KEYS)).decrypt(token))


def reencrypt(token: str) -> str:
    """The same under the current key; as it is when that key has sealed it already."""
    try:
        _lock(settings.IDENTITY_KEYS[0]).decrypt(token)
    except InvalidToken:
        return _locks(tuple(settings.IDENTITY_KEYS)).rotate(token).decode()
    return token


def blind_indexes(*parts: str) -> list[str]:
    """A blind index of these parts under each key, the current one first. Equal parts give equal digests."""
    text = json.dumps(parts).encode()
    return [hmac.new(_derived(key, "index"), text, "sha256").hexdigest() for key in settings.IDENTITY_KEYS]


def _locks(keys: Sequence[str]) -> MultiFernet:
    return MultiFernet([_lock(key) for key in keys])


@cache
def _lock(key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_derived(key, "seal")))


def _derived(key: str, purpose: str) -> bytes:
    """A key of its own for each purpose."""
    return hmac.digest(key.encode(), f"harrison identity {purpose}".encode(), "sha256")
