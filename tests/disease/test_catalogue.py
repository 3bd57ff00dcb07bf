"""ICD-9-CM, ICD-10-CM and their crosswalk, whole, loaded once for this file, on whichever database the tests run."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from fhir.resources.R4B.operationoutcome import OperationOutcome
from fhir.resources.R4B.parameters import Parameters
from fhir.resources.R4B.valueset import ValueSet
from reversion.models import Revision, Version

from disease.models import Code, CodeKind, CodeMapping, CodeSystem, Disease, codes_below
from tests.kit import factories as make

pytestmark = [pytest.mark.slow, pytest.mark.on_both]
ICD_10, ICD_9 = "http://hl7.org/fhir/sid/icd-10-cm", "http://hl7.org/fhir/sid/icd-9-cm"


@pytest.fixture(scope="module", autouse=True)
def catalogue(django_db_setup, django_db_blocker):
    """The full catalogue, committed, and cleared away after the last test of this file."""
    with django_db_blocker.unblock():
        said = StringIO()
        call_command("import_codes", stdout=said)
        yield said.getvalue()
        clear_away()


def clear_away():
    """Empty the tables at once: row by row the full-text index would be searched for each of 117,000 rows."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DELETE FROM disease_code_search")
    for table in (CodeMapping, Code, CodeSystem, Version, Revision):
        table.objects.all()._raw_delete(connection.alias)


@pytest.fixture
def client(researcher, client_of):
    return client_of(researcher)


def ten(code):
    return Code.objects.get(system__key="icd-10-cm", code=code)


def nine(code):
    return Code.objects.get(system__key="icd-9-cm", code=code)


# --- what is there ---------------------------------------------------------------------------------------------------

# The source lists 98,505 entries: 39 blocks share the name of their only category, so that 98,466 names are distinct.
COUNTS = {
    ("icd-10-cm", CodeKind.CHAPTER): 22,
    ("icd-10-cm", CodeKind.BLOCK): 297,
    ("icd-9-cm", CodeKind.CHAPTER): 19,
    ("icd-9-cm", CodeKind.BLOCK): 154,
}


@pytest.mark.parametrize(("key", "kind"), COUNTS)
def test_every_chapter_and_block_is_there(key, kind):
    assert Code.objects.filter(system__key=key, kind=kind).count() == COUNTS[key, kind]


def test_every_entry_of_icd_10_cm_is_there():
    assert Code.objects.filter(system__key="icd-10-cm", valid_to=None).count() == 98_505


def test_every_assignable_code_of_icd_10_cm_is_there():
    assert Code.objects.filter(system__key="icd-10-cm", assignable=True).count() == 74_719


@pytest.mark.parametrize(("assignable", "number"), [(True, 14_567), (False, 3_159)])
def test_every_code_and_heading_of_icd_9_cm_is_there(assignable, number):
    assert Code.objects.filter(system__key="icd-9-cm", assignable=assignable).count() == number


@pytest.mark.parametrize(
    ("source", "number", "approximate"), [("icd-9-cm", 23_912, 20_379), ("icd-10-cm", 78_838, 75_305)]
)
def test_every_row_of_the_crosswalk_is_there(source, number, approximate):
    links = CodeMapping.objects.filter(source__system__key=source)
    assert (links.count(), links.filter(approximate=True).count()) == (number, approximate)


def test_codes_that_only_the_crosswalk_knows_are_kept_as_retired():
    retired = Code.objects.filter(system__key="icd-10-cm", valid_to__isnull=False)
    assert retired.count() == 612 and not retired.filter(assignable=True).exists()


