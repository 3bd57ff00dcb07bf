"""A longer help text for management commands."""

from argparse import RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import CommandParser, DjangoHelpFormatter


class EpilogFormatter(RawDescriptionHelpFormatter, DjangoHelpFormatter):
    """Keep the line breaks of the epilog."""


class EpilogMixin:
    """Show `epilog` below the options of a command."""

    epilog: str

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        kwargs |= {"formatter_class": EpilogFormatter, "epilog": self.epilog}
        return super().create_parser(prog_name, subcommand, **kwargs)  # type: ignore[misc]  # a command's
