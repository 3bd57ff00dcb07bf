"""How the processes that serve hear that they are told to stop: whenever it is, and however often.

Left alone, granian misses it in three ways, and then it is killed with requests in hand (docs/decisions/0010):
- Python runs a handler in the main thread alone, and a signal that comes just before that thread begins to wait does
  not end the wait. Each process begins such a wait when it begins to serve.
- A process that does not serve yet has the handler of the one that it was forked from, which is of no use in it.
- Told a third time, as by Ctrl-C twice, a process waits for ever and holds the interpreter.
So a thread listens, which the signal reaches by a pipe, and it listens once.
"""

import os
import signal
from collections.abc import Callable
from threading import Thread
from typing import Any

from granian import _signals
from granian._granian import WorkerSignal
from granian.server.common import AbstractServer

STOP = 30  # seconds that requests in hand are given
SIGNALS = (signal.SIGTERM, signal.SIGINT)


def heeding(server: AbstractServer[Any]) -> AbstractServer[Any]:
    """The same server, not started yet, of which every process hears."""
    server.on_startup(lambda: listen(server.signal_handler_interrupt))
    os.register_at_fork(before=hold, after_in_parent=release, after_in_child=end_when_told)
    _signals.set_sync_signals = process
    return server


def process() -> WorkerSignal:
    """What granian asks for when one of its processes begins to serve, in place of its own."""
    told = WorkerSignal()
    listen(told.set)
    return told


def listen(stop: Callable[[], object]) -> None:
    """Call `stop` when this process is told to, from a thread of its own. Later signals do nothing."""
    here, there = os.pipe()
    os.set_blocking(there, False)
    Thread(target=wait, args=(here, stop), daemon=True).start()
    signal.set_wakeup_fd(there, warn_on_full_buffer=False)
    for each in SIGNALS:
        signal.signal(each, lambda *_: None)


def wait(here: int, stop: Callable[[], object]) -> None:
    while os.read(here, 1)[0] not in SIGNALS:
        pass
    stop()


def hold() -> None:
    """Between a fork and what the new process makes of signals, one would be lost: it waits."""
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)


def release() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def end_when_told() -> None:
    """A process that does not serve yet has nothing in hand, so being told ends it at once."""
    signal.set_wakeup_fd(-1)  # it would tell the process that this one comes from
    for each in SIGNALS:
        signal.signal(each, signal.SIG_DFL)
    release()
