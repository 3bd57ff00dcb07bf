"""The process that copies are made in: one request as a line of JSON on standard input, one answer on standard output.

Decoders of hostile pixels can end the process they run in. So each copy is made in a fork of its own, which can use so
much memory, time and disk and no more, and is gone afterwards. What is slow to load is loaded once.
"""

import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

from . import Box, CannotBeCleaned, Secrets, assess, codes, deidentify

GIB = 1024**3
LIMITS = {
    resource.RLIMIT_AS: 4 * GIB,  # bytes
    resource.RLIMIT_CPU: 120,  # seconds
    resource.RLIMIT_FSIZE: 4 * GIB,  # bytes
    resource.RLIMIT_CORE: 0,
}


def main() -> None:
    codes.dictionary()
    for line in sys.stdin.buffer:
        os.write(1, in_a_fork(json.loads(line)) + b"\n")


def in_a_fork(wish: dict[str, Any]) -> bytes:
    """The answer as JSON; nothing when the fork broke off."""
    reading, writing = os.pipe()
    fork = os.fork()
    if fork == 0:
        work(wish, writing)
    os.close(writing)
    with open(reading, "rb") as pipe:
        told = pipe.read()
    _, status = os.waitpid(fork, 0)
    return told if status == 0 else b""


def work(wish: dict[str, Any], writing: int) -> None:
    """Runs in the fork, and ends it."""
    try:
        signal.setitimer(signal.ITIMER_REAL, wish["seconds"])
        for limit, most in LIMITS.items():
            resource.setrlimit(limit, (most, most))
        with open(writing, "wb") as pipe:
            pipe.write(json.dumps(answer(wish)).encode())
        os._exit(0)
    finally:
        os._exit(1)


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
