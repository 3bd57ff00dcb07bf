"""`import_images`: a folder or a zip comes in, every file is named, and a run that breaks off can go on."""

import csv
import os
import shutil
from pathlib import Path

import pytest

from accounts.models import Role
from imagery.importing import folders
from imagery.importing.report import Report, read_report
from imagery.models import Image, Series
from imagery.storage import CHUNK_BYTES as CHUNK
from tests.kit import factories as make
from tests.kit.files import real, zipped
from tests.kit.importing import import_images, report_lines
from tests.kit.stored import leftovers
from tests.kit.zipped import File, archive


def test_a_folder_comes_in_and_every_file_is_told_of(cd, tmp_path):
    status, output = import_images(cd, report=tmp_path / "r.csv")
    assert status == 0 and "2 stored" in output and "2 skipped" in output
    assert report_lines(tmp_path / "r.csv") == [
        (".hidden", "skipped", "hidden"),
        ("CT/1.dcm", "stored", ""),
        ("DICOMDIR", "skipped", "dicomdir"),
        ("film.png", "stored", ""),
    ]


def test_the_report_names_the_image_and_says_why_not(cd, tmp_path):
    (cd / "notes.txt").write_bytes(b"none")
    import_images(cd, report=tmp_path / "r.csv")
    with (tmp_path / "r.csv").open(newline="") as file:
        listed = {row["path"]: row for row in csv.DictReader(file)}
    assert listed["film.png"]["image"] == str(Image.objects.get(media_type="image/png").pk)
    assert listed["notes.txt"]["detail"] == "This is not a PNG, JPEG or DICOM Part 10 file."


def test_a_zip_comes_in_as_a_folder_does(tmp_path, doctor):
    (tmp_path / "a.zip").write_bytes(zipped(**{"CT/1.dcm": real("CT_small.dcm"), "film.png": make.png(1)}))
    assert import_images(tmp_path / "a.zip", report=tmp_path / "r.csv")[0] == 0
    assert report_lines(tmp_path / "r.csv") == [("CT/1.dcm", "stored", ""), ("film.png", "stored", "")]


def test_images_belong_to_the_owner_and_their_revision_says_so(cd, doctor):
    import_images(cd)
    assert set(Image.objects.values_list("owner", flat=True)) == {doctor.pk}


def test_a_second_run_finds_everything_there(cd):
    import_images(cd)
    status, output = import_images(cd)
    assert (status, "2 already there" in output, Image.objects.count()) == (0, True, 2)


def test_a_refusal_is_exit_code_1_and_the_others_are_taken(cd):
    (cd / "a.txt").write_bytes(b"none")
    status, output = import_images(cd)
    assert status == 1 and "a.txt: This is not" in output and Image.objects.count() == 2


def test_a_dry_run_reads_everything_and_keeps_nothing(cd, tmp_path):
    (cd / "a.txt").write_bytes(b"none")
    assert import_images(cd, dry_run=True, report=tmp_path / "r.csv")[0] == 1
    assert ("a.txt", "refused", "unknown_format") in report_lines(tmp_path / "r.csv")
    assert ("film.png", "can be read", "") in report_lines(tmp_path / "r.csv")
    assert not Image.objects.exists() and leftovers() == []


def test_a_dry_run_tells_what_is_there(cd, tmp_path):
    import_images(cd)
    import_images(cd, dry_run=True, report=tmp_path / "r.csv")
    assert ("film.png", "already there", "") in report_lines(tmp_path / "r.csv")


def test_modality_and_body_part_are_said_of_pictures(cd):
    import_images(cd, modality="DX", body_part="CHEST")
    assert ("DX", "CHEST") in set(Series.objects.values_list("modality", "body_part"))


