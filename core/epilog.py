"""Commands whose help goes on to teach."""

from argparse import RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import CommandParser, DjangoHelpFormatter


class AsWritten(RawDescriptionHelpFormatter, DjangoHelpFormatter):
    """Keeps the lines of the epilog as they are."""


class Told:
    """Of a command: `epilog` stands below its options."""

    epilog: str

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        kwargs |= {"formatter_class": AsWritten, "epilog": self.epilog}
        return super().create_parser(prog_name, subcommand, **kwargs)  # type: ignore[misc]  # a command's
