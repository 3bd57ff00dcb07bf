"""Settings come from the environment, are listed in one place, and a wrong one stops the start."""

import os
import re
import signal
import socket
import stat
import subprocess
import sys
from io import StringIO

import pytest
from cryptography import x509
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError

from harrison.env import read_or_create_secret, read_secret
from harrison.management.commands import serve
from tests.kit.commands import names_read, start
from tests.kit.ports import free_port
from tests.kit.serving import ROOT


def lines_of_the_example() -> list[str]:
    return (ROOT / ".env.example").read_text().splitlines()


# --- .env.example ---------------------------------------------------------------------------------------------------


def test_the_example_lists_every_setting_and_no_other():
    assert {line.split("=")[0] for line in lines_of_the_example() if re.match("[A-Z]", line)} == names_read()


@pytest.mark.parametrize("name", sorted(names_read()))
def test_the_example_says_what_a_setting_means(name):
    lines = lines_of_the_example()
    (place,) = (number for number, line in enumerate(lines) if line.startswith(f"{name}="))
    assert lines[place - 1].startswith("# ")


def test_the_example_tells_the_defaults(tmp_path):
    told = dict(line.split("=", 1) for line in lines_of_the_example() if re.match("[A-Z]", line))
    told.pop("HARRISON_DATA_DIR")
    start(tmp_path)  # makes the secrets of a trial
    shown = [start(tmp_path, "diffsettings", **environment).stdout for environment in (told, {})]
    told_so, left_out = (re.sub(r" at 0x\w+", "", settings) for settings in shown)
    assert told_so == left_out and "ALLOWED_HOSTS" in left_out


# --- Secrets --------------------------------------------------------------------------------------------------------


@pytest.fixture
def unset(monkeypatch):
    monkeypatch.delenv("A_SECRET", raising=False)
    monkeypatch.delenv("A_SECRET_FILE", raising=False)


def test_a_secret_is_what_the_environment_says(unset, monkeypatch, tmp_path):
    monkeypatch.setenv("A_SECRET", "told")
    assert read_or_create_secret("A_SECRET", folder=tmp_path, production=True) == "told"


def test_a_secret_is_what_the_named_file_holds(unset, monkeypatch, tmp_path):
    (tmp_path / "mounted").write_text("kept\n")
    monkeypatch.setenv("A_SECRET_FILE", str(tmp_path / "mounted"))
    assert read_or_create_secret("A_SECRET", folder=tmp_path, production=True) == "kept"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("missing", "cannot be read"),
        ("folder", "cannot be read"),
        ("empty", "is empty"),
        ("binary", "is not a text file"),
        ("open", "everyone may write"),
    ],
)
def test_a_named_file_that_holds_no_secret_stops_the_start(name, said, unset, monkeypatch, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").touch()
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "open").write_text("kept")
    (tmp_path / "open").chmod(0o666)
    monkeypatch.setenv("A_SECRET_FILE", str(tmp_path / name))
    with pytest.raises(ImproperlyConfigured, match=said):
        read_or_create_secret("A_SECRET", folder=tmp_path, production=False)


def test_a_file_that_all_may_read_is_as_containers_mount_it(unset, monkeypatch, tmp_path):
    (tmp_path / "mounted").write_text("kept")
    (tmp_path / "mounted").chmod(0o444)
    monkeypatch.setenv("A_SECRET_FILE", str(tmp_path / "mounted"))
    assert read_secret("A_SECRET") == "kept"


def test_a_secret_told_twice_stops_the_start(unset, monkeypatch, tmp_path):
    (tmp_path / "mounted").write_text("kept")
    monkeypatch.setenv("A_SECRET", "told")
    monkeypatch.setenv("A_SECRET_FILE", str(tmp_path / "mounted"))
    with pytest.raises(ImproperlyConfigured, match="both set"):
        read_or_create_secret("A_SECRET", folder=tmp_path, production=False)


def test_every_secret_comes_from_its_file(tmp_path):
    names = ("HARRISON_SECRET_KEY", "HARRISON_IDENTITY_KEYS", "HARRISON_PROJECT_KEY", "DATABASE_URL")
    for name in names:
        (tmp_path / name).write_text(f"sqlite:////in-a-file-of-its-own/{name}")
    mounted = {f"{name}_FILE": str(tmp_path / name) for name in names}
    shown = start(tmp_path, "diffsettings", HARRISON_PRODUCTION="true", **mounted).stdout
    assert all(f"in-a-file-of-its-own/{name}" in shown for name in names), shown


def test_a_secret_of_a_trial_is_made_once(unset, tmp_path):
    first = read_or_create_secret("A_SECRET", folder=tmp_path, production=False)
    assert len(first) >= 48 and read_or_create_secret("A_SECRET", folder=tmp_path, production=False) == first


def test_a_secret_of_a_trial_is_its_owners_alone(unset, tmp_path):
    read_or_create_secret("A_SECRET", folder=tmp_path, production=False)
    assert stat.S_IMODE((tmp_path / "a_secret").stat().st_mode) == 0o600


