"""A classification of one's own: what `import_codes --from` takes, and what it says when a row is wrong."""

from dataclasses import replace
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from reversion.models import Revision

from disease import actions
from disease.catalogue import Entry, Link
from disease.models import Code, CodeMapping, CodeSystem, codes_below
from tests.kit import factories as make

pytestmark = pytest.mark.on_both

GOOD = """code,title,kind,parent,assignable,valid_to,notes
A,Diseases,chapter,,false,,
A1,Chest,block,A,false,,
A1.1,Cough,code,A1,true,,"{""includes"": [""dry cough""]}"
A1.2,Old cough,code,A1,true,2020-01-31,
"""


@pytest.fixture
def load(tmp_path):
    def run(content, **more):
        file, err = tmp_path / "own.csv", StringIO()
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        options = {"file": file, "system": "own", "release": "1", "stdout": StringIO(), "stderr": err} | more
        try:
            call_command("import_codes", **options)
        except CommandError as exc:
            return f"{err.getvalue()}{exc}"
        return options["stdout"].getvalue()

    return run


def test_a_file_of_ones_own_is_loaded(load):
    assert "4 added" in load(GOOD)
    cough = Code.objects.get(code="A1.1")
    assert (cough.parent.code, cough.notes, cough.assignable) == ("A1", {"includes": ["dry cough"]}, True)


def test_the_place_of_each_entry_is_kept(load):
    load(GOOD)
    assert [code.code for code in codes_below("A1").order_by("position")] == ["A1", "A1.1", "A1.2"]
    assert [code.code for code in Code.objects.get(code="A1.1").ancestors()] == ["A", "A1"]


def test_an_entry_may_stand_before_the_one_it_is_under(load):
    load("code,title,parent\nA1,Chest,A\nA,Diseases,\n")
    assert Code.objects.get(code="A1").parent.code == "A"


def test_a_changed_row_is_changed_and_keeps_its_id(load):
    load(GOOD)
    before = Code.objects.get(code="A1.1").pk
    assert "0 added, 1 changed, 3 as they were" in load(GOOD.replace(",Cough,", ",Coughing,"))
    assert (Code.objects.get(code="A1.1").pk, Code.objects.get(code="A1.1").title) == (before, "Coughing")


def test_a_changed_title_is_found_by_its_new_words_alone(load):
    load(GOOD)
    load(GOOD.replace(",Cough,", ",Wheeze,"))
    assert Code.objects.matching("wheeze").count() == 1 and Code.objects.matching("cough").count() == 1


def test_a_link_that_means_something_else_now_is_changed_and_keeps_its_id():
    source, target = make.CodeFactory(), make.CodeFactory(system__key="icd-10-cm")
    about = {"by": None, "source": source.system, "target": target.system}
    link = Link(source.code, target.code, approximate=True, no_map=False, combination=False, scenario=0, choice_list=0)
    actions.import_links(links=[link], **about)
    before = CodeMapping.objects.get()
    assert actions.import_links(links=[replace(link, approximate=False)], **about) == actions.Loaded(0, 1, 0)
    after = CodeMapping.objects.get()
    assert (after.pk, after.approximate) == (before.pk, False)


def test_every_row_of_an_import_is_told_to_whoever_watches():
    entries, progress = [Entry("A", "Diseases"), Entry("B", "Injuries", position=1, last=1)], []
    about = {"by": None, "key": "own", "release": "1", "title": "Own", "uri": "", "entries": entries}
    for _ in range(2):
        actions.import_codes(on_progress=progress.append, **about)
    assert sum(progress) == 2 * len(entries)


def test_an_import_is_recorded(load):
    load(GOOD)
    assert Revision.objects.get().comment == "imported"


def test_an_import_of_nothing_new_is_not(load):
    load(GOOD)
    load(GOOD)
    assert Revision.objects.count() == 1


BAD = {
    "duplicate": (GOOD + "A1.1,Again,code,A1,true,,\n", "A1.1: stands in the file more than once"),
    "unknown parent": (GOOD + "B1,Lost,code,B,true,,\n", "B1: its parent B is not in the file"),
    "cycle": ("code,title,parent\nA,a,B\nB,b,A\n", "A: stands under itself"),
    "no title": (GOOD + "A1.3,,code,A1,true,,\n", "line 6: A1.3: a title has"),
    "no code": (GOOD + ",Nothing,code,A1,true,,\n", "line 6: a code has"),
    "long code": (GOOD + "x" * 41 + ",Long,code,A1,true,,\n", "line 6: a code has"),
    "unknown kind": (GOOD + "A1.3,Odd,planet,A1,true,,\n", "line 6: A1.3: the kind is one of"),
    "no date": (GOOD + "A1.3,Odd,code,A1,true,soon,\n", "line 6: A1.3: valid_to is a date"),
    "not yes or no": (GOOD + "A1.3,Odd,code,A1,maybe,,\n", "line 6: A1.3: assignable is true or false"),
    "notes that are no JSON": (GOOD + "A1.3,Odd,code,A1,true,,{\n", "line 6:"),
    "notes that are no object": (GOOD + "A1.3,Odd,code,A1,true,,[]\n", "line 6: A1.3: notes are a JSON object"),
    "missing column": ("code,name\nA,b\n", "the file has no column title"),
    "empty": ("", "the file has no column code, title"),
    "wrong encoding": ("code,title\nA,Fi\xe8vre\n".encode("latin-1"), "not CSV in UTF-8"),
    "a short row": (GOOD + "A1.3\n", "line 6: A1.3: a title has"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_wrong_row_is_named_and_nothing_is_loaded(case, load):
    content, said = BAD[case]
    answer = load(content)
    assert said in answer and "Nothing was loaded" in answer
    assert not Code.objects.exists() and not CodeSystem.objects.exists()


def test_every_wrong_row_is_named_at_once(load):
    answer = load(GOOD + "A1.3,,code,A1,true,,\nA1.4,Odd,planet,A1,true,,\n")
    assert "line 6" in answer and "line 7" in answer and "2 errors" in answer


def test_a_file_that_is_not_there_is_named(load, tmp_path):
    assert "cannot be read" in load(GOOD, file=tmp_path / "none.csv")


def test_a_file_that_is_not_gzip_is_named(load, tmp_path):
    file = tmp_path / "own.csv.gz"
    file.write_text(GOOD)
    assert "not CSV" in load(GOOD, file=file)


@pytest.mark.parametrize("missing", ["system", "release"])
def test_a_release_is_named_by_system_and_edition(missing, load):
    assert "--system and --release" in load(GOOD, **{missing: None})


def test_a_code_that_the_file_leaves_out_is_named(load):
    load(GOOD)
    answer = load(GOOD.replace("A1.2,Old cough,code,A1,true,2020-01-31,\n", ""))
    assert "A1.2: is in this release and not in the file" in answer and Code.objects.count() == 4
