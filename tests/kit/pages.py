"""Pages of the admin, their addresses and their forms."""

from django.urls import reverse

from accounts.models import Team, User
from disease.models import Code, CodeMapping, CodeSystem, Disease
from events.models import Event
from imagery.models import Deidentification, Image, Patient, Series, Study
from label.models import Annotation, Label

MODELS = (
    User, Team, CodeSystem, Code, CodeMapping, Disease, Patient, Study, Series, Image, Deidentification, Label,
    Annotation, Event,
)  # fmt: skip


def page_of(page: str, row) -> str:
    opts = row._meta
    name = {"list": "changelist", "one": "change", "add": "add", "history": "history", "delete": "delete"}[page]
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_{name}", args=[row.pk] if name in NAMED else [])


NAMED = ("change", "history", "delete")


def outcome(answer) -> str:
    if answer.status_code == 302:
        return "-" if "/login/" in answer.headers["Location"] else "0"
    if answer.status_code == 403:
        return "x"
    assert answer.status_code == 200, answer.content
    return "w" if b'name="_save"' in answer.content else "r"


def fill_in(client, row, **facts):
    """Open the form of a row, change some fields and send it."""
    form = client.get(page_of("one", row)).context["adminform"].form
    fields = {name: value for name, value in form.initial.items() if value is not None and name in form.fields}
    return send(client, row, **{**fields, **facts})


def send(client, row, page="one", **facts):
    values = {
        name: [getattr(item, "pk", item) for item in value] if isinstance(value, list) else value
        for name, value in facts.items()
    }
    return client.post(page_of(page, row), values, format="multipart")


def errors_of(answer) -> str:
    return str(answer.context["adminform"].form.errors)


def history_page(client, row) -> str:
    return client.get(page_of("history", row)).content.decode()
