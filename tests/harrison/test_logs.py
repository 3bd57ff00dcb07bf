"""What is logged in production: one JSON object a line, with the request's id, and nothing that names anybody."""

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
    """`lines()` is what was logged since, as production writes it; `lines.raw()` its text."""
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


def test_a_fault_tells_types_and_frames(broken, api, lines):
    api.get("/api/v1/teams/")
    (line,) = [line for line in lines() if line["level"] == "error"]
    assert [told["type"] for told in line["exceptions"]] == ["builtins.ValueError", "builtins.KeyError"]
    assert [told["frames"][-1].rpartition(" ")[2] for told in line["exceptions"]] == ["fail", "fail"]


def test_a_fault_names_nobody(broken, api, lines):
    api.get(f"/api/v1/teams/?cursor={NAME}")
    assert lines() and NAME not in lines.raw() and "Jane" not in lines.raw()


def test_what_the_database_quotes_is_left_out(lines):
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


def test_what_is_logged_while_an_original_takes_its_place_names_its_event(api, lines, monkeypatch):
    adopt = DiskStorage.adopt
    noisy = lambda *told: logging.getLogger("imagery").warning("adopted") or adopt(*told)  # noqa: E731 - one use
    monkeypatch.setattr(DiskStorage, "adopt", noisy)
    answer = upload(api, png())
    named = {line.get("request_id") for line in lines() if line["message"] == "adopted"}
    assert named == {answer.headers["X-Request-ID"]}


def test_our_own_words_are_whole(lines):
    logging.getLogger("imagery.intake").error("%s stays", "a file")
    assert lines()[0]["message"] == "a file stays"


@pytest.mark.parametrize(
    "values", [("%s was not found", NAME), (f"{NAME} was not found",), (KeyError(f"{NAME}: %s"), 1)]
)
def test_words_of_libraries_are_kept_without_values(values, lines):
    logging.getLogger("urllib3").error(*values)
    assert lines()[0]["message"] in ("%s was not found", "") and NAME not in lines.raw()


def test_a_number_of_the_system_is_a_number(lines):
    try:
        raise OSError(f"{NAME} was not found", "a path")
    except OSError:
        logging.getLogger("imagery").exception("no file")
    assert lines()[0]["exceptions"][0]["code"] is None and NAME not in lines.raw()


def test_a_line_that_cannot_be_made_names_nobody_either(capsys):
    stream = StringIO()
    console = Console(stream)
    console.setFormatter(json_formatter())
    console.handle(logging.LogRecord("imagery", logging.ERROR, __file__, 1, "%s and %s", (NAME,), None))
    assert json.loads(stream.getvalue())["logger"] == "imagery"
    assert NAME not in stream.getvalue() + "".join(capsys.readouterr())


def test_no_path_makes_a_line_of_its_own(broken, api, lines):
    logging.getLogger("harrison").error("lost: %s", 'x\n{"level": "forged"}\r\x1b[2J')
    assert [line["level"] for line in lines()] == ["error"] and "\x1b" not in lines.raw()


def test_every_line_says_when_and_where(lines):
    logging.getLogger("harrison").warning("odd")
    (line,) = lines()
    assert line["time"].endswith("Z") and line["level"] == "warning" and "test_logs.py" in line["at"]


def formats(wish, production):
    return logging_config(wish, production, "WARNING")["handlers"]["console"]["formatter"]


def test_production_logs_json_and_a_trial_text():
    assert (formats("", True), formats("", False), formats("json", False)) == ("json", "text", "json")


@pytest.mark.parametrize(("wish", "production"), [("text", True), ("xml", False)])
def test_a_format_that_would_name_patients_stops_the_start(wish, production):
    with pytest.raises(ImproperlyConfigured):
        logging_config(wish, production, "WARNING")
