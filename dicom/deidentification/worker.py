"""The process that copies are made in: `python -m dicom.deidentification.worker`, its standard input a socket of
`imagery.research_copies.Cleaner`.

Decoders of hostile pixels can end the process they run in, or take it over. So each copy is made in a fork of its own,
which is gone afterwards. It is made before its file is known, so that nobody waits for that, and gives up what a copy
does not need: memory, time and disk beyond a limit, the way to whoever asks, and on Linux with x86-64 every system call
but those that read, write and compute (`dicom.sandbox.seccomp`): no file can be opened, no socket made, no program run.
Then it is handed the original and the file for the copy, both open. What is slow to load, or could not be loaded any
more then, is loaded once and before.
"""

import gc
import json
import os
import resource
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from pydicom.data import get_testdata_file

from dicom.sandbox import messages, seccomp
from dicom.worker import warm_up

from . import Box, CannotBeCleaned, Secrets, allow_list, coded_entries, rules
from .engine import judged

GIB = 1024**3
LIMITS = {
    resource.RLIMIT_AS: 4 * GIB,  # bytes
    resource.RLIMIT_CPU: 120,  # seconds
    resource.RLIMIT_FSIZE: 4 * GIB,  # bytes
    resource.RLIMIT_CORE: 0,
}


def main() -> None:
    warm_up()
    load_tables()
    rehearse()
    gc.freeze()  # what is here by now is no garbage: a fork that searches it all writes to every page
    with socket.socket(fileno=0) as parent, suppress(messages.Gone, OSError):
        messages.send(parent, {"ready": True})
        serve(parent)


def load_tables() -> None:
    """Read every table that a cleaning may ask for."""
    coded_entries.dictionary()
    allow_list.body_parts()
    for name in ("profile.json", "iods.json", "safe_private.json"):
        rules.read(name)


def rehearse() -> None:
    """Make a copy of pydicom's own small CT and drop it: what a first copy loads, every fork has then."""
    source = BytesIO(Path(str(get_testdata_file("CT_small.dcm", download=False))).read_bytes())
    judged(source, secrets=Secrets(bytes(32), ""), patient="nobody", pseudonym="P-unknown")


def serve(parent: socket.socket) -> None:
    """Answer wish after wish until the other side hangs up."""
    while True:
        serve_one(parent)


def serve_one(parent: socket.socket) -> None:
    """The answer is empty where a fork broke off. The wish names a patient and goes when this returns: the next fork,
    which another file may take over, must not find it.
    """
    spare = Spare(parent)
    with handed_over(parent) as files:
        header, wish = messages.receive(parent, messages.LARGEST)
        if not spare.runs:
            spare = Spare(parent)
        messages.send(parent, {}, spare.answer(files, wish, header["seconds"]))


@contextmanager
def handed_over(parent: socket.socket) -> Iterator[list[int]]:
    """The original and the file for its copy."""
    files: list[int] = []
    try:
        for _ in range(2):
            files.append(messages.receive_file(parent))
        yield files
    finally:
        for each in files:
            os.close(each)


class Spare:
    """A fork that waits for the one file of its life."""

    def __init__(self, parent: socket.socket) -> None:
        self.channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self.process = os.fork()
        if self.process == 0:
            parent.close()
            self.channel.close()
            work(theirs)
        theirs.close()

    @property
    def runs(self) -> bool:
        return os.waitpid(self.process, os.WNOHANG)[0] == 0

    def answer(self, files: Sequence[int], wish: bytes, seconds: float) -> bytes:
        """What it says; nothing when it breaks off or takes longer. By then the fork is gone: as long as it lived it
        could write to the copy, even while that is being kept.
        """
        try:
            return messages.exchange(self.channel, files, ({}, wish), seconds=seconds, largest=messages.LARGEST)[1]
        except (messages.Gone, TimeoutError):
            return b""
        finally:
            self.end()

    def end(self) -> None:
        """Whatever it is doing."""
        self.channel.close()
        os.kill(self.process, signal.SIGKILL)
        os.waitpid(self.process, 0)


def work(parent: socket.socket) -> None:
    """Runs in the fork, and ends it."""
    try:
        lock()
        with open(messages.receive_file(parent), "rb") as source, open(messages.receive_file(parent), "wb") as target:
            _, wish = messages.receive(parent, messages.LARGEST)
            messages.send(parent, {}, json.dumps(answer(json.loads(wish), source, target)).encode())
    finally:
        os._exit(0)


def lock() -> None:
    """Give up what making a copy does not need. Raises `OSError` if the system does not let us."""
    for limit, most in LIMITS.items():
        resource.setrlimit(limit, (most, most))
    seccomp.end_with_parent()
    seccomp.keep_to(seccomp.SYSTEM_CALLS)


def answer(wish: dict[str, Any], source: BinaryIO, target: BinaryIO) -> dict[str, Any]:
    """What became of the file: `state` and `reasons`, with a `manifest` where a copy was made; or what is `wrong`."""
    try:
        assessment, data, manifest = judged(
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
    target.flush()  # whoever adopts it puts it on the disk
    return {"state": assessment.state, "reasons": assessment.reasons, "manifest": manifest.as_dict()}


if __name__ == "__main__":
    main()
