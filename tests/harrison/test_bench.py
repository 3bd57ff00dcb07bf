"""The benchmark runs and reports every operation. The figures themselves are not a test's business."""

import os
import subprocess
import sys

import pytest

from benchmarks.installation import Installation
from benchmarks.operations import operations_of
from benchmarks.report import Report, write_docs
from tests.kit.installation import ROOT

NO_INSTALLATION = Installation(0, 0, dict.fromkeys(("doctor", "colleague", "researcher", "auditor"), ""), "", "", "")


@pytest.mark.soak
def test_every_operation_is_reported():
    small = ["--images", "100", "--database", "sqlite", "--seconds", "0.1", "--no-growth", "--import-files", "3"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HARRISON_", "DATABASE_"))}
    output = subprocess.run(
        [sys.executable, "-m", "benchmarks", *small, "--memory", "20"],
        cwd=ROOT, env=environment, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert [each.name for each in operations_of(NO_INSTALLATION) if each.name not in output] == []
    assert "for 3 CTs" in output and "Memory of the largest process" in output


def test_the_page_gets_the_tables_and_keeps_its_prose(tmp_path):
    page = tmp_path / "performance.md"
    page.write_text(
        "Before\n<!-- measured: `make bench` writes what follows -->\nold\n<!-- end of what was measured -->"
    )
    row = {"operation": "annotate", "median_ms": 8.1, "p99_ms": 20.5, "cpu_ms": 5.5, "empty_views": 15.2, "rate": 140}
    write_docs("2 cores", [Report("sqlite", 100, [row], "", [])], page)
    text = page.read_text()
    assert text.startswith("Before") and "old" not in text and "| annotate | 8.1 | 20.5 | 5.5 | 15.2 | 140 |" in text


def test_the_product_has_no_yardstick(client_of):
    assert client_of(None).get("/yardstick/").status_code == 404
