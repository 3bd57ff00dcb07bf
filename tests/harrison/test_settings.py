"""Settings come from the environment, are listed in .env.example, and a wrong one stops the start with one line."""

import re
import runpy
import signal
import stat
import subprocess
import sys
from itertools import pairwise
from os import environ, killpg

import pytest
from django.core.exceptions import ImproperlyConfigured

from harrison.env import (
    create_trial_secret,
    read_choice,
    read_flag,
    read_folder,
    read_list,
    read_number,
    read_or_create_secret,
    read_rate,
    read_secret,
)
from tests.kit.commands import names_read, start
from tests.kit.installation import ROOT
from tests.kit.ports import free_port
from tests.kit.serving import answers
from tests.kit.waiting import until

SETTINGS = str(ROOT / "harrison" / "settings.py")
EXAMPLE = (ROOT / ".env.example").read_text().splitlines()


def error_of(read, *arguments, **options) -> str:
    """Return the sentence of the error, or nothing."""
    try:
        read(*arguments, **options)
    except ImproperlyConfigured as exc:
        return str(exc)
    return ""


# --- .env.example ---------------------------------------------------------------------------------------------------


def test_the_example_explains_every_setting_and_no_other():
    settings = {line.split("=")[0]: before for before, line in pairwise(EXAMPLE) if "=" in line}
    settings = {name: before for name, before in settings.items() if re.fullmatch("[A-Z0-9_]+", name)}
    assert settings.keys() == names_read()
    assert [name for name, before in settings.items() if not before.startswith("# ")] == []


def test_the_example_has_the_defaults(tmp_path):
    example = dict(line.split("=", 1) for line in EXAMPLE if re.match("[A-Z]", line))
    del example["HARRISON_DATA_DIR"]
    start(tmp_path)  # generates the secrets of a trial
    with_example, without = (start(tmp_path, "diffsettings", **environment).stdout for environment in (example, {}))
    assert re.sub(r" at 0x\w+", "", with_example) == re.sub(r" at 0x\w+", "", without) and "ALLOWED_HOSTS" in without


# --- Wrong values and names -----------------------------------------------------------------------------------------

WRONG = {
    ("HARRISON_PRODUCTION", "treu"): "set true or false, or unset it",
    ("HARRISON_LOGIN_RATE", "bogus"): "set a number per second, min, hour or day, such as 20/min, or unset it",
    ("HARRISON_PROXIES", "-1"): "set a whole number from 0 to 9, or unset it",
    ("HARRISON_INSTANCES", "0"): "set a whole number from 1 to 999, or unset it",
    ("HARRISON_MAX_UPLOAD_MB", "-5"): "set a whole number from 1 to 1073741824, or unset it",
    ("HARRISON_QUOTA_MB", "abc"): "set a whole number from 1 to 1073741824, or unset it",
    ("HARRISON_FREE_DISK_MB", "1.5"): "set a whole number from 0 to 1073741824, or unset it",
    ("HARRISON_METRICS_PORT", "70000"): "set a whole number from 0 to 65535, or unset it",
    ("HARRISON_LOG_LEVEL", "loud"): "set one of DEBUG, INFO, WARNING, ERROR, or unset it",
    ("HARRISON_LOG_FORMAT", "xml"): "set json or, outside production, text; or unset it",
    ("HARRISON_STORAGE", "s4"): "set one of disk, s3, or unset it",
    # Of a bucket that is not in use.
    ("HARRISON_S3_TIMEOUT", "0"): "set a whole number from 1 to 300, or unset it",
    ("HARRISON_S3_ENCRYPTION", "AES"): "set one of none, AES256, aws:kms, aws:kms:dsse, or unset it",
    ("HARRISON_S3_ENDPOINT", "bucket.example"): "begins with https://",
}


def test_a_wrong_value_stops_the_start_and_says_what_to_set(monkeypatch):
    wrong = {}
    for (name, value), remedy in WRONG.items():
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            sentence = error_of(runpy.run_path, SETTINGS)
        if f"{name} is {value!r}" not in sentence or remedy not in sentence or "\n" in sentence:
            wrong[name] = sentence
    assert wrong == {}


