"""Mask values that may name a patient: a fingerprint tells equal values from different ones, and no more."""

from django.utils.crypto import salted_hmac

Masked = dict[str, object]


def mask_value(value: str) -> Masked:
    """Return a value's length and its keyed fingerprint."""
    return {"length": len(value), "fingerprint": fingerprint(value)}


def fingerprint(value: str) -> str:
    return salted_hmac("harrison.events", value, algorithm="sha256").hexdigest()[:16]
