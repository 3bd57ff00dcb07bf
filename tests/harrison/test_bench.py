"""The benchmark runs and measures every operation; what it measures is no test's matter."""

import json
import os
import subprocess
import sys

import pytest

from benchmarks.operations import World, operations
from benchmarks.report import COLUMNS
from tests.kit.serving import ROOT

NOWHERE = World("", dict.fromkeys(("doctor", "colleague", "researcher", "auditor"), ""), "", "", "", "")


@pytest.mark.slow
def test_every_operation_gets_a_row(tmp_path):
    results = tmp_path / "results.json"
    small = ["--scale", "0.01", "--database", "sqlite", "--seconds", "0.1", "--growth", "0", "--memory", "20"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("HARRISON_", "DATABASE_"))}
    subprocess.run(
        [sys.executable, "-m", "benchmarks", *small, "--results", str(results)], cwd=ROOT, env=environment, check=True
    )
    found = json.loads(results.read_text())
    rows = found["databases"]["sqlite"]["rows"]
    assert [row["operation"] for row in rows] == list(operations(NOWHERE))
    assert all(row.keys() >= set(COLUMNS) and row["requests"] > 0 for row in rows)
    assert found["databases"]["sqlite"]["memory"]["requests"] == 20


def test_the_product_has_no_yardsticks(client_of):
    assert client_of(None).get("/yardstick/empty/").status_code == 404
