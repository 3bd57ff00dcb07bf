"""The past of a thing as a page."""

import pytest

from imagery.models import Patient
from label import actions as label_actions
from tests.kit import factories as make
from tests.kit.pages import fill, outcome, page_of, past

pytestmark = pytest.mark.on_both


def test_the_past_tells_who_when_what_and_from_what_to_what(cast, client_of, label):
    disease = make.DiseaseFactory(name="Pneumonia")
    label_actions.change_label(by=cast["researcher"], label=label, name="Nodule")
    label_actions.change_label(by=cast["researcher"], label=label, diseases=[disease], name="Mass")
    page = past(client_of(cast["doctor"]), label)
    for told in ("researcher", "changed", ">Nodule<", ">Mass<", ">Pneumonia<"):
        assert told in page


def test_long_texts_are_compared_word_by_word(cast, client_of, label):
    words = "An opacity that obscures the vessels but not the airways in the lung"
    for definition in (words, words.replace("obscures", "hides <b>")):
        label_actions.change_label(by=cast["researcher"], label=label, definition=definition)
    page = past(client_of(cast["doctor"]), label)
    assert "<del>obscures </del><ins>hides &lt;b&gt; </ins>" in page


def test_the_past_is_paged(cast, client_of, label):
    for number in range(52):
        label_actions.change_label(by=cast["researcher"], label=label, name=f"Name {number}")
    client = client_of(cast["doctor"])
    first = client.get(page_of("past", label))
    older = client.get(page_of("past", label), {"before": first.context["older"]})
    assert len(first.context["entries"]) == 50 and len(older.context["entries"]) == 2
    assert older.context["older"] is None


@pytest.mark.parametrize("before", ["x", "-1", "9" * 400, "²"])
def test_a_page_of_the_past_that_is_none_is_the_first_or_the_last(before, cast, client_of, label):
    assert client_of(cast["doctor"]).get(page_of("past", label), {"before": before}).status_code == 200


def test_the_past_of_an_annotation_tells_research_no_comment(cast, client_of, annotation):
    label_actions.revise(by=cast["doctor"], annotation=annotation, comment="It is Zzyzx", state="absent")
    assert "Zzyzx" in past(client_of(cast["doctor"]), annotation)
    assert "Zzyzx" not in past(client_of(cast["researcher"]), annotation)


def test_the_past_of_a_patient_says_nothing_sealed(cast, client_of, world):
    fill(client_of(cast["doctor"]), world[Patient], name="Doe^Jane")
    page = past(client_of(cast["doctor"]), world[Patient])
    assert "changed" in page and "gAAAA" not in page


@pytest.mark.parametrize("who", ["stranger", "researcher"])
def test_the_past_of_what_one_does_not_see_whole_does_not_exist(who, cast, client_of, study):
    assert outcome(client_of(cast[who]).get(page_of("past", study))) == "0"