def test_an_unknown_name_stops_the_start_and_a_similar_one_is_suggested(monkeypatch):
    expected = {
        "HARRISON_PRODUCTON": "is not a setting. Did you mean HARRISON_PRODUCTION?",
        "HARRISON_QUOTA_MB_FILE": "is not a setting.",  # it is not a secret
        "HARRISON_PORTS": "is not a setting.",  # only almost like those of Kubernetes
    }
    for name, sentence in expected.items():
        with monkeypatch.context() as patch:
            patch.setenv(name, "true")
            assert f"{name} {sentence}" in error_of(runpy.run_path, SETTINGS)


def test_names_of_kubernetes_of_the_tests_and_of_compose_are_accepted(monkeypatch):
    names = re.findall(r"\$\{(HARRISON_\w+)", (ROOT / "deploy" / "compose.yaml").read_text())
    kubernetes = ("HARRISON_PORT", "HARRISON_PORT_80_TCP_ADDR", "HARRISON_SERVICE_HOST")
    for name in (*names, *kubernetes, "HARRISON_DEMAND"):
        monkeypatch.setenv(name, "10.0.0.7")
    assert error_of(runpy.run_path, SETTINGS) == ""


def test_production_refuses_debug_and_missing_secrets(monkeypatch):
    monkeypatch.setenv("HARRISON_PRODUCTION", "true")
    for name in ("HARRISON_SECRET_KEY", "HARRISON_PROJECT_KEY", "HARRISON_IDENTITY_KEYS"):
        monkeypatch.delenv(name, raising=False)
    assert "Set HARRISON_SECRET_KEY" in error_of(runpy.run_path, SETTINGS)
    monkeypatch.setenv("HARRISON_DEBUG", "true")
    assert "unset it in production" in error_of(runpy.run_path, SETTINGS)


# --- Readers --------------------------------------------------------------------------------------------------------


@pytest.fixture
def read_as(monkeypatch):
    def read(value, reader, *arguments):
        monkeypatch.setenv("A_SETTING", value)
        return reader("A_SETTING", *arguments)

    return read


def test_readers_return_typed_values_or_the_default(read_as):
    flags = {word: read_as(word, read_flag, True) for word in ("true", "False", "on", "0", "")}
    assert flags == {"true": True, "False": False, "on": True, "0": False, "": True}
    assert [read_as(word, read_number, 5, 1, 9) for word in ("1", "9", "")] == [1, 9, 5]
    rates = ["1/s", "20/min", "20/minute", "300/hour", "1000000/day"]
    assert [read_as(word, read_rate, "1/s") for word in rates] == rates
    assert read_as("", read_choice, "disk", ("disk", "s3")) == "disk"
    assert read_as("harrison.example, 127.0.0.1,", read_list) == ["harrison.example", "127.0.0.1"]


def test_readers_refuse_everything_else(read_as):
    refused = {
        (read_flag, False): ["treu", "2", " "],
        (read_number, 5, 1, 9): ["0", "10", "1e0", " 1", "1_0", "٣", "9" * 5000, "nan"],
        (read_rate, "1/s"): ["20", "0/min", "-1/min", "x/min", "20/fortnight", "20/min or so"],
    }
    cases = [(word, reader) for reader, words in refused.items() for word in words]
    assert [(word, reader) for word, reader in cases if "A_SETTING is " not in error_of(read_as, word, *reader)] == []


# --- Secrets --------------------------------------------------------------------------------------------------------


@pytest.fixture
def secret(monkeypatch, tmp_path):
    """Read A_SECRET, which is set only as the test sets it."""
    monkeypatch.delenv("A_SECRET", raising=False)
    monkeypatch.delenv("A_SECRET_FILE", raising=False)
    return lambda production=False: read_or_create_secret("A_SECRET", folder=tmp_path, production=production)


