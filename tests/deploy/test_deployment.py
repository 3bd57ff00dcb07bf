"""The image and compose: checked by their own tools, and run as far as that goes without an engine."""

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from harrison import arrival
from harrison.management.commands import serve
from harrison.silence import BEHIND_A_PROXY
from tests.harrison.test_settings import names_read, start
from tests.kit import container, needs

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
TOOLS = Path(sys.executable).parent
STEPS = container.steps((DEPLOY / "Dockerfile").read_text())
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
SETTINGS = names_read()


def run(*command, **more):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=120, **more)


# --- The image ------------------------------------------------------------------------------------------------------


def test_the_dockerfile_is_linted():
    linted = run(TOOLS / "hadolint", DEPLOY / "Dockerfile")
    assert linted.returncode == 0, linted.stdout


def test_every_app_is_in_the_image():
    copied = {rest.split()[0] for instruction, rest in STEPS if instruction == "COPY"}
    assert {path.parent.name for path in ROOT.glob("*/apps.py")} <= copied


def test_the_builder_is_sent_what_is_copied_and_nothing_else():
    copied = [name for step, rest in STEPS if step == "COPY" and "--from" not in rest for name in rest.split()[:-1]]
    lines = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    assert lines[1] == "*" and {line[1:] for line in lines if line.startswith("!")} == set(copied)


def test_base_images_are_of_one_named_version():
    bases = {rest.split()[0] for instruction, rest in STEPS if instruction == "FROM"}
    assert len(bases) == 1 and re.search(r":\d+\.\d+\.\d+-", bases.pop())


