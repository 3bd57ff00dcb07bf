"""The labels that Harrison brings, which mean the diseases that it brings."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from reversion.models import Version

from label.models import Label


def load_labels() -> str:
    output = StringIO()
    call_command("load_labels", stdout=output)
    return output.getvalue()


def test_labels_are_loaded_once_with_definition_and_diseases():
    call_command("load_diseases", stdout=StringIO())
    load_labels()
    cardiomegaly = Label.objects.get(name="Cardiomegaly")
    assert set(cardiomegaly.diseases.values_list("name", flat=True)) == {"Cardiomegaly", "Heart failure"}
    assert not Label.objects.filter(definition="").exists() and not Label.objects.filter(diseases=None).exists()
    before = (Label.objects.count(), Version.objects.count())
    assert load_labels().startswith("Labels: 0 loaded")
    assert (Label.objects.count(), Version.objects.count()) == before


def test_labels_without_their_diseases_are_refused_with_the_command_to_run_first():
    with pytest.raises(CommandError, match="Run load_diseases first"):
        load_labels()