def test_a_secret_is_in_the_environment_or_in_a_named_file_but_not_in_both(secret, monkeypatch, tmp_path):
    monkeypatch.setenv("A_SECRET", "from the environment")
    assert secret(production=True) == "from the environment"
    (tmp_path / "mounted").write_text("from a file\n")
    (tmp_path / "mounted").chmod(0o444)  # as containers mount it
    monkeypatch.setenv("A_SECRET_FILE", str(tmp_path / "mounted"))
    assert "both set" in error_of(secret)
    monkeypatch.delenv("A_SECRET")
    assert secret(production=True) == read_secret("A_SECRET") == "from a file"


def test_a_folder_or_a_secret_that_cannot_be_created_is_a_wrong_setting(monkeypatch, tmp_path):
    blocked = tmp_path / "file"
    blocked.touch()
    monkeypatch.setenv("A_FOLDER", str(blocked / "folder"))
    assert "A_FOLDER is" in error_of(read_folder, "A_FOLDER", tmp_path)
    assert "cannot be read" in error_of(create_trial_secret, tmp_path)  # it is a folder
    assert "cannot be written" in error_of(create_trial_secret, tmp_path / ("a" * 256))  # longer than a name may be


def test_a_file_without_a_safe_secret_is_refused(secret, monkeypatch, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").touch()
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "open").write_text("anyone's")
    (tmp_path / "open").chmod(0o666)
    sentences = {}
    for name in ("missing", "folder", "empty", "binary", "open"):
        monkeypatch.setenv("A_SECRET_FILE", str(tmp_path / name))
        sentences[name] = error_of(secret).partition(", which ")[2].partition(":")[0].rstrip(".")
    assert sentences == {
        "missing": "cannot be read",
        "folder": "cannot be read",
        "empty": "is empty",
        "binary": "is not a text file",
        "open": "everyone may write",
    }


def test_a_trial_generates_a_secret_once_for_its_owner_alone_and_production_refuses_it(secret, tmp_path):
    generated = secret()
    assert len(generated) >= 48 and secret() == generated
    assert stat.S_IMODE((tmp_path / "a_secret").stat().st_mode) == 0o600
    assert "in production no secret is generated" in error_of(secret, production=True)


def test_every_secret_is_read_from_its_file(tmp_path):
    names = ("HARRISON_SECRET_KEY", "HARRISON_IDENTITY_KEYS", "HARRISON_PROJECT_KEY", "DATABASE_URL")
    for name in names:
        (tmp_path / name).write_text(f"sqlite:////in-a-file-of-its-own/{name}")
    files = {f"{name}_FILE": str(tmp_path / name) for name in names}
    output = start(tmp_path, "diffsettings", HARRISON_PRODUCTION="true", **files).stdout
    assert [name for name in names if f"in-a-file-of-its-own/{name}" not in output] == []


# --- Tools ----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_development_server_runs_over_https(tmp_path):
    """`make dev`: runserver_plus finds what it needs to make a certificate."""
    port = free_port()
    command = [sys.executable, "manage.py", "runserver_plus", "--cert-file", str(tmp_path / "cert.crt")]
    environment = environ | {"HARRISON_DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "harrison.settings"}
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen(
            [*command, f"127.0.0.1:{port}"],
            cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True,
        ) as server,
    ):  # fmt: skip
        until(lambda: answers(port) or server.poll() is not None)
        running = server.poll() is None
        killpg(server.pid, signal.SIGTERM)  # the reloader serves from a child
    assert running and (tmp_path / "cert.crt").exists(), (tmp_path / "log").read_text()


def test_the_locks_hold_every_requirement():
    """A package that is named but not locked is missing on a fresh machine."""
    for name in ("requirements", "requirements-dev", "requirements-ocr"):
        named, locked = (
            {
                (re.sub(r"[._]", "-", package).lower(), version)
                for package, version in re.findall(
                    r"^([\w.-]+)(?:\[.*\])?==(\S+)", (ROOT / f"{name}.{kind}").read_text(), re.MULTILINE
                )
            }
            for kind in ("in", "txt")
        )
        assert named <= locked, name
