"""Work on several files at a time, in threads that wait for the sandboxed processes, and stop on a signal."""

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from types import FrameType, TracebackType
from typing import Any, Self, TypeVar

from django.db import connection

Item = TypeVar("Item")
Result = TypeVar("Result")


def run_in_threads(work: Callable[[Item], Result], items: Iterable[Item], workers: int) -> Iterator[Result]:
    """Yield the result for each item as it is ready. If `items` ends early, started work is still finished."""
    if workers == 1:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(workers) as pool:
        running: set[Future[Result]] = set()
        for item in items:
            running.add(pool.submit(run_and_disconnect, work, item))
            if len(running) > workers:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        yield from (future.result() for future in running)


def run_and_disconnect(work: Callable[[Item], Result], item: Item) -> Result:
    """Run in a thread, and close the thread's database connection, which nothing else closes."""
    try:
        return work(item)
    finally:
        connection.close()


class StopSignal:
    """Ctrl-C and SIGTERM: the first lets started work finish, the second interrupts it."""

    def __init__(self) -> None:
        self.received = False
        self.handlers: dict[int, Any] = {}

    def until_received(self, items: Iterable[Item]) -> Iterator[Item]:
        for item in items:
            if self.received:
                return
            yield item

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self.handlers = {number: signal.signal(number, self._receive) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self.received:
            raise KeyboardInterrupt
        self.received = True

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for number, handler in self.handlers.items():
            signal.signal(number, handler)
