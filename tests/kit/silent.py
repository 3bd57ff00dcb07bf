"""A server that reads bodies whole and ends what is silent for four seconds: python -m tests.kit.silent PORT

It has two threads for all its clients.
"""

import sys
import time

from granian import Granian
from granian.constants import Interfaces

from harrison import silence

SILENCE = 4.0  # seconds
LARGE = bytes(2**25)
hand = silence.InHand()


def application(environ, start_response):
    environ["wsgi.input"].read()
    if environ["PATH_INFO"] == "/work":
        with hand.one():
            time.sleep(2 * SILENCE)
    start_response("200 OK", [])
    return [LARGE if environ["PATH_INFO"] == "/large" else b"answered"]


def heeding():
    """The application in the server's own process; a test that imports this module has its connections left alone."""
    silence.heed(hand, SILENCE)
    return application


if __name__ == "__main__":
    Granian(
        "tests.kit.silent:heeding",
        factory=True,
        port=int(sys.argv[1]),
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=2,
        log_enabled=False,
    ).serve()
