"""Progress bars of commands."""

from typing import IO, Any, cast

from django.core.management.base import BaseCommand
from rich.console import Console


def raw_stdout(command: BaseCommand) -> IO[str]:
    """Return the stream behind Django's wrapper, which would end each step of a bar with a new line."""
    return cast(IO[str], command.stdout._out)


def make_console(command: BaseCommand, **options: Any) -> Console:
    return Console(file=raw_stdout(command), **options)
