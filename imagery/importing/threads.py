"""Several files at once, in threads: they wait for the processes that read files and make copies."""

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from types import FrameType, TracebackType
from typing import Any, Self, TypeVar

from django.db import connection

Item = TypeVar("Item")
Result = TypeVar("Result")


def each(work: Callable[[Item], Result], items: Iterable[Item], workers: int) -> Iterator[Result]:
    """What the work gives for each item, as it gets done. When `items` end early, what has begun is still finished."""
    if workers == 1:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(workers) as pool:
        running: set[Future[Result]] = set()
        for item in items:
            running.add(pool.submit(_apart, work, item))
            if len(running) > workers:
                done, running = wait(running, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        yield from (future.result() for future in running)


def _apart(work: Callable[[Item], Result], item: Item) -> Result:
    """A thread's connection to the database ends with each item: nobody would end it later."""
    try:
        return work(item)
    finally:
        connection.close()


class Stop:
    """Ctrl-C and SIGTERM: the first lets what has begun be finished, the second ends it."""

    def __init__(self) -> None:
        self.asked = False
        self.before: dict[int, Any] = {}

    def until(self, items: Iterable[Item]) -> Iterator[Item]:
        for item in items:
            if self.asked:
                return
            yield item

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self.before = {number: signal.signal(number, self._hear) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)