def test_production_takes_no_secret_made_for_a_trial(unset, tmp_path):
    read_or_create_secret("A_SECRET", folder=tmp_path, production=False)
    with pytest.raises(ImproperlyConfigured, match="in production no secret is generated"):
        read_or_create_secret("A_SECRET", folder=tmp_path, production=True)


def test_production_without_a_secret_does_not_start(tmp_path):
    stopped = start(tmp_path, HARRISON_PRODUCTION="true")
    assert stopped.returncode != 0 and "Set HARRISON_SECRET_KEY" in stopped.stderr


# --- What serve makes -----------------------------------------------------------------------------------------------


def test_the_certificate_names_this_machine(tmp_path):
    certificate, _ = serve.self_signed(tmp_path)
    read = x509.load_pem_x509_certificate(certificate.read_bytes())
    names = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(name.value) for name in names] == ["localhost", "127.0.0.1"]


def test_the_key_is_its_owners_alone(tmp_path):
    _, key = serve.self_signed(tmp_path)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_the_certificate_is_made_once(tmp_path):
    certificate, key = serve.self_signed(tmp_path)
    before = certificate.read_bytes() + key.read_bytes()
    serve.self_signed(tmp_path)
    assert certificate.read_bytes() + key.read_bytes() == before


def test_static_files_are_collected_when_they_are_stale_only(tmp_path, settings, monkeypatch):
    collected = []
    monkeypatch.setattr(serve, "call_command", lambda name, **options: collected.append(name))
    serve.collect_static(tmp_path)
    serve.collect_static(tmp_path)
    assert collected == ["collectstatic"]


def test_static_files_that_changed_are_collected_again(tmp_path, monkeypatch):
    collected = []
    monkeypatch.setattr(serve, "call_command", lambda name, **options: collected.append(name))
    serve.collect_static(tmp_path)
    monkeypatch.setattr(serve, "fingerprint", lambda: "another")
    serve.collect_static(tmp_path)
    assert len(collected) == 2


def test_static_files_that_are_part_of_an_image_are_left_alone(tmp_path, monkeypatch):
    collected = []
    monkeypatch.setattr(serve, "call_command", lambda name, **options: collected.append(name))
    monkeypatch.setattr("os.access", lambda path, mode: False)
    serve.collect_static(tmp_path)
    assert collected == []


def test_behind_a_proxy_there_is_no_certificate(tmp_path, settings):
    settings.DATA_DIR = tmp_path
    assert serve.certified({"plain": True, "certificate": None}) == (None, None)
    assert not (tmp_path / "cert.key").exists()


@pytest.mark.parametrize("port", [0, 65536, -1])
def test_a_port_that_cannot_be_is_refused(port):
    with pytest.raises(CommandError, match="There is no port"):
        serve.refuse_port_in_use("127.0.0.1", port)


def test_a_port_in_use_is_refused():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(CommandError, match="choose another"):
            serve.refuse_port_in_use(*taken.getsockname())


def test_the_line_to_start_with_goes_to_the_port_that_is_served(tmp_path, settings, monkeypatch):
    settings.DATA_DIR = tmp_path
    (tmp_path / "demo-credentials.txt").write_text("curl https://127.0.0.1:8000/api/v1/auth/login/\n")
    monkeypatch.setattr(serve, "wait_for", lambda host, port: None)
    out = StringIO()
    serve.Command(stdout=out).welcome("127.0.0.1", 8123)
    assert "curl https://127.0.0.1:8123/api/v1/auth/login/" in out.getvalue()


@pytest.mark.slow
def test_the_way_by_hand_serves_over_https(tmp_path):
    """`runserver_plus --cert-file`, which make dev and the README name, finds what it needs."""
    port = free_port()
    command = [sys.executable, "manage.py", "runserver_plus", "--cert-file", str(tmp_path / "cert.crt")]
    environment = os.environ | {"HARRISON_DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "harrison.settings"}
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen(
            [*command, f"127.0.0.1:{port}"],
            cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True,
        ) as server,
    ):  # fmt: skip
        serve.wait_for("127.0.0.1", port)
        there = server.poll() is None
        os.killpg(server.pid, signal.SIGTERM)  # the reloader serves from a child
    assert there and (tmp_path / "cert.crt").exists(), (tmp_path / "log").read_text()


@pytest.mark.parametrize("name", ["requirements", "requirements-dev", "requirements-ocr"])
def test_the_lock_holds_every_requirement(name):
    """A package that is named and not locked is missing on a fresh machine."""
    wanted = re.findall(r"^([\w.-]+)(?:\[.*\])?==(\S+)", (ROOT / f"{name}.in").read_text(), re.MULTILINE)
    locked = re.findall(r"^([\w.-]+)(?:\[.*\])?==(\S+)", (ROOT / f"{name}.txt").read_text(), re.MULTILINE)
    plain = {(re.sub(r"[._]", "-", package).lower(), version) for package, version in locked}
    assert {(re.sub(r"[._]", "-", package).lower(), version) for package, version in wanted} <= plain
