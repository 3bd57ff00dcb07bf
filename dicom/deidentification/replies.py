"""What a fork may say of a copy. A hostile file may have taken it over, so whoever asked believes no answer unseen."""

import json
from typing import Any

STATES = ("clean", "quarantine", "refused")
MANIFEST = {
    "profile": str,
    "options": dict,
    "engine": str,
    "version": str,
    "key_id": str,
    "media_type": str,
    "counts": dict,
    "removed": list,
    "sha256": str,
    "pixels_sha256": str,
    "boxes": list,
}


def is_answer(told: Any) -> bool:
    """What is `wrong`; or `state` and `reasons`, with a manifest exactly where a copy was made."""
    if not isinstance(told, dict) or not can_be_kept(told):
        return False
    if "wrong" in told:
        return isinstance(told["wrong"], str)
    state, refused = told.get("state"), "manifest" not in told
    if state not in STATES or refused != (state == "refused") or not are(str, told.get("reasons")):
        return False
    return refused or is_manifest(told["manifest"])


def is_manifest(told: Any) -> bool:
    return (
        isinstance(told, dict)
        and {name: type(value) for name, value in told.items()} == MANIFEST
        and are(str, list(told["options"].values()))
        and are(int, list(told["counts"].values()))
        and are(str, told["removed"])
    )


def are(kind: type, values: Any) -> bool:
    return isinstance(values, list) and all(type(value) is kind for value in values)


def can_be_kept(told: dict[str, Any]) -> bool:
    """Neither database nor answer takes half a character, a zero byte or a number that is none."""
    try:
        return b"\\u0000" not in json.dumps(told, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        return False
