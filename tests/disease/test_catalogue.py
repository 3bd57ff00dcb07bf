"""Codes are found, and diseases, labels and annotations by their codes, in the whole of both classifications."""

import pytest
from django.db import connection
from django.urls import reverse

from disease.models import Code, CodeKind, CodeMapping, Disease, codes_below
from tests.kit import factories as make

pytestmark = [pytest.mark.slow, pytest.mark.on_both, pytest.mark.usefixtures("catalogue")]


def ten(code):
    return Code.objects.get(system__key="icd-10-cm", code=code)


def nine(code):
    return Code.objects.get(system__key="icd-9-cm", code=code)


# The source of ICD-10-CM lists 98,505 entries: 39 blocks share the name of their only category, so that 98,466 names
# are distinct. Codes that only the crosswalk knows are retired.
COUNTS = [
    ("icd-10-cm", {"kind": CodeKind.CHAPTER}, 22),
    ("icd-10-cm", {"kind": CodeKind.BLOCK}, 297),
    ("icd-10-cm", {"valid_to": None}, 98_505),
    ("icd-10-cm", {"assignable": True}, 74_719),
    ("icd-10-cm", {"valid_to__isnull": False}, 612),
    ("icd-10-cm", {"valid_to__isnull": False, "assignable": True}, 0),
    ("icd-9-cm", {"kind": CodeKind.CHAPTER}, 19),
    ("icd-9-cm", {"kind": CodeKind.BLOCK}, 154),
    ("icd-9-cm", {"assignable": True}, 14_567),
    ("icd-9-cm", {"assignable": False}, 3_159),
]


def test_every_entry_of_the_sources_is_there():
    counts = [(key, which, Code.objects.filter(system__key=key, **which).count()) for key, which, _ in COUNTS]
    assert counts == COUNTS


@pytest.mark.parametrize(
    ("source", "number", "approximate"), [("icd-9-cm", 23_912, 20_379), ("icd-10-cm", 78_838, 75_305)]
)
def test_every_row_of_the_crosswalk_is_there(source, number, approximate):
    links = CodeMapping.objects.filter(source__system__key=source)
    assert (links.count(), links.filter(approximate=True).count()) == (number, approximate)


# --- finding codes ---------------------------------------------------------------------------------------------------


def search(client, **query):
    return client.get(reverse("code-list"), query).json()["results"]


def test_search_puts_the_best_first(client):
    for text, first in (
        ("J18.9", "J18.9"),
        ("j18.9", "J18.9"),
        ("J18", "J18"),
        ("pneumonia, unspecified organism", "J18"),
        ("pneum viral", "J12"),
    ):
        assert search(client, search=text, system="icd-10-cm")[0]["code"] == first, text


def test_every_word_must_match(client):
    titles = [code["title"].lower() for code in search(client, search="fract rib", system="icd-10-cm")]
    assert titles and all("fract" in title and "rib" in title for title in titles)


def test_search_filters_by_assignable(client):
    assert "J18" not in [
        code["code"] for code in search(client, search="pneumonia", system="icd-10-cm", assignable="true")
    ]


def test_search_takes_whatever_people_type(client):
    for text in ("'", '"', "AND", "NOT *", "a OR b", "(", "pneu*", "% _", "🫁", "-", "\\"):
        assert client.get(reverse("code-list"), {"search": text}).status_code == 200, text


def test_a_broad_search_is_paged_to_its_end(client):
    where, seen = reverse("code-list") + "?search=pneumo&page_size=200", []
    while where:
        page = client.get(where).json()
        seen += [code["id"] for code in page["results"]]
        where = page["next"]
    assert len(seen) == len(set(seen)) == Code.objects.matching("pneumo").count()


def test_under_gives_everything_below_at_any_depth(client):
    for code in ("J00-J99", "J09-J18", "J18", "J18.9"):
        assert "J18.9" in [found["code"] for found in search(client, under=code, search="J18.9")], code


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


def test_a_disease_carries_only_codes_that_are_in_use(client):
    for code, reason in (
        ("J18", "heading"),
        ("J09-J18", "heading"),
        ("H40.11X0", "retired"),
        ("nonsense", "no such object"),
    ):
        answer = client.post(reverse("disease-list"), {"name": "Flu", "codes": [{"system": "icd-10-cm", "code": code}]})
        assert answer.status_code == 400 and reason in answer.json()["detail"] and not Disease.objects.exists(), code


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
def test_a_place_that_no_system_has_is_named(route, client):
    for under in ("J00-", "-", "J99-J00", "nonsense", "J18.9999"):
        answer = client.get(reverse(route), {"under": under})
        assert answer.status_code == 400 and "under" in answer.json()["fields"], under


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
