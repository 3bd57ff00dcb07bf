"""A server of next to nothing, to see it told to stop: python -m tests.kit.tiny PORT PROCESSES

It runs in a folder of its own. Its second process begins and does not end beginning.
"""

import os
import signal
import sys
import threading
import time
from pathlib import Path

from granian import Granian
from granian.constants import Interfaces

from harrison import stopping

FOREVER = 60  # seconds


def application(environ, start_response):
    if environ["PATH_INFO"] == "/told":  # by a signal that another thread than the main one gets, which waits on
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
    if environ["PATH_INFO"] == "/work":
        Path("working").write_text(str(os.getpid()))
        time.sleep(2)
    start_response("200 OK", [])
    return [b"answered"]


if __name__ == "__main__":
    server = Granian(
        "tests.kit.tiny:application",
        port=int(sys.argv[1]),
        interface=Interfaces.WSGI,
        workers=int(sys.argv[2]),
        blocking_threads=4,
        log_enabled=False,
    )
    stopping.heeding(server).serve()
else:
    try:
        Path("first").touch(exist_ok=False)
    except FileExistsError:
        Path("second").touch()
        time.sleep(FOREVER)
