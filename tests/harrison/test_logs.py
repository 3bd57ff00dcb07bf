"""In production a log line is one JSON object with the id of its request, and it never names a patient."""

import json
import logging
from io import StringIO

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, transaction

from events.models import Event
from harrison.logs import Console, json_formatter, logging_config
from imagery.storage.disk import DiskStorage
from tests.kit.api import upload
from tests.kit.factories import UserFactory, png

NAME = "Jane Doe"


@pytest.fixture
def lines(monkeypatch):
    """`lines()` returns the lines since the start of the test, as production writes them; `lines.raw()` their text."""
    stream = StringIO()
    handler = Console(stream)
    handler.setFormatter(json_formatter())
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [handler])
    monkeypatch.setattr(root, "level", logging.WARNING)

    def read():
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    read.raw = stream.getvalue
    return read


@pytest.fixture
def broken(monkeypatch):
    """The list of teams fails, with a name in its message, in its cause and in its local variables."""

    def fail(*args, **kwargs):
        patient = NAME
        try:
            raise KeyError(f"no such patient: {patient}")
        except KeyError as exc:
            raise ValueError(f"{patient} has no birth date") from exc

    monkeypatch.setattr("accounts.views.TeamViewSet.get_queryset", fail)


def test_a_fault_is_one_line_with_the_id_of_its_event(broken, api, lines):
    answer = api.get("/api/v1/teams/")
    (line,) = [line for line in lines() if line["level"] == "error"]
    assert answer.status_code == 500
    assert line["request_id"] == answer.headers["X-Request-ID"] == str(Event.objects.get().pk)


def test_a_fault_has_the_types_and_frames_of_its_exceptions(broken, api, lines):
    api.get("/api/v1/teams/")
    (line,) = [line for line in lines() if line["level"] == "error"]
    assert [told["type"] for told in line["exceptions"]] == ["builtins.ValueError", "builtins.KeyError"]
    assert [told["frames"][-1].rpartition(" ")[2] for told in line["exceptions"]] == ["fail", "fail"]


def test_a_fault_names_no_one(broken, api, lines):
    api.get(f"/api/v1/teams/?cursor={NAME}")
    assert lines() and NAME not in lines.raw() and "Jane" not in lines.raw()


def test_values_that_the_database_quotes_are_left_out(lines):
    UserFactory(username=NAME)
    try:
        with transaction.atomic():
            UserFactory(username=NAME)
    except IntegrityError:
        logging.getLogger("core.errors").warning("a write lost a race", exc_info=True)
    (line,) = [line for line in lines() if line["logger"] == "core.errors"]
    assert line["exceptions"][-1]["code"] and NAME not in lines.raw()


def test_after_a_request_lines_carry_no_id(api, lines):
    api.get("/api/v1/teams/")
    logging.getLogger("harrison").error("later")
    assert "request_id" not in lines()[-1]


def test_a_line_during_an_upload_has_the_id_of_its_event(api, lines, monkeypatch):
    adopt = DiskStorage.adopt
    noisy = lambda *told: logging.getLogger("imagery").warning("adopted") or adopt(*told)  # noqa: E731 - one use
    monkeypatch.setattr(DiskStorage, "adopt", noisy)
    answer = upload(api, png())
    named = {line.get("request_id") for line in lines() if line["message"] == "adopted"}
    assert named == {answer.headers["X-Request-ID"]}


def test_our_own_messages_are_complete(lines):
    logging.getLogger("imagery.intake").error("%s stays", "a file")
    assert lines()[0]["message"] == "a file stays"


def test_messages_of_libraries_are_kept_without_their_values(lines):
    for values in [("%s was not found", NAME), (f"{NAME} was not found",), (KeyError(f"{NAME}: %s"), 1)]:
        logging.getLogger("urllib3").error(*values)
    assert [line["message"] for line in lines()] == ["%s was not found", "", ""] and NAME not in lines.raw()


def test_an_error_number_that_is_text_is_left_out(lines):
    try:
        raise OSError(f"{NAME} was not found", "a path")
    except OSError:
        logging.getLogger("imagery").exception("no file")
    assert lines()[0]["exceptions"][0]["code"] is None and NAME not in lines.raw()


def test_a_line_that_cannot_be_formatted_names_no_one(capsys):
    stream = StringIO()
    console = Console(stream)
    console.setFormatter(json_formatter())
    console.handle(logging.LogRecord("imagery", logging.ERROR, __file__, 1, "%s and %s", (NAME,), None))
    assert json.loads(stream.getvalue())["logger"] == "imagery"
    assert NAME not in stream.getvalue() + "".join(capsys.readouterr())


def test_control_characters_cannot_forge_a_line(broken, api, lines):
    logging.getLogger("harrison").error("lost: %s", 'x\n{"level": "forged"}\r\x1b[2J')
    assert [line["level"] for line in lines()] == ["error"] and "\x1b" not in lines.raw()


def test_every_line_says_when_and_where(lines):
    logging.getLogger("harrison").warning("odd")
    (line,) = lines()
    assert line["time"].endswith("Z") and line["level"] == "warning" and "test_logs.py" in line["at"]


def test_production_logs_json_and_refuses_text_which_would_name_patients():
    def formatter_of(log_format, production):
        return logging_config(log_format, production, "WARNING")["handlers"]["console"]["formatter"]

    assert (formatter_of("", True), formatter_of("", False), formatter_of("json", False)) == ("json", "text", "json")
    with pytest.raises(ImproperlyConfigured):
        formatter_of("text", True)
