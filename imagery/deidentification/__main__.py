"""The child process: one request as JSON on standard input, one answer as JSON on standard output.

Decoders of hostile pixels can end the process they run in. So each copy is made in a process of its own, that can use
so much memory, processor time and disk and no more, and that knows no secret but the one it is told.
"""

import json
import resource
import sys
from pathlib import Path
from typing import Any

from . import Box, CannotBeCleaned, Secrets, assess, deidentify

GIB = 1024**3
LIMITS = {
    resource.RLIMIT_AS: 4 * GIB,  # bytes
    resource.RLIMIT_CPU: 120,  # seconds
    resource.RLIMIT_FSIZE: 4 * GIB,  # bytes
    resource.RLIMIT_CORE: 0,
}


def main() -> None:
    for limit, most in LIMITS.items():
        resource.setrlimit(limit, (most, most))
    json.dump(answer(json.load(sys.stdin)), sys.stdout)


def answer(wish: dict[str, Any]) -> dict[str, Any]:
    """What became of the file: `state` and `reasons`, with a `manifest` where a copy was made; or what is `wrong`."""
    source = Path(wish["source"])
    judged = assess(source)
    if judged.state == "refused":
        return {"state": "refused", "reasons": judged.reasons}
    try:
        manifest = deidentify(
            source,
            Path(wish["target"]),
            secrets=Secrets(bytes.fromhex(wish["key"]), wish["key_id"]),
            patient=wish["patient"],
            pseudonym=wish["pseudonym"],
            boxes=[Box(**box) for box in wish["boxes"]],
        )
    except CannotBeCleaned as refusal:
        return {"state": "refused", "reasons": [refusal.sentence]}
    except ValueError as exc:
        return {"wrong": str(exc) if wish["boxes"] else "The file cannot be read."}
    return {"state": judged.state, "reasons": judged.reasons, "manifest": manifest.as_dict()}


if __name__ == "__main__":
    main()
