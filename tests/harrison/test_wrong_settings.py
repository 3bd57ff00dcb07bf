"""A wrong value and a name that nobody reads stop the start, with a sentence that names them and says the mend."""

import re

import pytest
from django.core.exceptions import ImproperlyConfigured

from harrison.env import read_choice, read_flag, read_list, read_number, read_rate
from tests.kit.commands import start
from tests.kit.serving import ROOT


def refused(folder, *command, **environment):
    """The last line that a start that is refused leaves."""
    stopped = start(folder, *command, **environment)
    assert stopped.returncode != 0, stopped.stdout
    return stopped.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("name", "value", "mend"),
    [
        ("HARRISON_PRODUCTION", "treu", "set true or false, or unset it"),
        ("HARRISON_LOGIN_RATE", "bogus", "set a number per second, min, hour or day, such as 20/min, or unset it"),
        ("HARRISON_PROXIES", "-1", "set a whole number from 0 to 9, or unset it"),
        ("HARRISON_INSTANCES", "0", "set a whole number from 1 to 999, or unset it"),
        ("HARRISON_MAX_UPLOAD_MB", "-5", "set a whole number from 1 to 1073741824, or unset it"),
        ("HARRISON_QUOTA_MB", "abc", "set a whole number from 1 to 1073741824, or unset it"),
        ("HARRISON_FREE_DISK_MB", "1.5", "set a whole number from 0 to 1073741824, or unset it"),
        ("HARRISON_METRICS_PORT", "70000", "set a whole number from 0 to 65535, or unset it"),
        ("HARRISON_LOG_LEVEL", "loud", "set one of DEBUG, INFO, WARNING, ERROR, or unset it"),
        ("HARRISON_STORAGE", "s4", "set one of disk, s3, or unset it"),
        # Of a bucket that nobody has asked for yet.
        ("HARRISON_S3_TIMEOUT", "0", "set a whole number from 1 to 300, or unset it"),
        ("HARRISON_S3_ENCRYPTION", "AES", "set one of none, AES256, aws:kms, aws:kms:dsse, or unset it"),
        ("HARRISON_S3_ENDPOINT", "bucket.example", "begins with https://"),
    ],
)
def test_a_wrong_value_stops_the_start_and_says_the_mend(name, value, mend, tmp_path):
    said = refused(tmp_path, **{name: value})
    assert f"{name} is {value!r}" in said and mend in said


def test_a_misspelt_name_stops_the_start_and_is_told_the_right_one(tmp_path):
    said = refused(tmp_path, HARRISON_PRODUCTON="true")
    assert "HARRISON_PRODUCTON is not a setting" in said and "Did you mean HARRISON_PRODUCTION?" in said


def test_a_file_of_what_is_no_secret_stops_the_start(tmp_path):
    assert "HARRISON_QUOTA_MB_FILE is not a setting" in refused(tmp_path, HARRISON_QUOTA_MB_FILE="/quota")


def test_what_kubernetes_tells_of_a_service_of_that_name_is_no_slip(tmp_path):
    address = {"PORT": "tcp://10.0.0.7:80", "PORT_80_TCP_ADDR": "10.0.0.7", "SERVICE_HOST": "10.0.0.7"}
    started = start(tmp_path, **{f"HARRISON_{name}": value for name, value in address.items()})
    assert started.returncode == 0, started.stderr


def test_a_name_that_is_only_like_those_of_kubernetes_stops_the_start(tmp_path):
    assert "HARRISON_PORTS is not a setting" in refused(tmp_path, HARRISON_PORTS="8000")


def test_what_tests_and_compose_are_told_is_no_slip(tmp_path):
    names = re.findall(r"\$\{(HARRISON_\w+)", (ROOT / "deploy" / "compose.yaml").read_text())
    started = start(tmp_path, HARRISON_DEMAND="1", **dict.fromkeys(names, "harrison.example"))
    assert started.returncode == 0, started.stderr


def test_a_wrong_value_stops_serving_too(tmp_path):
    assert "HARRISON_PRODUCTION is 'treu'" in refused(tmp_path, "serve", HARRISON_PRODUCTION="treu")


def test_debug_in_production_stops_the_start(tmp_path):
    told = {"HARRISON_DEBUG": "true", "HARRISON_PRODUCTION": "true", "HARRISON_SECRET_KEY": "x" * 60}
    assert "unset it in production" in refused(tmp_path, **told)


# --- Readers --------------------------------------------------------------------------------------------------------


@pytest.fixture
def say(monkeypatch):
    return lambda value: monkeypatch.setenv("A_SETTING", value)


@pytest.mark.parametrize("word", ["treu", "2", " "])
def test_a_flag_that_is_neither_true_nor_false_is_an_error(word, say):
    say(word)
    with pytest.raises(ImproperlyConfigured, match=r"A_SETTING .* set true or false"):
        read_flag("A_SETTING", False)


@pytest.mark.parametrize(
    ("word", "meaning"), [("true", True), ("False", False), ("on", True), ("0", False), ("", True)]
)
def test_a_flag_is_true_or_false_or_its_default(word, meaning, say):
    say(word)
    assert read_flag("A_SETTING", True) is meaning


@pytest.mark.parametrize(("word", "meaning"), [("1", 1), ("9", 9), ("", 5)])
def test_a_number_lies_between_its_bounds_or_is_its_default(word, meaning, say):
    say(word)
    assert read_number("A_SETTING", 5, 1, 9) == meaning


@pytest.mark.parametrize("word", ["0", "10", "1e0", " 1", "1_0", "٣", "9" * 5000, "nan"])
def test_a_number_outside_them_or_in_other_digits_is_an_error(word, say):
    say(word)
    with pytest.raises(ImproperlyConfigured, match=r"A_SETTING .* set a whole number from 1 to 9"):
        read_number("A_SETTING", 5, 1, 9)


@pytest.mark.parametrize("word", ["1/s", "20/min", "20/minute", "300/hour", "1000000/day"])
def test_a_rate_is_a_number_for_a_time(word, say):
    say(word)
    assert read_rate("A_SETTING", "1/s") == word


@pytest.mark.parametrize("word", ["20", "0/min", "-1/min", "x/min", "20/fortnight", "20/min or so"])
def test_a_rate_of_anything_else_is_an_error(word, say):
    say(word)
    with pytest.raises(ImproperlyConfigured, match=r"A_SETTING .* set a number per second"):
        read_rate("A_SETTING", "1/s")


def test_a_choice_is_its_default_where_nothing_is_said(say):
    say("")
    assert read_choice("A_SETTING", "disk", ("disk", "s3")) == "disk"


def test_words_are_separated_by_commas(say):
    say("harrison.example, 127.0.0.1,")
    assert read_list("A_SETTING") == ["harrison.example", "127.0.0.1"]
