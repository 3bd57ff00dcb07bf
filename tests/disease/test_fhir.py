"""Codes and their crosswalk as FHIR resources."""

import pytest
from django.urls import reverse
from fhir.resources.R4B.operationoutcome import OperationOutcome
from fhir.resources.R4B.parameters import Parameters
from fhir.resources.R4B.valueset import ValueSet

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("catalogue")]
ICD_10, ICD_9 = "http://hl7.org/fhir/sid/icd-10-cm", "http://hl7.org/fhir/sid/icd-9-cm"


def get(client, route, **query):
    return client.get(reverse(route), query).json()


def values(parameters, name):
    matches = [found for found in parameters["parameter"] if found["name"] == name]
    parts = [part for match in matches for part in match.get("part", [match])]
    return [value for part in parts for key, value in part.items() if key.startswith("value")]


def test_lookup_answers_parameters(client):
    answer = get(client, "fhir-lookup", system=ICD_10, code="J18.9")
    Parameters.model_validate(answer)
    assert values(answer, "display") == ["Pneumonia, unspecified organism"]


def test_translate_answers_parameters(client):
    answer = get(client, "fhir-translate", system=ICD_9, code="486", targetsystem=ICD_10)
    Parameters.model_validate(answer)
    assert values(answer, "result") == [True] and values(answer, "match")[0] == "inexact"
    assert values(answer, "match")[1]["code"] == "J18.9"


def test_translate_says_when_there_is_no_map(client):
    assert values(get(client, "fhir-translate", system=ICD_10, code="U07.1"), "result") == [False]


def test_expand_answers_a_value_set(client):
    answer = get(client, "fhir-expand", url=f"{ICD_10}?fhir_vs", filter="pneumonia", count="5")
    ValueSet.model_validate(answer)
    assert len(answer["expansion"]["contains"]) == 5


def test_expand_counts_distinct_words(client):
    answer = get(client, "fhir-expand", url=f"{ICD_10}?fhir_vs", filter="pneumonia " * 12, count="5")
    assert len(answer["expansion"]["contains"]) == 5


def test_code_search_has_the_bounds_of_expand(client):
    answers = {text: client.get(reverse("code-list"), {"search": text}) for text in ("a b c d e f g h i", "p" * 201)}
    assert {text: answer.status_code for text, answer in answers.items()} == dict.fromkeys(answers, 400)


ERRORS = [
    ("fhir-lookup", {"system": ICD_10}, 400, "invalid"),
    ("fhir-lookup", {"system": "http://example.org", "code": "1"}, 404, "not-found"),
    ("fhir-lookup", {"system": ICD_10, "code": "nonsense"}, 404, "not-found"),
    ("fhir-translate", {"system": ICD_10, "code": "J18.9", "targetsystem": "http://example.org"}, 404, "not-found"),
    ("fhir-expand", {"url": ICD_10, "count": "many"}, 400, "invalid"),
    ("fhir-expand", {"url": ICD_10, "count": "1001"}, 400, "invalid"),
    ("fhir-expand", {"url": ICD_10, "filter": "p" * 201}, 400, "invalid"),
    ("fhir-expand", {"url": ICD_10, "filter": "a b c d e f g h i"}, 400, "invalid"),
]


def test_an_error_is_an_operation_outcome(client):
    for route, query, status, issue in ERRORS:
        answer = client.get(reverse(route), query)
        OperationOutcome.model_validate(answer.json())
        assert (answer.status_code, answer.json()["issue"][0]["code"]) == (status, issue), query


def test_without_a_token_the_error_is_an_operation_outcome_too(client_of):
    answer = client_of(None).get(reverse("fhir-lookup"), {"system": ICD_10, "code": "J18.9"})
    OperationOutcome.model_validate(answer.json())
    assert answer.status_code == 401
