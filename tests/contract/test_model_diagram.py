"""docs/model.md shows the tables as they are."""

from io import StringIO

from django.apps import apps
from django.core.management import call_command

from core.models import Record
from harrison.management.commands import draw_model


def test_the_page_is_what_the_command_draws(monkeypatch, tmp_path):
    page = draw_model.PAGE_PATH.read_text()
    (tmp_path / "model.md").write_text("")
    monkeypatch.setattr(draw_model, "PAGE_PATH", tmp_path / "model.md")
    call_command("draw_model", write=True, stdout=StringIO())
    assert (tmp_path / "model.md").read_text() == page, "Run `python manage.py draw_model --write`."


def test_the_diagram_shows_every_record_and_its_relations():
    out = StringIO()
    call_command("draw_model", stdout=out)
    records = {model.__name__ for model in apps.get_models() if issubclass(model, Record)}
    assert {line.split()[-1] for line in out.getvalue().splitlines() if "Record <|--" in line} == records
    assert 'Study "0..*" --> "0..1" Patient : patient' in out.getvalue()
    assert "Permission" not in out.getvalue()  # a table of Django
