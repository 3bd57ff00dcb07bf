"""Figures for Prometheus: on a port of their own, whole though several processes answer, and naming nobody."""

import os
import re
import subprocess
import sys

import pytest
import requests

from tests.kit.ports import free_port
from tests.kit.serving import served

LABELS = {"method", "route", "status", "code", "logger", "level", "exception", "le"}


@pytest.fixture(scope="module")
def inside():
    return free_port()


@pytest.fixture(scope="module")
def server(tmp_path_factory, inside):
    with served(tmp_path_factory.mktemp("metrics"), "--metrics-port", str(inside)) as server:
        yield server


@pytest.fixture(scope="module")
def doctor(server):
    return server.session(server.token_of("doctor", "doctor"))


def figures(port) -> dict[str, float]:
    """What is told there: `name{labels}` and its figure."""
    lines = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text.splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}


def count(port, route, status, method="GET"):
    asked = f'harrison_requests_total{{method="{method}",route="{route}",status="{status}"}}'
    return figures(port).get(asked, 0)


def test_what_all_processes_answer_is_counted(server, doctor, inside):
    before = count(inside, "api/v1/me/", 200)
    for _ in range(20):
        doctor.get(f"{server.address}/api/v1/me/", headers={"Connection": "close"}, timeout=10)
    assert count(inside, "api/v1/me/", 200) - before == 20


def test_a_route_is_counted_and_not_the_thing_asked_for(server, doctor, inside):
    made = doctor.post(f"{server.address}/api/v1/teams/", json={"name": "Chest"}, timeout=10).json()["id"]
    doctor.get(f"{server.address}/api/v1/teams/{made}/", timeout=10)
    doctor.get(f"{server.address}/Jane-Doe/", timeout=10)
    doctor.request("JANEDOE", f"{server.address}/api/v1/me/", timeout=10)
    told = "\n".join(figures(inside))
    assert count(inside, "none", 404) == 1 and count(inside, "api/v1/teams/<uuid:pk>/", 200) == 1, told
    assert count(inside, "api/v1/me/", 405, method="other") == 1
    assert not re.search("doctor|jane|chest|[0-9a-f]{8}-[0-9a-f]{4}", told, re.IGNORECASE)


def test_no_label_could_name_anybody(inside):
    assert {label for name in figures(inside) for label in re.findall(r'(\w+)="', name)} <= LABELS


def test_nothing_is_in_hand_when_nobody_asks(inside):
    assert figures(inside)["harrison_requests_in_hand"] == 0


def test_the_public_port_tells_no_figures(server, doctor):
    assert doctor.get(f"{server.address}/metrics", timeout=10).status_code == 404


# Whether processes share figures is chosen when the library is loaded, so the rest has a process of its own.


def told_by(tmp_path, code):
    command = [sys.executable, "-c", "from harrison.metrics import *\n" + code]
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


ENDED = """
import multiprocessing
from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector
def work(): shared_metrics().in_hand.inc(); shared_metrics().requests.labels("GET", "none", 404).inc()
ended = multiprocessing.get_context("fork").Process(target=work); ended.start(); ended.join()
forget_process(ended.pid)
metrics = MultiProcessCollector(CollectorRegistry()).collect()
found = {sample.name: sample.value for metric in metrics for sample in metric.samples}
print(found.get("harrison_requests_in_hand"), found["harrison_requests_total"])
"""


def test_an_ended_process_has_nothing_in_progress_but_its_answers_still_count(tmp_path):
    assert told_by(tmp_path, ENDED) == "None 1.0\n"


ERRORS = """
import logging
logging.getLogger().addHandler(MetricsHandler())
try: raise KeyError("Jane Doe")
except KeyError: logging.getLogger("events.middleware").exception("an event could not be written")
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
registry = CollectorRegistry(); MultiProcessCollector(registry)
print(generate_latest(registry).decode())
"""


def test_errors_in_the_log_are_counted_without_their_words(tmp_path):
    metrics = told_by(tmp_path, ERRORS)
    assert 'harrison_log_lines_total{exception="KeyError",level="ERROR",logger="events.middleware"} 1.0' in metrics
    assert "Jane" not in metrics
