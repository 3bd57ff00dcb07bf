"""The classifications and the crosswalk say what their sources say, once and again."""

from io import StringIO

import pytest
from django.core.management import call_command

from disease.models import Code, CodeKind, CodeMapping

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("catalogue")]

# Code, title (None: not compared) and the entry above it.
ICD_10_ENTRIES = [
    ("J18.9", "Pneumonia, unspecified organism", "J18"),
    ("J18", "Pneumonia, unspecified organism", "J09-J18"),
    ("J09-J18", "Influenza and pneumonia", "J00-J99"),
    ("B20", "Human immunodeficiency virus [HIV] disease", "B20-B20"),
    ("B20-B20", "Human immunodeficiency virus [HIV] disease", "A00-B99"),
    ("C15-C26", "Malignant neoplasms of digestive organs", "C00-C75"),
    ("C00-C75", None, "C00-C96"),
    ("I10", "Essential (primary) hypertension", "I10-I1A"),
    ("J90", "Pleural effusion, not elsewhere classified", "J90-J94"),
    ("J93.9", "Pneumothorax, unspecified", "J93"),
    ("U07.1", "COVID-19", "U07"),
    ("I26.99", "Other pulmonary embolism without acute cor pulmonale", "I26.9"),
    ("S22.31XA", "Fracture of one rib, right side, initial encounter for closed fracture", "S22.31"),
]
ICD_9_ENTRIES = [
    ("486", "Pneumonia, organism unspecified", "480-488"),
    ("511.9", "Unspecified pleural effusion", "511"),
    ("415.19", "Other pulmonary embolism and infarction", "415.1"),
    ("429.3", "Cardiomegaly", "429"),
    ("V30.00", "Single liveborn, born in hospital, delivered without mention of cesarean section", "V30.0"),
    ("E812.0", None, "E812"),
    ("401.9", "Unspecified essential hypertension", "401"),
]


def test_a_code_is_what_the_source_says():
    for key, entries in (("icd-10-cm", ICD_10_ENTRIES), ("icd-9-cm", ICD_9_ENTRIES)):
        for code, title, parent in entries:
            entry = Code.objects.select_related("parent").get(system__key=key, code=code)
            assert (entry.parent.code, entry.title) == (parent, title or entry.title), code


def test_a_mapping_is_what_the_source_says():
    for key, code, targets in (
        ("icd-9-cm", "486", {("J18.9", "approximate")}),
        ("icd-9-cm", "001.0", {("A00.0", "exact")}),
        ("icd-10-cm", "J18.9", {("486", "approximate")}),
        ("icd-10-cm", "U07.1", set()),
    ):
        links = CodeMapping.objects.filter(source__system__key=key, source__code=code).select_related("target")
        assert {(link.target.code, link.meaning) for link in links} == targets, code


def test_all_links_of_a_code_stay_with_their_scenario_and_choice_list():
    combination = CodeMapping.objects.filter(combination=True).order_by("id").first()
    assert combination.meaning.endswith("one of a combination")
    assert combination.scenario >= 1 and combination.choice_list >= 1
    assert CodeMapping.objects.filter(source__code="733.13", no_map=False).count() > 1


def test_a_source_without_a_map_says_so():
    link = CodeMapping.objects.filter(no_map=True).order_by("id").first()
    assert link.target is None and link.meaning == "no map"


def test_every_block_of_one_category_is_told_from_it():
    blocks = Code.objects.filter(system__key="icd-10-cm", kind=CodeKind.BLOCK).values_list("code", flat=True)
    assert len([block for block in blocks if block[:3] == block[4:]]) == 39


def test_a_second_import_changes_nothing_and_says_so():
    rows = Code.objects.order_by("code").values_list("pk", "updated_at")[:50]
    before, output = list(rows.all()), StringIO()
    call_command("import_codes", stdout=output)
    assert output.getvalue().count("nothing changed") == 4
    assert list(rows.all()) == before


def test_a_new_release_stands_beside_the_old_one(tmp_path):
    file = tmp_path / "codes.csv"
    file.write_text("code,title\nJ18.9,Pneumonia in another edition\n")
    call_command("import_codes", file=file, system="icd-10-cm", release="2027", stdout=StringIO())
    titles = Code.objects.filter(code="J18.9", system__key="icd-10-cm").values_list("system__release", "title")
    assert dict(titles) == {"2026-04": "Pneumonia, unspecified organism", "2027": "Pneumonia in another edition"}
