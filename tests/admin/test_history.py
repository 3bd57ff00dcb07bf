"""The history page of a row."""

from imagery import actions as imagery_actions
from imagery.models import Deidentification, Image, Patient, Study
from label import actions as label_actions
from label.models import Annotation
from tests.kit import factories as make
from tests.kit.pages import history_page, outcome, page_of


def test_history_shows_who_changed_which_field_from_which_value(staff, client_as, label):
    disease = make.DiseaseFactory(name="Pneumonia")
    label_actions.change_label(by=staff["researcher"], label=label, name="Nodule")
    label_actions.change_label(by=staff["researcher"], label=label, diseases=[disease], name="Mass")
    page = history_page(client_as("doctor"), label)
    assert all(part in page for part in ("researcher", "changed", ">Nodule<", ">Mass<", ">Pneumonia<"))


def test_long_texts_are_compared_word_by_word(staff, client_as, label):
    text = "An opacity that obscures the vessels but not the airways in the lung"
    for definition in (text, text.replace("obscures", "hides <b>")):
        label_actions.change_label(by=staff["researcher"], label=label, definition=definition)
    assert "<del>obscures </del><ins>hides &lt;b&gt; </ins>" in history_page(client_as("doctor"), label)


def test_history_is_paged(staff, client_as, label):
    for number in range(52):
        label_actions.change_label(by=staff["researcher"], label=label, name=f"Name {number}")
    client, url = client_as("doctor"), page_of("history", label)
    newest = client.get(url)
    older = client.get(url, {"before": newest.context["older"]})
    assert len(newest.context["entries"]) == 50 and len(older.context["entries"]) == 2
    assert older.context["older"] is None
    for before in ("x", "-1", "9" * 400, "²"):
        assert client.get(url, {"before": before}).status_code == 200


def test_history_of_a_patient_shows_nothing_encrypted(staff, client_as, rows):
    patient = Patient.objects.get(pk=rows[Patient].pk)
    imagery_actions.change_patient(by=staff["doctor"], patient=patient, identity={"name": "Doe^Jane"})
    page = history_page(client_as("doctor"), patient)
    assert "changed" in page and "gAAAA" not in page


def test_history_of_a_row_that_a_person_does_not_see_whole_does_not_exist(rows, client_as):
    """It would tell researchers when evidence was uploaded and changed."""
    for model in (Patient, Study, Image, Annotation, Deidentification):
        assert outcome(client_as("researcher").get(page_of("history", rows[model]))) == "0", model
    assert outcome(client_as("stranger").get(page_of("history", rows[Study]))) == "0"
    assert outcome(client_as("colleague").get(page_of("history", rows[Study]))) == "r"