def test_studies_are_shared_with_the_team_that_is_named(cd, team):
    import_images(cd, team="Chest")
    assert {image.study.shared_with.get() for image in Image.objects.all()} == {team}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"owner": "nobody"}, "no user"),
        ({"owner": "researcher"}, "not a doctor"),
        ({"owner": "gone"}, "no user"),
        ({"team": "Bones"}, "0 teams"),
        ({"workers": 0}, "1 to 32"),
        ({"workers": 33}, "1 to 32"),
        ({"modality": "not one"}, "--modality"),
        ({"body_part": "x" * 17}, "--body-part"),
        ({"resume": Path("/nowhere.csv")}, "not a report"),
        ({"report": Path("/nowhere/r.csv")}, "cannot be written"),
    ],
)
def test_what_is_asked_wrongly_is_exit_code_2_with_a_sentence(wrong, sentence, cd, researcher):
    make.UserFactory(username="gone", roles=[Role.DOCTOR], is_active=False)
    status, output = import_images(cd, **wrong)
    assert (status, sentence in output, Image.objects.count()) == (2, True, 0)


@pytest.mark.parametrize("content", [None, b"", b"text"])
def test_a_source_that_is_none_is_exit_code_2(content, tmp_path, doctor):
    if content is not None:
        (tmp_path / "source").write_bytes(content)
    assert import_images(tmp_path / "source")[0] == 2


def test_an_earlier_report_is_not_overwritten(cd, tmp_path):
    (tmp_path / "r.csv").write_text("mine")
    assert import_images(cd, report=tmp_path / "r.csv")[0] == 2
    assert (tmp_path / "r.csv").read_text() == "mine"


def test_another_file_is_not_taken_for_a_report(cd, tmp_path):
    (tmp_path / "r.csv").write_bytes(b"a,b\n")
    assert import_images(cd, resume=tmp_path / "r.csv")[0] == 2
    assert (tmp_path / "r.csv").read_bytes() == b"a,b\n"


def test_what_the_report_says_is_in_is_not_even_read(cd, tmp_path, monkeypatch):
    (cd / "a.txt").write_bytes(b"none")
    import_images(cd, report=tmp_path / "r.csv")
    opened = []
    keep = folders.FolderFile.chunks
    monkeypatch.setattr(folders.FolderFile, "chunks", lambda part: opened.append(part.name) or keep(part))
    (cd / "new.png").write_bytes(make.png(9))
    status, _ = import_images(cd, resume=tmp_path / "r.csv")
    assert (status, opened) == (1, ["a.txt", "new.png"])
    assert [row[0] for row in read_report(tmp_path / "r.csv")].count("film.png") == 1
    assert ("new.png", "stored", "") in report_lines(tmp_path / "r.csv")


def test_of_a_name_that_an_archive_holds_twice_both_are_looked_at_again(tmp_path, doctor):
    source = tmp_path / "a.zip"
    source.write_bytes(archive(File("a", make.png(1)), File("a", make.png(2))))
    report = Report(tmp_path / "r.csv", [["a", "stored", "", "", "id"]])
    report.file.close()
    import_images(source, resume=tmp_path / "r.csv")
    assert Image.objects.count() == 2


@pytest.mark.parametrize("size", [CHUNK - 1, CHUNK, CHUNK + 1])
def test_a_file_is_as_large_as_an_upload_and_no_larger(size, cd, tmp_path, settings):
    settings.MAX_UPLOAD_BYTES = CHUNK
    shutil.rmtree(cd)
    cd.mkdir()
    (cd / "a").write_bytes(b"x" * size)
    import_images(cd, report=tmp_path / "r.csv")
    assert report_lines(tmp_path / "r.csv") == [("a", "refused", "unknown_format" if size <= CHUNK else "too_large")]


def test_names_that_are_no_text_or_no_line_come_through_the_report(cd, tmp_path):
    names = [b"\xff\xfe.png", b"a\r\nb.png", b'quote",.png', b"\x1b[2Jclear.txt"]
    for number, name in enumerate(names):
        Path(os.fsdecode(os.fsencode(cd) + b"/" + name)).write_bytes(make.png(number + 20) if b"png" in name else b"x")
    _, output = import_images(cd, report=tmp_path / "r.csv")
    assert {os.fsdecode(name) for name in names} <= {row[0] for row in read_report(tmp_path / "r.csv")}
    assert "\x1b[2J" not in output
    assert "1 refused" in import_images(cd, resume=tmp_path / "r.csv")[1]
