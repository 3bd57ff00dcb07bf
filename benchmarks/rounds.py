"""Operations measured in turns, round after round, so that noise hits them and their yardsticks alike."""

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.clients import COUNTED, Connection, Measured, for_a_while, numbers, together
from benchmarks.installation import Installation
from benchmarks.operations import Operation, operations

ROUNDS = 5
TOGETHER = (
    "empty Django view", "static 0.5 MB", "list of 50 images", "image detail", "file download 0.5 MB", "annotate",
    "upload CT 512 × 512, and see it",
)  # fmt: skip
CONNECTIONS = (1, 8, 64)


def measured(here: Installation, seconds: float) -> list[dict[str, Any]]:
    """A row for each operation; `seconds` is how long each is asked for, in all."""
    known = operations(here.world)
    found = {name: Measured() for name in known}
    bare = {name: Measured() for name, operation in known.items() if operation.bare}
    peaks = dict.fromkeys(known, 0.0)
    for _ in range(ROUNDS):
        for name, operation in known.items():
            forget_peaks(here.process.pid)
            found[name].add(for_a_while(operation.act, here.port, seconds / ROUNDS))
            peaks[name] = max(peaks[name], peak(here.process.pid))
            if name in bare:
                bare[name].add(by_hand(operation, here.folder, seconds / ROUNDS))
    return [
        figures(found[name], of=bare.get(name) or found[operation.yardstick])
        | {"operation": name, "queries": queries(operation, here.port), "peak_mb": round(peaks[name])}
        | {"yardstick": "the same in a bare process" if name in bare else operation.yardstick}
        for name, operation in known.items()
    ]


def figures(found: Measured, *, of: Measured) -> dict[str, Any]:
    """Times in milliseconds; `ratio` is how many times the yardstick's median this one's is."""
    times = sorted(1000 * each for each in found.times)
    p50 = statistics.median(times)
    return {
        "per_second": round(len(times) / found.seconds, 1),
        "p50_ms": round(p50, 2),
        "p95_ms": round(times[int(0.95 * len(times))], 2),
        "p99_ms": round(times[int(0.99 * len(times))], 2),
        "bytes": found.bytes // len(times),
        "ratio": round(p50 / 1000 / statistics.median(of.times), 2),
        "requests": len(times),
    }


def by_hand(operation: Operation, folder: Path, seconds: float) -> Measured:
    """What a bare process takes for the same."""
    place, found, until = folder / "bare", Measured(), time.perf_counter() + seconds
    place.mkdir(exist_ok=True)
    while not found.times or time.perf_counter() < until:
        content = operation.sample(next(numbers)) if operation.sample else b""
        start = time.perf_counter()
        if operation.bare:
            operation.bare(place, content)
        found.times.append(time.perf_counter() - start)
    return found


def queries(operation: Operation, port: int) -> int:
    """Statements to the database of one act, its events included."""
    seen = 0

    class Counting(Connection):
        def ask(self, method: str, path: str, **told: Any) -> Any:
            nonlocal seen
            answer = super().ask(method, path, **told | {COUNTED: "yes"})
            seen += int(answer.headers[COUNTED.lower()])
            return answer

    connection = Counting(port)
    operation.act(connection, next(numbers))
    connection.close()
    return seen


def grown(places: list[Installation], seconds: float) -> list[dict[str, Any]]:
    """Each operation's median at each size, in turns, and how many times the first the last is."""
    known = [operations(place.world) for place in places]
    rows = []
    for name in known[0]:
        found = [Measured() for _ in places]
        for _ in range(ROUNDS):
            for place, operation, all_of_it in zip(places, known, found, strict=True):
                all_of_it.add(for_a_while(operation[name].act, place.port, seconds / ROUNDS))
        medians = [1000 * statistics.median(each.times) for each in found]
        row = {str(place.images): round(each, 2) for place, each in zip(places, medians, strict=True)}
        rows.append({"operation": name, "p50_ms": row, "slope": round(medians[-1] / medians[0], 2)})
    return rows


def crowded(here: Installation, seconds: float) -> list[dict[str, Any]]:
    """Some operations asked for by several connections at once."""
    known, rows = operations(here.world), []
    for name in TOGETHER:
        for connections in CONNECTIONS:
            began, clock = time.process_time(), time.perf_counter()
            found = together(known[name].act, here.port, seconds, connections)
            core = (time.process_time() - began) / (time.perf_counter() - clock)
            rows.append(figures(found, of=found) | {"operation": name, "connections": connections})
            rows[-1] |= {"clients_share_of_a_core": round(core, 2)}
            rows[-1] |= {"share_of_bare_rate": share_of_bare(rows[-1], known[name], here.folder, seconds)}
            del rows[-1]["ratio"]
    return rows


def share_of_bare(row: dict[str, Any], operation: Operation, folder: Path, seconds: float) -> float | None:
    """How many a second, of those that one bare process does right after."""
    if not operation.bare:
        return None
    return round(row["per_second"] * statistics.median(by_hand(operation, folder, seconds).times), 2)


def steady(here: Installation, requests: int) -> dict[str, Any]:
    """Memory of the largest worker, in MB, at each tenth of so many requests: lists and details in turns."""
    known = operations(here.world)
    acts: list[Callable] = [known[name].act for name in ("list of 50 images", "image detail")]
    connection, seen = Connection(here.port), []
    for number in range(requests):
        if number % max(1, requests // 10) == 0:
            seen.append(largest(here.process.pid, "VmRSS"))
        acts[number % 2](connection, number)
    connection.close()
    return {"requests": requests, "mb": [round(each, 1) for each in [*seen, largest(here.process.pid, "VmRSS")]]}


def peak(pid: int) -> float:
    return largest(pid, "VmHWM")


def forget_peaks(pid: int) -> None:
    """Let the kernel count peaks from here on (proc(5), clear_refs)."""
    for each in family(pid):
        Path(f"/proc/{each}/clear_refs").write_text("5")


def largest(pid: int, line: str) -> float:
    """MB of the server's largest process."""
    return max(memory(each, line) for each in family(pid))


def memory(pid: int, line: str) -> float:
    try:
        told = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(each.split()[1]) / 1024 for each in told.splitlines() if each.startswith(line)), 0.0)


def family(pid: int) -> list[int]:
    """A process and all that it has started."""
    below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split() if os.path.exists(f"/proc/{pid}") else []
    return [pid, *(each for child in below for each in family(int(child)))]