SPOTS = [
    ("icd-10-cm", "J18.9", "Pneumonia, unspecified organism", "J18"),
    ("icd-10-cm", "J18", "Pneumonia, unspecified organism", "J09-J18"),
    ("icd-10-cm", "J09-J18", "Influenza and pneumonia", "J00-J99"),
    ("icd-10-cm", "B20", "Human immunodeficiency virus [HIV] disease", "B20-B20"),
    ("icd-10-cm", "B20-B20", "Human immunodeficiency virus [HIV] disease", "A00-B99"),
    ("icd-10-cm", "C15-C26", "Malignant neoplasms of digestive organs", "C00-C75"),
    ("icd-10-cm", "C00-C75", None, "C00-C96"),
    ("icd-10-cm", "I10", "Essential (primary) hypertension", "I10-I1A"),
    ("icd-10-cm", "J90", "Pleural effusion, not elsewhere classified", "J90-J94"),
    ("icd-10-cm", "J93.9", "Pneumothorax, unspecified", "J93"),
    ("icd-10-cm", "U07.1", "COVID-19", "U07"),
    ("icd-10-cm", "I26.99", "Other pulmonary embolism without acute cor pulmonale", "I26.9"),
    ("icd-10-cm", "S22.31XA", "Fracture of one rib, right side, initial encounter for closed fracture", "S22.31"),
    ("icd-9-cm", "486", "Pneumonia, organism unspecified", "480-488"),
    ("icd-9-cm", "511.9", "Unspecified pleural effusion", "511"),
    ("icd-9-cm", "415.19", "Other pulmonary embolism and infarction", "415.1"),
    ("icd-9-cm", "429.3", "Cardiomegaly", "429"),
    ("icd-9-cm", "V30.00", "Single liveborn, born in hospital, delivered without mention of cesarean section", "V30.0"),
    ("icd-9-cm", "E812.0", None, "E812"),
    ("icd-9-cm", "401.9", "Unspecified essential hypertension", "401"),
]


@pytest.mark.parametrize(("key", "code", "title", "parent"), SPOTS)
def test_a_code_is_what_the_source_says(key, code, title, parent):
    found = Code.objects.select_related("parent").get(system__key=key, code=code)
    assert found.parent.code == parent and title in (None, found.title)


LINKS = [
    (nine, "486", {"J18.9"}, "approximate"),
    (nine, "001.0", {"A00.0"}, "exact"),
    (ten, "J18.9", {"486"}, "approximate"),
    (ten, "U07.1", set(), None),
]


@pytest.mark.parametrize(("system", "code", "targets", "meaning"), LINKS)
def test_a_mapping_is_what_the_source_says(system, code, targets, meaning):
    links = list(system(code).mappings.select_related("target"))
    assert {link.target.code for link in links} == targets
    assert all(link.meaning == meaning for link in links)


def test_one_to_many_links_are_all_kept():
    assert CodeMapping.objects.filter(source=nine("250.00")).count() >= 1
    many = CodeMapping.objects.filter(source=nine("733.13"), no_map=False).count()
    assert many > 1


def test_a_combination_keeps_its_scenario_and_choice_list():
    link = CodeMapping.objects.filter(combination=True).order_by("id").first()
    assert link.meaning.endswith("one of a combination") and link.scenario >= 1 and link.choice_list >= 1


def test_a_source_without_a_map_says_so():
    link = CodeMapping.objects.filter(no_map=True).order_by("id").first()
    assert link.target is None and link.meaning == "no map"


def test_every_block_of_one_category_is_told_from_it():
    blocks = Code.objects.filter(system__key="icd-10-cm", kind=CodeKind.BLOCK).values_list("code", flat=True)
    assert len([block for block in blocks if block[:3] == block[4:]]) == 39


# --- loading it again ------------------------------------------------------------------------------------------------


def test_a_second_import_changes_nothing_and_says_so():
    ids = set(Code.objects.order_by("code").values_list("pk", flat=True)[:50])
    said = StringIO()
    call_command("import_codes", stdout=said)
    assert said.getvalue().count("nothing changed") == 4
    assert set(Code.objects.order_by("code").values_list("pk", flat=True)[:50]) == ids


def test_a_new_release_stands_beside_the_old_one(tmp_path):
    file = tmp_path / "codes.csv"
    file.write_text("code,title\nJ18.9,Pneumonia in another edition\n")
    call_command("import_codes", file=file, system="icd-10-cm", release="2027", stdout=StringIO())
    assert Code.objects.filter(code="J18.9", system__key="icd-10-cm").count() == 2
    assert ten_of("2026-04").title == "Pneumonia, unspecified organism"


def ten_of(release):
    return Code.objects.get(system__key="icd-10-cm", system__release=release, code="J18.9")


# --- finding codes ---------------------------------------------------------------------------------------------------


def search(client, **query):
    return client.get(reverse("code-list"), query).json()["results"]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("J18.9", "J18.9"),
        ("j18.9", "J18.9"),
        ("J18", "J18"),
        ("pneumonia, unspecified organism", "J18"),
        ("pneum viral", "J12"),
    ],
)
def test_search_puts_the_best_first(text, first, client):
    assert search(client, search=text, system="icd-10-cm")[0]["code"] == first


