"""Where commands draw: bars that whoever watches sees in place."""

from typing import IO, Any, cast

from django.core.management.base import BaseCommand
from rich.console import Console


def out(command: BaseCommand) -> IO[str]:
    """What a command writes to, behind Django's wrapper, which would end every step of a bar with a new line."""
    return cast(IO[str], command.stdout._out)


def console(command: BaseCommand, **told: Any) -> Console:
    return Console(file=out(command), **told)
