"""Measure Harrison as `manage.py serve` serves it behind a proxy: `make bench`, or python -m benchmarks --help."""

import argparse
import os
import platform
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks import importing, measuring, report
from benchmarks.installation import serve_installations

EPILOG = """
Times hold for one machine and one moment. Compare the ratios instead: how often an empty Django view, measured in turns
with the operation, fits into its median. Growth compares an installation with ten times the images with one that has a
tenth of them.
"""


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__, epilog=EPILOG)
    parser.add_argument("--images", type=int, default=10_000, help="Images of the installation. Default: 10000.")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="Default: both, one after the other.")
    parser.add_argument("--seconds", type=float, default=3, help="For each operation. Default: 3.")
    parser.add_argument("--no-growth", action="store_true", help="Leave out growth, whose rows take minutes to create.")
    parser.add_argument("--import-files", type=int, default=300, help="CTs to import; 0 for none. Default: 300.")
    parser.add_argument("--memory", type=int, default=0, help="Watch memory over this many requests. Default 0: off.")
    parser.add_argument("--write-docs", action="store_true", help="Put the tables into docs/performance.md.")
    return parser.parse_args()


def main() -> None:
    arguments = parse_arguments()
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, load {os.getloadavg()[0]:.1f} before"
    databases = [arguments.database] if arguments.database else ["sqlite", "postgresql"]
    reports = []
    for database in databases:
        with tempfile.TemporaryDirectory(prefix="harrison-bench-") as folder:
            reports.append(measure_database(database, Path(folder), arguments))
            report.print_report(reports[-1])
    if arguments.write_docs:
        report.write_docs(machine, reports)


def measure_database(database: str, folder: Path, arguments: argparse.Namespace) -> report.Report:
    images = arguments.images
    sizes = [images] if arguments.no_growth else [images // 10, images, images * 10]
    with serve_installations(database, sizes, folder) as installations:
        installation = installations[images]
        rows: Sequence[Mapping[str, object]] = measuring.measure_operations(installation, arguments.seconds)
        if not arguments.no_growth:
            smallest, largest = installations[sizes[0]], installations[sizes[-1]]
            growth = measuring.measure_growth(smallest, largest, arguments.seconds / 3)
            rows = [{**row, "growth": growth.get(str(row["operation"]), "")} for row in rows]
        memory = measuring.watch_memory(installation, arguments.memory) if arguments.memory else []
    imported = importing.measure_import(database, folder, arguments.import_files) if arguments.import_files else ""
    return report.Report(database, images, rows, imported, memory)


if __name__ == "__main__":
    main()
