"""`import_images` in this process, and its report."""

from io import StringIO
from pathlib import Path

from django.core.management import call_command
from django.core.management.base import CommandError

from imagery.importing.report import read_report


def import_images(source: Path, **options: object) -> tuple[int, str]:
    """Return the exit code and the output."""
    output = StringIO()
    try:
        call_command("import_images", str(source), stdout=output, **{"owner": "doctor", "workers": 1} | options)
    except CommandError as exc:
        return exc.returncode, f"{output.getvalue()}\n{exc}"
    return 0, output.getvalue()


def report_lines(path: Path) -> list[tuple[str, str, str]]:
    """Return name, outcome and code of each file, in the order of the names."""
    return sorted((row[0], row[1], row[2]) for row in read_report(path))
