"""The child process: `python -m dicom.worker`, its standard input a socket of `pool.Pool`.

It imports what it will ever need, gives up its rights, says that it is ready, and then answers wishes until the other
side hangs up.
"""

import codecs
import json
import logging
import os
import socket
import sys
import warnings
from contextlib import suppress

from PIL import Image, TiffImagePlugin
from pydicom.charset import python_encoding

from dicom.limits import Limits
from dicom.sandbox import messages, seccomp
from dicom.work import answer

SMALL = 64 * 1024  # bytes of buffer for the file that is read


def main() -> None:
    """Warm up, lock the cage, serve. The limits come as JSON in the first argument."""
    limits = Limits(**json.loads(sys.argv[1]))
    warm_up()
    with socket.socket(fileno=os.dup(0)) as parent:
        seccomp.lock(limits)
        messages.send(parent, {"ready": True})
        serve(parent, limits)


def warm_up() -> None:
    """Load what would be loaded on first use, since in the cage no file can be opened; and log nothing from here on."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    Image.preinit()  # writers of Pillow
    TiffImagePlugin.ImageFileDirectory_v2()  # reads Exif
    for name in {*python_encoding.values(), "utf-8", "latin-1", "ascii"}:
        codecs.lookup(name)


def serve(parent: socket.socket, limits: Limits) -> None:
    """Answer wish after wish until the other side hangs up."""
    with suppress(messages.Gone, OSError):
        while True:
            with open(messages.receive_file(parent), "rb", buffering=SMALL) as file:
                wish, _ = messages.receive(parent, largest=0)
                seccomp.start_clock(limits)
                header, body = answer(file, wish, limits)
                seccomp.stop_clock()
            messages.send(parent, header, body)


if __name__ == "__main__":
    main()