def test_every_word_must_match(client):
    titles = [code["title"].lower() for code in search(client, search="fract rib", system="icd-10-cm")]
    assert titles and all("fract" in title and "rib" in title for title in titles)


def test_search_filters_by_assignable(client):
    assert "J18" not in [
        code["code"] for code in search(client, search="pneumonia", system="icd-10-cm", assignable="true")
    ]


@pytest.mark.parametrize("text", ["'", '"', "AND", "NOT *", "a OR b", "(", "pneu*", "% _", "🫁", "-", "\\"])
def test_search_takes_whatever_people_type(text, client):
    assert client.get(reverse("code-list"), {"search": text}).status_code == 200


def test_a_broad_search_is_paged_to_its_end(client):
    where, seen = reverse("code-list") + "?search=pneumo&page_size=200", []
    while where:
        page = client.get(where).json()
        seen += [code["id"] for code in page["results"]]
        where = page["next"]
    assert len(seen) == len(set(seen)) == Code.objects.matching("pneumo").count()


@pytest.mark.parametrize("code", ["J00-J99", "J09-J18", "J18", "J18.9"])
def test_under_gives_everything_below_at_any_depth(code, client):
    assert "J18.9" in [found["code"] for found in search(client, under=code, search="J18.9")]


def test_under_gives_the_whole_chapter_and_nothing_else():
    chapter = codes_below("J00-J99").filter(system__key="icd-10-cm", valid_to=None)
    assert {code[0] for code in chapter.values_list("code", flat=True)} == {"J"} and chapter.count() > 400


def test_a_group_of_blocks_holds_its_blocks():
    assert codes_below("C00-C96").filter(code="C34.90").exists()


def test_a_code_shows_its_place_notes_and_mappings(client):
    shown = client.get(reverse("code-detail", kwargs={"pk": ten("J18").pk})).json()
    assert [code["code"] for code in shown["ancestors"]] == ["J00-J99", "J09-J18"]
    assert shown["children_count"] == 5 and shown["notes"]
    translated = client.get(reverse("code-detail", kwargs={"pk": ten("J18.9").pk})).json()["mappings"]
    assert [(link["target"]["code"], link["meaning"]) for link in translated] == [("486", "approximate")]


def test_mappings_are_listed_by_their_source(client):
    rows = client.get(reverse("mapping-list"), {"source": nine("486").pk}).json()["results"]
    assert [row["target"]["code"] for row in rows] == ["J18.9"]


# --- diseases, labels, annotations by meaning ------------------------------------------------------------------------


@pytest.fixture
def pneumonia():
    disease = make.DiseaseFactory(name="Pneumonia", synonyms=["lung infection"])
    disease.codes.set([nine("486")])
    make.DiseaseFactory(name="Gout").codes.set([ten("M10.9")])
    return disease


def names(client, route="disease-list", **query):
    return [row["name"] for row in client.get(reverse(route), query).json()["results"]]


def test_a_disease_is_found_by_its_code(pneumonia, client):
    assert names(client, code="486") == ["Pneumonia"]


def test_a_disease_is_found_under_a_chapter(pneumonia, client):
    assert names(client, under="460-519") == ["Pneumonia"]


def test_a_disease_is_found_through_the_crosswalk_only_when_asked(pneumonia, client):
    assert names(client, under="J09-J18") == []
    assert names(client, under="J09-J18", equivalent="true") == ["Pneumonia"]
    assert names(client, code="J18.9", equivalent="true") == ["Pneumonia"]


def test_a_disease_is_found_by_a_synonym(pneumonia, client):
    assert names(client, name="lung inf") == ["Pneumonia"]


def test_a_disease_is_written_with_codes_by_system_and_code(client):
    body = {"name": "Flu", "codes": [{"system": "icd-10-cm", "code": "J11.1"}]}
    assert client.post(reverse("disease-list"), body).json()["codes"][0]["code"] == "J11.1"


@pytest.mark.parametrize(
    ("code", "said"),
    [("J18", "heading"), ("J09-J18", "heading"), ("H40.11X0", "retired"), ("nonsense", "no such object")],
)
def test_a_disease_carries_only_codes_that_are_in_use(code, said, client):
    answer = client.post(reverse("disease-list"), {"name": "Flu", "codes": [{"system": "icd-10-cm", "code": code}]})
    assert answer.status_code == 400 and said in answer.json()["detail"] and not Disease.objects.exists()


