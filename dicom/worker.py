"""The process that reads files: `python -m dicom.worker LIMITS`, its standard input a socket of `dicom.sandbox.pool`.

It loads everything that a file may need, and then forks a worker for each file. A worker gives up its rights before it
gets the file, answers the requests of one visit, and ends.
"""

import codecs
import gc
import json
import logging
import socket
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from encodings.aliases import aliases
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image, TiffImagePlugin
from pydicom.charset import python_encoding
from pydicom.data import get_testdata_file

from dicom.deidentification import allow_list, coded_entries, rules
from dicom.deidentification.engine import deidentify
from dicom.deidentification.manifest import Box
from dicom.deidentification.options import Option
from dicom.deidentification.replacements import Secrets, Subject
from dicom.deidentification.scope import CannotBeCleaned
from dicom.drawing.preview import encode_png
from dicom.limits import THUMBNAIL_SIDE, Limits
from dicom.opened_file import OpenedFile
from dicom.refusals import NO_PICTURE, Unreadable
from dicom.sandbox import messages, seccomp
from dicom.sandbox.fork_server import serve_forks
from dicom.sandbox.messages import Message

BUFFER = 64 * 1024  # bytes
SAMPLE_SUBJECT = Subject(Secrets(bytes(32), ""), patient="nobody", pseudonym="P-unknown")


def main() -> None:
    """Load everything, then fork workers until the parent hangs up."""
    preload()
    gc.freeze()  # a fork that searched these objects for garbage would write to every page
    with socket.socket(fileno=0) as control:
        serve_forks(control, serve_file, Limits(**json.loads(sys.argv[1])))


def preload() -> None:
    """Load what would be loaded on first use, since a worker can open no file; and log nothing from here on."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    Image.preinit()  # writers of Pillow
    TiffImagePlugin.ImageFileDirectory_v2()  # reads Exif
    for name in {*python_encoding.values(), *aliases.values()}:  # a file may name any of them
        with suppress(LookupError):  # those of other operating systems
            codecs.lookup(name)
    coded_entries.published_meanings()
    allow_list.body_parts()
    for table in sorted(rules.DATA.glob("*.json")):
        rules.read_table(table.name)
    sample = OpenedFile(BytesIO(Path(str(get_testdata_file("CT_small.dcm", download=False))).read_bytes()))
    sample.describe()
    sample.draw(0, THUMBNAIL_SIDE, None)
    deidentify(sample, SAMPLE_SUBJECT, [], BytesIO())


def serve_file(parent: socket.socket, limits: Limits) -> None:
    """Answer requests about one file until the parent hangs up."""
    with suppress(messages.Gone, OSError), open(messages.receive_file(parent), "rb", buffering=BUFFER) as file:
        opened = OpenedFile(file, limits)
        while True:
            request, _ = messages.receive(parent)
            seccomp.start_clock(limits.copy_cpu if request["do"] == "deidentify" else limits.cpu)
            reply, body = answer_request(opened, request, parent)
            seccomp.stop_clock()
            messages.send(parent, reply, body)


def answer_request(opened: OpenedFile, request: dict[str, Any], parent: socket.socket) -> Message:
    """Do what is requested. Whatever happens, the reply is a message."""
    answers: dict[str, Callable[[], Message]] = {
        "describe": lambda: ({"description": opened.describe().as_json()}, b""),
        "draw": lambda: ({}, opened.draw(request["frame"], request["size"], request["window"])),
        "deidentify": partial(make_copy, opened, request, parent),
    }
    try:
        return answers[request["do"]]()
    except Unreadable as exc:
        return {"refused": exc.code}, b""
    except MemoryError:
        return {"refused": "too_costly"}, b""
    except RecursionError:
        return {"refused": "too_deep"}, b""
    except BaseException:  # libraries that meet damage raise all kinds; decoders are caught where they are called
        return {"refused": "malformed"}, b""


def make_copy(opened: OpenedFile, request: dict[str, Any], parent: socket.socket) -> Message:
    """Write a research copy to the file that follows the request. The reply carries the copy's thumbnail."""
    secrets = Secrets(bytes.fromhex(request["key"]), request["key_id"])
    options = frozenset(map(Option, request["options"]))
    characteristics = {name: request[name] for name in ("sex", "age")}
    subject = Subject(secrets, request["patient"], request["pseudonym"], options, **characteristics)
    boxes = [Box(**box) for box in request["boxes"]]
    with open(messages.receive_file(parent), "w+b") as target:
        try:
            outcome = deidentify(opened, subject, boxes, target)
        except CannotBeCleaned as exc:
            return {"state": "refused", "reasons": [exc.sentence]}, b""
        except Unreadable as exc:
            if exc.code == "bad_box":
                raise
            state = "no_picture" if exc.code in NO_PICTURE else "refused"
            return {"state": state, "reasons": [exc.sentence]}, b""
    reply = {
        "state": outcome.assessment.state,
        "reasons": outcome.assessment.reasons,
        "manifest": outcome.manifest.as_json(),
    }
    return reply, encode_png(outcome.picture, THUMBNAIL_SIDE, opened.limits) if outcome.picture else b""


if __name__ == "__main__":
    main()
