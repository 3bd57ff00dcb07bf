"""What a person sees while they wait."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn


class Bars:
    """One bar after the other."""

    def __init__(self, out: Any) -> None:
        self.console = Console(file=out, soft_wrap=True, markup=False, highlight=False)

    @contextmanager
    def bar(self, what: str) -> Iterator[Callable[[int, int], None]]:
        """Gives what is told how much is done, of how much."""
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        with Progress(*columns, console=self.console, transient=True) as progress:
            task = progress.add_task(what, total=None)
            yield lambda done, total: progress.update(task, completed=done, total=total)

    def each(self, what: str, things: Any, total: int) -> Iterator[Any]:
        """Go through things, told on a bar."""
        with self.bar(what) as done:
            for number, thing in enumerate(things, 1):
                yield thing
                done(number, total)
