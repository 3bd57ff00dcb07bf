"""docs/model.md shows the tables as they are."""

from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command

from core.models import Record
from harrison.management.commands import draw_model

PAGE = draw_model.PLACE


@pytest.fixture(scope="module")
def drawn():
    out = StringIO()
    call_command("draw_model", stdout=out)
    return out.getvalue()


def test_the_page_is_what_the_command_prints(drawn):
    assert f"```mermaid\n{drawn}```\n" in PAGE.read_text(), "Run `python manage.py draw_model --write`."


def test_the_page_is_what_the_command_writes(monkeypatch, tmp_path):
    (tmp_path / "docs").mkdir()
    monkeypatch.setattr(draw_model, "PLACE", tmp_path / "docs" / "model.md")
    call_command("draw_model", write=True, stdout=StringIO())
    assert (tmp_path / "docs" / "model.md").read_text() == PAGE.read_text()


def test_every_record_is_drawn(drawn):
    records = {model.__name__ for model in apps.get_models() if issubclass(model, Record)}
    assert {line.split()[-1] for line in drawn.splitlines() if "Record <|--" in line} == records


def test_tables_of_others_are_left_out(drawn):
    assert "Permission" not in drawn and "Revision" not in drawn


@pytest.mark.parametrize(
    "relation",
    [
        'Image "0..*" --> "1" Series : series',
        'Study "0..*" --> "0..1" Patient : patient',
        'Disease "0..*" --> "0..*" Code : codes',
    ],
)
def test_a_relation_says_how_many(drawn, relation):
    assert relation in drawn