def test_no_secret_is_in_a_layer():
    kept = " ".join(rest for instruction, rest in STEPS if instruction in ("ENV", "ARG", "LABEL"))
    assert not re.search("KEY|PASSWORD|TOKEN|SECRET", kept)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What the container did; it is built and run where we may mount."""
    needs.need(needs.may_mount(), needs.MOUNTING)
    folder = tmp_path_factory.mktemp("container")
    command = [*needs.APART, sys.executable, "-m", "tests.kit.container", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-5000:]
    return json.loads(done.stdout)


@pytest.mark.slow
class TestTheContainer:
    def test_it_is_alive_while_it_runs_and_only_then(self, told):
        assert (told["health before"], told["health"], told["health after"]) == (1, 0, 1)

    def test_it_runs_as_nobody_who_may_anything(self, told):
        process = dict(line.split(":\t", 1) for line in told["process"].splitlines())
        assert process["Uid"].split() == ["10001"] * 4
        assert (int(process["CapEff"], 16), process["NoNewPrivs"]) == (0, "1")

    def test_its_root_is_read_only(self, told):
        assert "Read-only file system" in told["write to the root"]

    def test_its_deployment_has_no_warnings(self, told):
        assert told["check"][0] == 0, told["check"][1]

    def test_its_static_files_have_hashed_names_and_may_be_kept_for_ever(self, told):
        name, status, kept = told["answers"]["static"]
        assert re.search(r"\.[0-9a-f]{12}\.css$", name) and status == 200 and "immutable" in kept

    def test_what_does_not_come_over_https_is_sent_there(self, told):
        assert told["answers"]["plain"] == 301

    def test_it_takes_an_upload_and_makes_its_copy(self, told):
        status, image = told["answers"]["upload"]
        assert status == 201 and image["release_state"] == "released"

    def test_the_smoke_test_passes(self, told):
        assert "is well" in told["answers"]["smoke"]

    def test_it_stops_when_it_is_asked_to(self, told):
        assert told["exit"] == 0


# --- One machine ----------------------------------------------------------------------------------------------------


def conforms(schema, path, *options):
    return run(TOOLS / "check-jsonschema", "--builtin-schema", schema, *options, path)


def test_compose_conforms_to_its_schema():
    checked = conforms("vendor.compose-spec", DEPLOY / "compose.yaml")
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_gives_up_what_it_does_not_need(name):
    service = SERVICES[name]
    assert service["read_only"] is True and service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"] and not service.get("privileged")
    assert set(service.get("cap_add", ())) <= {"NET_BIND_SERVICE"}


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_runs_one_named_version(name):
    assert re.search(
        r":(\d+\.\d+(\.\d+)?(-[\w.]+)?|\$\{HARRISON_IMAGE.*)$|^\$\{HARRISON_IMAGE", SERVICES[name]["image"]
    )


def test_only_the_proxy_is_reached_from_outside():
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"proxy"}
    assert COMPOSE["networks"]["back"] == {"internal": True}
    assert {name for name, service in SERVICES.items() if "front" in service["networks"]} == {"proxy", "app"}


def test_the_proxy_gives_the_slowest_upload_that_is_taken_its_time(settings):
    hours = dict(re.findall(r"(read_body|write) (\d+)h", (DEPLOY / "Caddyfile").read_text()))
    longest = (settings.MAX_UPLOAD_BYTES + arrival.OVERHEAD) / arrival.AT_LEAST + arrival.PATIENCE
    assert longest <= int(hours["read_body"]) * 3600 < int(hours["write"]) * 3600


def test_an_idle_connection_is_ended_by_the_proxy_and_not_by_harrison():
    (minutes,) = re.findall(r"^\s+keepalive (\d+)m$", (DEPLOY / "Caddyfile").read_text(), re.MULTILINE)
    assert int(minutes) * 60 < BEHIND_A_PROXY


def test_figures_are_told_inside_and_not_by_the_proxy():
    port = SERVICES["app"]["command"][-1]
    assert SERVICES["app"]["command"][-2] == "--metrics-port" and SERVICES["app"]["expose"] == [port]
    assert port not in (DEPLOY / "Caddyfile").read_text()


@pytest.mark.parametrize("name", SERVICES)
def test_secrets_are_files(name):
    environment = SERVICES[name].get("environment", {})
    assert not [key for key in environment if re.search("KEY|PASSWORD|DATABASE_URL", key) and not key.endswith("_FILE")]
    mounted = {f"/run/secrets/{secret}" for secret in SERVICES[name].get("secrets", ())}
    assert {value for key, value in environment.items() if key.endswith("_FILE")} <= mounted


def test_the_container_has_room_for_every_thread_of_two_processes():
    assert SERVICES["app"]["pids_limit"] > 2 * serve.THREADS


def test_every_setting_in_compose_is_one():
    named = {key.removesuffix("_FILE") for key in SERVICES["app"]["environment"]}
    assert named <= SETTINGS


def test_compose_as_it_stands_has_no_warnings(tmp_path):
    """The last step of its installation."""
    run(DEPLOY / "make-secrets", tmp_path / "secrets")
    told = {name: value.replace("/run", str(tmp_path)) for name, value in SERVICES["app"]["environment"].items()}
    told["HARRISON_ALLOWED_HOSTS"] = "harrison.example"
    told["HARRISON_TRUSTED_ORIGINS"] = "https://harrison.example"
    checked = start(tmp_path / "data", "check", "--deploy", "--fail-level", "WARNING", **told)
    assert checked.returncode == 0, checked.stderr


def test_a_named_container_waits_for_what_it_needs():
    order = {name: set(service.get("depends_on", ())) for name, service in SERVICES.items()}
    assert order["app"] == {"roles", "bucket"} and order["roles"] == {"migrate"} and order["migrate"] == {"database"}


TELLS = """#!/bin/sh
echo "{name} $*" >>{told}
[ "$(wc -l <{told})" -lt 4 ] || kill $PPID
[ {name} = sleep ]  # everything else fails
"""


def test_copies_that_are_missing_are_made_every_hour_even_after_an_hour_that_failed(tmp_path):
    told = tmp_path / "told"
    for name in ("python", "sleep"):
        (tmp_path / name).write_text(TELLS.format(name=name, told=told))
        (tmp_path / name).chmod(0o755)
    run(*SERVICES["timer"]["entrypoint"], env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert told.read_text().splitlines() == ["python manage.py remake_copies", "sleep 3600"] * 2
    assert SERVICES["timer"]["restart"] == "unless-stopped"


@pytest.mark.parametrize(
    ("listed", "code"),
    [
        ("  other\tsize:0\n  harrison\tsize:0", 0),
        ("> harrison\tsize:0", 0),
        ("create bucket harrison: no store", 1),
        ("", 1),
    ],
)
def test_the_bucket_is_there_or_nothing_starts(listed, code, tmp_path):
    (tmp_path / "weed").write_text(f"#!/bin/sh\nprintf '%b\n' '{listed}'")
    (tmp_path / "sleep").write_text("#!/bin/sh\n")
    for program in ("weed", "sleep"):
        (tmp_path / program).chmod(0o755)
    made = run(*SERVICES["bucket"]["entrypoint"], env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert made.returncode == code


def test_secrets_are_made_once_and_for_every_container(tmp_path):
    folder = tmp_path / "secrets"
    before, after = ([run(DEPLOY / "make-secrets", folder), contents(folder)][1] for _ in range(2))
    assert before == after and {f"./secrets/{name}" for name in before} == {
        secret["file"] for secret in COMPOSE["secrets"].values()
    }
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700 and min(len(text) for text in before.values()) >= 8


def test_made_secrets_fit_together(tmp_path):
    run(DEPLOY / "make-secrets", tmp_path / "secrets")
    made = contents(tmp_path / "secrets")
    (person,) = json.loads(made["s3_people"])["identities"]
    assert person["credentials"] == [{"accessKey": made["s3_access_key"], "secretKey": made["s3_secret_key"]}]
    assert made["database_url"] == f"postgres://harrison:{made['database_password']}@database:5432/harrison"
    assert len({made["secret_key"], made["project_key"], made["identity_keys"], made["database_password"]}) == 4


def contents(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_secrets_are_never_committed():
    assert run("git", "check-ignore", "deploy/secrets/secret_key", cwd=ROOT).returncode == 0