def test_the_other_systems_codes_are_suggested_and_never_attached(pneumonia, client):
    where = reverse("disease-suggested-codes", kwargs={"pk": pneumonia.pk})
    (suggestion,) = client.get(where).json()
    assert (suggestion["source"]["code"], suggestion["target"]["code"], suggestion["meaning"]) == (
        "486",
        "J18.9",
        "approximate",
    )
    assert list(pneumonia.codes.values_list("code", flat=True)) == ["486"]


@pytest.fixture
def finding(pneumonia, annotation):
    annotation.label.diseases.set([pneumonia])
    return annotation


def test_labels_are_found_by_meaning(finding, client):
    assert names(client, "label-list", under="480-488") == ["Consolidation"]


def test_every_image_with_a_finding_of_a_chapter_is_one_request(finding, client):
    query = {"under": "J09-J18", "equivalent": "true", "state": "present"}
    (row,) = client.get(reverse("annotation-list"), query).json()["results"]
    assert row["image"] == str(finding.image_id)


@pytest.mark.parametrize("route", ["code-list", "disease-list", "label-list", "annotation-list"])
@pytest.mark.parametrize("under", ["J00-", "-", "J99-J00", "nonsense", "J18.9999"])
def test_a_place_that_no_system_has_is_named(route, under, client):
    answer = client.get(reverse(route), {"under": under})
    assert answer.status_code == 400 and "under" in answer.json()["fields"]


def test_an_unknown_system_is_named(client):
    assert "system" in client.get(reverse("code-list"), {"system": "icd-11"}).json()["fields"]


def plan(queryset) -> str:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # so that a small table shows whether an index serves
        return queryset.explain()


def test_search_is_read_by_the_full_text_index():
    told = plan(Code.objects.matching("pneumonia"))
    assert ("VIRTUAL TABLE INDEX" if connection.vendor == "sqlite" else "disease_code_search") in told, told


def test_what_is_under_a_chapter_is_read_by_an_index():
    assert "code_by_place" in plan(codes_below("J00-J99").order_by())


# --- FHIR ------------------------------------------------------------------------------------------------------------


def fhir(client, route, **query):
    return client.get(reverse(route), query).json()


def values(parameters, name):
    parts = [part for found in parameters["parameter"] if found["name"] == name for part in found.get("part", [found])]
    return [value for part in parts for key, value in part.items() if key.startswith("value")]


def test_lookup_answers_parameters(client):
    told = fhir(client, "fhir-lookup", system=ICD_10, code="J18.9")
    Parameters.model_validate(told)
    assert values(told, "display") == ["Pneumonia, unspecified organism"]


def test_translate_answers_parameters(client):
    told = fhir(client, "fhir-translate", system=ICD_9, code="486", targetsystem=ICD_10)
    Parameters.model_validate(told)
    assert values(told, "result") == [True] and values(told, "match")[0] == "inexact"
    assert values(told, "match")[1]["code"] == "J18.9"


def test_translate_says_when_there_is_no_map(client):
    assert values(fhir(client, "fhir-translate", system=ICD_10, code="U07.1"), "result") == [False]


def test_expand_answers_a_value_set(client):
    told = fhir(client, "fhir-expand", url=f"{ICD_10}?fhir_vs", filter="pneumonia", count="5")
    ValueSet.model_validate(told)
    assert len(told["expansion"]["contains"]) == 5


@pytest.mark.parametrize(
    ("route", "query", "status", "issue"),
    [
        ("fhir-lookup", {"system": ICD_10}, 400, "invalid"),
        ("fhir-lookup", {"system": "http://example.org", "code": "1"}, 404, "not-found"),
        ("fhir-lookup", {"system": ICD_10, "code": "nonsense"}, 404, "not-found"),
        ("fhir-translate", {"system": ICD_10, "code": "J18.9", "targetsystem": "http://example.org"}, 404, "not-found"),
        ("fhir-expand", {"url": ICD_10, "count": "many"}, 400, "invalid"),
        ("fhir-expand", {"url": ICD_10, "count": "1001"}, 400, "invalid"),
    ],
)
def test_an_error_is_an_operation_outcome(route, query, status, issue, client):
    answer = client.get(reverse(route), query)
    OperationOutcome.model_validate(answer.json())
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (status, issue)


def test_without_a_token_the_error_is_an_operation_outcome_too(client_of):
    answer = client_of(None).get(reverse("fhir-lookup"), {"system": ICD_10, "code": "J18.9"})
    OperationOutcome.model_validate(answer.json())
    assert answer.status_code == 401
