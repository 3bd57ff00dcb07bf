"""Measure operations in turns, round after round, so that noise hits all of them alike."""

import os
import statistics
from pathlib import Path
from typing import TypedDict

from benchmarks.clients import rate_of, repeat
from benchmarks.installation import Installation
from benchmarks.operations import EMPTY_VIEW, operations_of

ROUNDS = 5
CLIENTS = 8


class Row(TypedDict):
    operation: str
    median_ms: float
    p99_ms: float
    cpu_ms: float  # of the server's processes
    empty_views: float  # the median as a multiple of the empty view's
    rate: float  # a second, with `CLIENTS` at the same time


def measure_operations(installation: Installation, seconds: float) -> list[Row]:
    operations = operations_of(installation)
    times: dict[str, list[float]] = {operation.name: [] for operation in operations}
    cpu = dict.fromkeys(times, 0.0)
    for _ in range(ROUNDS):
        for operation in operations:
            before = cpu_seconds(installation.process_id)
            times[operation.name] += repeat(operation.act, seconds / ROUNDS)
            cpu[operation.name] += cpu_seconds(installation.process_id) - before
    rates = {operation.name: rate_of(operation.act, seconds / 3, CLIENTS) for operation in operations}
    empty_view = statistics.median(times[EMPTY_VIEW])
    return [
        Row(
            operation=name,
            median_ms=round(1000 * statistics.median(seconds), 1),
            p99_ms=round(1000 * sorted(seconds)[int(0.99 * len(seconds))], 1),
            cpu_ms=round(1000 * cpu[name] / len(seconds), 1),
            empty_views=round(statistics.median(seconds) / empty_view, 1),
            rate=round(rates[name]),
        )
        for name, seconds in times.items()
    ]


def measure_growth(smallest: Installation, largest: Installation, seconds: float) -> dict[str, float]:
    """Return by operation how many times longer its median is in the largest installation."""
    growth = {}
    for small, large in zip(operations_of(smallest), operations_of(largest), strict=True):
        if small.grows:
            times: tuple[list[float], list[float]] = [], []
            for _ in range(ROUNDS):
                times[0].extend(repeat(small.act, seconds / ROUNDS))
                times[1].extend(repeat(large.act, seconds / ROUNDS))
            growth[small.name] = round(statistics.median(times[1]) / statistics.median(times[0]), 2)
    return growth


def watch_memory(installation: Installation, requests: int) -> list[int]:
    """Return the MB of the largest process at the start and after each tenth of these requests."""
    acts = [operation.act for operation in operations_of(installation) if "own images" in operation.name]
    sizes = [largest_process_mb(installation.process_id)]
    for number in range(1, requests + 1):
        acts[number % len(acts)]()
        if number % max(1, requests // 10) == 0:
            sizes.append(largest_process_mb(installation.process_id))
    return sizes


def cpu_seconds(process_id: int) -> float:
    """Return the CPU time of a process and all below it, those that have ended included (proc(5), stat)."""
    ticks = 0
    for each in process_tree(process_id):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def largest_process_mb(process_id: int) -> int:
    return max(resident_mb(each) for each in process_tree(process_id))


def resident_mb(process_id: int) -> int:
    lines = Path(f"/proc/{process_id}/status").read_text().splitlines()
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmRSS")), 0)


def process_tree(process_id: int) -> list[int]:
    """Return a process and all processes below it."""
    children = Path(f"/proc/{process_id}/task/{process_id}/children").read_text().split()
    return [process_id, *(each for child in children for each in process_tree(int(child)))]
