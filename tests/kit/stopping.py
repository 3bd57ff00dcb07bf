"""A server that is told to stop while clients write and read: python -m tests.kit.stopping ROUNDS

What counts is that the record and the clients agree. Each request that was worked on left an event, so when there are
as many events as answers, nobody lost the answer to something that was done; and each row that a client was told of is
there.

Once the server is told, a request may go unanswered: its connection waits to be accepted, and nobody does any more, or
it was kept from before and ends as the request is on its way. No server can spare a client that, and nothing was done
for it, as the record shows. A client meets each of the two at most once, and then nobody listens. Before, none may.
"""

import random
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from uuid import UUID, uuid4

import requests

from harrison.server import STOP_SECONDS as STOP
from tests.kit.serving import NEWCOMER, Served, installed, managed, started

CLIENTS = 6
SECONDS = 4  # from when the port answers until the server is told, at most: some of its processes may still start
COUNT = """
from accounts.models import Team
from events.models import Event
asked = Event.objects.filter(path__in=["/api/v1/teams/", "/api/v1/me/"])
print(asked.count(), *Team.objects.values_list("pk", flat=True))
"""


class Client(threading.Thread):
    """Writes and reads in turn, each second client on a new connection every time, until nobody listens."""

    def __init__(self, server: Served, token: str, number: int, told: threading.Event) -> None:
        super().__init__(daemon=True)
        self.server, self.number, self.told = server, number, told
        self.session = server.session(token)
        self.made: list[UUID] = []
        self.seen: Counter[str] = Counter()

    def run(self) -> None:
        with self.session:
            self.work()

    def work(self) -> None:
        while not self.seen["refused"]:
            if self.number % 2:
                self.session.headers["Connection"] = "close"
            try:
                self.write()
                self.read()
            except requests.exceptions.ChunkedEncodingError:
                self.seen["cut"] += 1
            except requests.ConnectionError as exc:
                without = "unanswered" if self.told.is_set() else "dropped"
                self.seen["refused" if "refused" in str(exc) else without] += 1

    def write(self) -> None:
        team = {"name": uuid4().hex}
        answer = self.session.post(f"{self.server.address}/api/v1/teams/", json=team, timeout=30)
        self.seen[str(answer.status_code)] += 1
        if answer.status_code == 201:
            self.made.append(UUID(answer.json()["id"]))

    def read(self) -> None:
        answer = self.session.get(f"{self.server.address}/api/v1/me/", timeout=30)
        self.seen[str(answer.status_code)] += 1


def round_of(folder: Path, environment: dict[str, str], token: str) -> tuple[list[Client], float]:
    """Start, load, stop: the clients, and the seconds that stopping took."""
    with started(folder, environment) as server:
        told = threading.Event()
        clients = [Client(server, token, number, told) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        time.sleep(random.uniform(0, SECONDS))
        told.set()
        began = time.monotonic()
        server.process.terminate()
        assert server.process.wait(STOP - 1) == 0, (folder / "log").read_text()  # by itself: at STOP it is killed
        took = time.monotonic() - began
        for client in clients:
            client.join(60)
    return clients, took


def stopped(folder: Path, rounds: int) -> dict[str, float]:
    """What clients saw, how many requests were answered and how many recorded, and how many rows are lost."""
    with installed(folder) as environment:
        token = managed(environment, "shell", "--no-imports", "-c", NEWCOMER.format(username="doctor", role="doctor"))
        ends = [round_of(folder, environment, token.split()[-1]) for _ in range(rounds)]
        events, *teams = managed(environment, "shell", "--no-imports", "-c", COUNT).split()
    clients = [client for each, _ in ends for client in each]
    seen = sum((client.seen for client in clients), Counter[str]())
    made = {made for client in clients for made in client.made}
    answered = sum(number for what, number in seen.items() if what.isdigit())
    lost, longest = len(made - {UUID(team) for team in teams}), round(max(took for _, took in ends), 1)
    unanswered = max(client.seen["unanswered"] for client in clients)  # by one client, as it ended
    told = {"answered": answered, "recorded": int(events), "lost": lost, "longest": longest}
    return {**seen, **told, "unanswered of one": unanswered}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print(stopped(Path(folder), int(sys.argv[1])))  # noqa: T201 - that is what it is run for
