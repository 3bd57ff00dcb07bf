"""Granian and gunicorn under Harrison itself: python benchmarks/servers.py [ROUNDS]

Both serve the same application over TLS with two processes, one after the other in each round, so that what the machine
does besides falls on both. Needs gunicorn, which Harrison does not: pip install gunicorn.
"""

import http.client
import json
import os
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import product
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from PIL import Image
from rich.console import Console
from rich.table import Table

from tests.kit import hostile
from tests.kit.ports import free_port
from tests.kit.serving import MANAGE, NEWCOMER, answers, installed, managed

SPOT = {"type": "point", "frame": 0, "points": [[1, 1]]}
SECONDS = 4  # of load, for each operation and number of clients
CLIENTS = (8, 64)
TRUSTING = ssl._create_unverified_context()  # noqa: S323 - the server is ours, and has signed for itself
Request = Callable[[http.client.HTTPSConnection], int]


def commands(folder: Path, port: int) -> dict[str, list[str]]:
    certificate = ["--certfile", str(folder / "cert.crt"), "--keyfile", str(folder / "cert.key")]
    threads = ["--workers", "2", "--worker-class", "gthread", "--threads", "64", "--log-level", "error"]
    gunicorn = [sys.executable, "-m", "gunicorn", "harrison.served:application", "--bind", f"127.0.0.1:{port}"]
    return {
        "granian": [*MANAGE, "serve", "--port", str(port)],
        "gunicorn": [*gunicorn, *threads, *certificate],
    }


@contextmanager
def serving(name: str, folder: Path, environment: dict[str, str]) -> Iterator[int]:
    port = free_port()
    command = commands(folder, port)[name]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as server:
        while not answers(port) and server.poll() is None:
            time.sleep(0.1)
        time.sleep(3)
        try:
            yield port
        finally:
            server.terminate()


def connection(port: int) -> http.client.HTTPSConnection:
    return http.client.HTTPSConnection("127.0.0.1", port, context=TRUSTING, timeout=60)


def load(port: int, clients: int, request: Request) -> tuple[float, list[float]]:
    """Answers of the kind asked for: how many a second, and the seconds that each took, in order."""
    start = time.perf_counter()
    end, took = start + SECONDS, []

    def client() -> None:
        opened = connection(port)
        while (began := time.perf_counter()) < end:
            if request(opened) < 300:
                took.append(time.perf_counter() - began)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(took) / (time.perf_counter() - start), sorted(took)


def ask(token: str, method: str, path: str, body: Callable[[], bytes], opened: http.client.HTTPSConnection) -> int:
    kind = "multipart/form-data; boundary=x" if body is form else "application/json"
    opened.request(method, f"/api/v1/{path}", body(), {"Authorization": f"Token {token}", "Content-Type": kind})
    answer = opened.getresponse()
    answer.read()
    return answer.status


def form() -> bytes:
    """A PNG that nobody has uploaded before."""
    png = hostile.saved(Image.frombytes("L", (128, 128), os.urandom(128 * 128)), "PNG")
    return b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n' + png + b"\r\n--x--\r\n"


def operations(environment: dict[str, str]) -> dict[str, Request]:
    """What is measured, and the sixty images that it is measured on."""
    told = managed(
        environment, "shell", "--no-imports", "-c", NEWCOMER.format(username="doctor", role="doctor") + WORLD
    )
    token, image, label = told.split()[-3:]
    annotation = json.dumps({"image": image, "label": label, "state": "present", "geometry": SPOT}).encode()
    asked = partial(partial, ask, token)
    return {
        "list of 50": asked("GET", "images/", bytes),
        "detail": asked("GET", f"images/{image}/", bytes),
        "annotate": asked("POST", "annotations/", lambda: annotation),
        "upload 17 kB": asked("POST", "images/", form),
    }


WORLD = """
from tests.kit.factories import ImageFactory, LabelFactory, StudyFactory
images = ImageFactory.create_batch(60, study=StudyFactory(owner=user))
print(images[0].pk, LabelFactory().pk)
"""


def main(rounds: int) -> None:
    found: dict[tuple[str, int, str], list[tuple[float, list[float]]]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as place, installed(Path(place)) as environment:
        asked = operations(environment)
        for number in range(rounds * 2):
            # Granian is first: it makes the certificate.
            name = ("granian", "gunicorn")[(number + number // 2) % 2]
            with serving(name, Path(place), environment) as port:
                for (what, request), clients in product(asked.items(), CLIENTS):
                    found[what, clients, name].append(load(port, clients, request))
    show(found)


def show(found: dict[tuple[str, int, str], list[tuple[float, list[float]]]]) -> None:
    table = Table("operation", "clients", "server", "requests/s", "p50 ms", "p99 ms")
    for (what, clients, name), rounds in sorted(found.items()):
        rate = statistics.median(rate for rate, _ in rounds)
        p50, p99 = (statistics.median(took[int(len(took) * at)] for _, took in rounds) * 1000 for at in (0.5, 0.99))
        table.add_row(what, str(clients), name, f"{rate:.0f}", f"{p50:.0f}", f"{p99:.0f}")
    Console().print(table)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 3)
