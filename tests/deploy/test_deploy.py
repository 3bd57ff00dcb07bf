"""The files of a deployment, checked by the tools that read them."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.kit.commands import start
from tests.kit.installation import ROOT

DEPLOY = ROOT / "deploy"
TOOLS = Path(sys.executable).parent
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
SCHEMAS = {
    "deploy/compose.yaml": ("vendor.compose-spec",),
    ".github/workflows/harrison.yml": ("vendor.github-workflows",),
    ".gitlab-ci.yml": ("vendor.gitlab-ci", "--data-transform", "gitlab-ci"),
}


def run(*command, **options):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=120, **options)


def test_hadolint_accepts_the_dockerfile():
    linted = run(TOOLS / "hadolint", DEPLOY / "Dockerfile")
    assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize("path", SCHEMAS)
def test_a_file_conforms_to_its_schema(path):
    schema, *options = SCHEMAS[path]
    checked = run(TOOLS / "check-jsonschema", "--builtin-schema", schema, *options, ROOT / path)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("script", ["make-secrets", "release", "push", "smoke"])
def test_a_script_is_valid_shell(script):
    assert run("sh", "-n", DEPLOY / script).returncode == 0


# --- One machine ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_has_no_rights_that_it_does_not_need(name):
    service = SERVICES[name]
    assert service["read_only"] is True and service["cap_drop"] == ["ALL"] and "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"] and "privileged" not in service


def test_only_nginx_can_be_reached_from_outside():
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"nginx"}
    assert COMPOSE["networks"]["back"] == {"internal": True}
    assert {name for name, service in SERVICES.items() if "front" in service["networks"]} == {"nginx"}


def test_nginx_gives_upload_workers_fewer_requests_than_they_have_threads():
    """The rest answers /livez and /readyz."""
    options = " ".join(SERVICES["uploads"]["command"])
    workers, threads = (int(re.search(rf"--{name} (\d+)", options)[1]) for name in ("workers", "threads"))
    given = re.findall(r"uploads\.sock max_conns=(\d+)", (DEPLOY / "nginx" / "http.conf").read_text())
    assert len(given) == 2 and sum(map(int, given)) <= workers * threads - 4


def test_compose_passes_the_check_of_a_deployment(tmp_path):
    run(DEPLOY / "make-secrets", tmp_path / "secrets")
    environment = {name: value.replace("/run", str(tmp_path)) for name, value in SERVICES["web"]["environment"].items()}
    environment |= {name: value.replace("${HARRISON_HOST}", "h.example") for name, value in environment.items()}
    environment["HARRISON_ALLOWED_HOSTS"] = "h.example"
    checked = start(tmp_path / "data", "check", "--deploy", "--fail-level", "WARNING", **environment)
    assert checked.returncode == 0, checked.stderr


def read_files(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_secrets_are_made_once_and_fit_together(tmp_path):
    first, again = ([run(DEPLOY / "make-secrets", tmp_path / "s"), read_files(tmp_path / "s")][1] for _ in range(2))
    assert first == again
    (user,) = json.loads(first["s3_people"])["identities"]
    assert user["credentials"] == [{"accessKey": first["s3_access_key"], "secretKey": first["s3_secret_key"]}]
    assert first["database_url"] == f"postgres://harrison:{first['database_password']}@database:5432/harrison"
    assert len({first["secret_key"], first["project_key"], first["identity_keys"], first["database_password"]}) == 4
    of_compose = {Path(secret["file"]).name for secret in COMPOSE["secrets"].values()}
    assert of_compose - first.keys() == {"tls_certificate", "tls_key"}  # the hospital's own


def test_secrets_are_never_committed():
    assert run("git", "check-ignore", "deploy/secrets/secret_key", cwd=ROOT).returncode == 0


def test_the_smoke_test_fails_where_no_one_answers():
    assert run(DEPLOY / "smoke", "http://127.0.0.1:9").returncode != 0
