"""The process that copies are made in: one request as a line of JSON on standard input, one answer on standard output.

Decoders of hostile pixels can end the process they run in, or take it over. So each copy is made in a fork of its own,
which is gone afterwards. It opens the original and the file for the copy, and then gives up what it does not need:
memory, time and disk beyond a limit, and on Linux with x86-64 every system call but those that read, write and compute
(`imagery.decoding.cage`): no other file can be opened, no socket made, no program run. What is slow to load, or could
not be loaded any more then, is loaded once and before.
"""

import json
import os
import resource
import signal
import sys
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from pydicom.data import get_testdata_file

from imagery.decoding import cage
from imagery.decoding.worker import warm_up

from . import Box, CannotBeCleaned, Secrets, allowed, codes, rules
from .engine import deidentified
from .risk import assess_open

GIB = 1024**3
LIMITS = {
    resource.RLIMIT_AS: 4 * GIB,  # bytes
    resource.RLIMIT_CPU: 120,  # seconds
    resource.RLIMIT_FSIZE: 4 * GIB,  # bytes
    resource.RLIMIT_CORE: 0,
}
SYSTEM_CALLS = cage.SYSTEM_CALLS | {"fsync": 74}


def main() -> None:
    warm_up()
    load_tables()
    rehearse()
    for line in sys.stdin.buffer:
        os.write(1, in_a_fork(json.loads(line)) + b"\n")


def load_tables() -> None:
    """Read every table that a cleaning may ask for."""
    codes.dictionary()
    allowed.body_parts()
    for name in ("profile.json", "iods.json", "safe_private.json"):
        rules.read(name)


def rehearse() -> None:
    """Make a copy of pydicom's own small CT and drop it: what a first copy loads, every fork has then."""
    source = BytesIO(Path(str(get_testdata_file("CT_small.dcm", download=False))).read_bytes())
    assess_open(source)
    deidentified(source, secrets=Secrets(bytes(32), ""), patient="nobody", pseudonym="P-unknown")


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
        with open(writing, "wb") as pipe, open(wish["source"], "rb") as source, open(wish["target"], "xb") as target:
            lock()
            pipe.write(json.dumps(answer(wish, source, target)).encode())
        os._exit(0)
    finally:
        os._exit(1)


def lock() -> None:
    """Give up what making a copy does not need. Raises `OSError` if the system does not let us."""
    for limit, most in LIMITS.items():
        resource.setrlimit(limit, (most, most))
    cage.keep_to(SYSTEM_CALLS)


def answer(wish: dict[str, Any], source: BinaryIO, target: BinaryIO) -> dict[str, Any]:
    """What became of the file: `state` and `reasons`, with a `manifest` where a copy was made; or what is `wrong`."""
    judged = assess_open(source)
    if judged.state == "refused":
        return {"state": "refused", "reasons": judged.reasons}
    try:
        data, manifest = deidentified(
            source,
            secrets=Secrets(bytes.fromhex(wish["key"]), wish["key_id"]),
            patient=wish["patient"],
            pseudonym=wish["pseudonym"],
            boxes=[Box(**box) for box in wish["boxes"]],
        )
    except CannotBeCleaned as refusal:
        return {"state": "refused", "reasons": [refusal.sentence]}
    except ValueError as exc:
        return {"wrong": str(exc) if wish["boxes"] else "The file cannot be read."}
    target.write(data)
    target.flush()
    os.fsync(target.fileno())
    return {"state": judged.state, "reasons": judged.reasons, "manifest": manifest.as_dict()}


if __name__ == "__main__":
    main()
