"""`import_images`: a folder or a zip comes in, every file is told of, and a run that breaks off can go on."""

import csv
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.models import Role
from imagery.importing import folders
from imagery.importing.report import Report, read_report
from imagery.models import Image, Series
from imagery.storage import CHUNK_BYTES as CHUNK
from tests.kit import factories as make
from tests.kit.files import real, slices, zipped
from tests.kit.stored import leftovers

ROOT = Path(__file__).parents[2]


def run(source, **options):
    """Exit code and what was said."""
    out = StringIO()
    try:
        call_command("import_images", str(source), stdout=out, **{"owner": "doctor", "workers": 1} | options)
    except CommandError as exc:
        return exc.returncode, f"{out.getvalue()}\n{exc}"
    return 0, out.getvalue()


@pytest.fixture
def cd(tmp_path, doctor):
    """A folder such as a scanner writes."""
    folder = tmp_path / "cd"
    (folder / "CT").mkdir(parents=True)
    (folder / "CT" / "1.dcm").write_bytes(real("CT_small.dcm"))
    (folder / "film.png").write_bytes(make.png(1))
    (folder / "DICOMDIR").write_bytes(b"a list")
    (folder / ".hidden").write_bytes(make.png(2))
    return folder


def rows(path):
    return sorted((row[0], row[1], row[2]) for row in read_report(path))


def test_a_folder_comes_in_and_every_file_is_told_of(cd, tmp_path):
    status, said = run(cd, report=tmp_path / "r.csv")
    assert status == 0 and "2 stored" in said and "2 skipped" in said
    assert rows(tmp_path / "r.csv") == [
        (".hidden", "skipped", "hidden"),
        ("CT/1.dcm", "stored", ""),
        ("DICOMDIR", "skipped", "dicomdir"),
        ("film.png", "stored", ""),
    ]


def test_the_report_names_the_image_and_says_why_not(cd, tmp_path):
    (cd / "notes.txt").write_bytes(b"none")
    run(cd, report=tmp_path / "r.csv")
    with (tmp_path / "r.csv").open(newline="") as file:
        told = {row["path"]: row for row in csv.DictReader(file)}
    assert told["film.png"]["image"] == str(Image.objects.get(media_type="image/png").pk)
    assert told["notes.txt"]["detail"] == "This is not a PNG, JPEG or DICOM Part 10 file."


def test_a_zip_comes_in_as_a_folder_does(tmp_path, doctor):
    (tmp_path / "a.zip").write_bytes(zipped(**{"CT/1.dcm": real("CT_small.dcm"), "film.png": make.png(1)}))
    assert run(tmp_path / "a.zip", report=tmp_path / "r.csv")[0] == 0
    assert rows(tmp_path / "r.csv") == [("CT/1.dcm", "stored", ""), ("film.png", "stored", "")]


def test_images_belong_to_the_owner_and_their_revision_says_so(cd, doctor):
    run(cd)
    assert set(Image.objects.values_list("owner", flat=True)) == {doctor.pk}


def test_a_second_run_finds_everything_there(cd):
    run(cd)
    status, said = run(cd)
    assert (status, "2 already there" in said, Image.objects.count()) == (0, True, 2)


def test_a_refusal_is_exit_code_1_and_the_others_are_taken(cd):
    (cd / "a.txt").write_bytes(b"none")
    status, said = run(cd)
    assert status == 1 and "a.txt: This is not" in said and Image.objects.count() == 2


def test_a_dry_run_reads_everything_and_keeps_nothing(cd, tmp_path):
    (cd / "a.txt").write_bytes(b"none")
    assert run(cd, dry_run=True, report=tmp_path / "r.csv")[0] == 1
    assert ("a.txt", "refused", "unknown_format") in rows(tmp_path / "r.csv")
    assert ("film.png", "can be read", "") in rows(tmp_path / "r.csv")
    assert not Image.objects.exists() and leftovers() == []


def test_a_dry_run_tells_what_is_there(cd, tmp_path):
    run(cd)
    run(cd, dry_run=True, report=tmp_path / "r.csv")
    assert ("film.png", "already there", "") in rows(tmp_path / "r.csv")


def test_modality_and_body_part_are_said_of_pictures(cd):
    run(cd, modality="DX", body_part="CHEST")
    assert ("DX", "CHEST") in set(Series.objects.values_list("modality", "body_part"))


def test_studies_are_shared_with_the_team_that_is_named(cd, team):
    run(cd, team="Chest")
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
    status, said = run(cd, **wrong)
    assert (status, sentence in said, Image.objects.count()) == (2, True, 0)


@pytest.mark.parametrize("content", [None, b"", b"text"])
def test_a_source_that_is_none_is_exit_code_2(content, tmp_path, doctor):
    if content is not None:
        (tmp_path / "source").write_bytes(content)
    assert run(tmp_path / "source")[0] == 2


def test_an_earlier_report_is_not_overwritten(cd, tmp_path):
    (tmp_path / "r.csv").write_text("mine")
    assert run(cd, report=tmp_path / "r.csv")[0] == 2
    assert (tmp_path / "r.csv").read_text() == "mine"


def test_another_file_is_not_taken_for_a_report(cd, tmp_path):
    (tmp_path / "r.csv").write_bytes(b"a,b\n")
    assert run(cd, resume=tmp_path / "r.csv")[0] == 2
    assert (tmp_path / "r.csv").read_bytes() == b"a,b\n"


def test_what_the_report_says_is_in_is_not_even_read(cd, tmp_path, monkeypatch):
    (cd / "a.txt").write_bytes(b"none")
    run(cd, report=tmp_path / "r.csv")
    opened = []
    keep = folders.FolderFile.chunks
    monkeypatch.setattr(folders.FolderFile, "chunks", lambda part: opened.append(part.name) or keep(part))
    (cd / "new.png").write_bytes(make.png(9))
    status, _ = run(cd, resume=tmp_path / "r.csv")
    assert (status, opened) == (1, ["a.txt", "new.png"])
    assert [row[0] for row in read_report(tmp_path / "r.csv")].count("film.png") == 1
    assert ("new.png", "stored", "") in rows(tmp_path / "r.csv")


def test_of_a_name_that_an_archive_holds_twice_both_are_looked_at_again(tmp_path, doctor):
    from tests.kit.zipped import File, archive

    source = tmp_path / "a.zip"
    source.write_bytes(archive(File("a", make.png(1)), File("a", make.png(2))))
    report = Report(tmp_path / "r.csv", [["a", "stored", "", "", "id"]])
    report.file.close()
    run(source, resume=tmp_path / "r.csv")
    assert Image.objects.count() == 2


# --- what lies in a folder ------------------------------------------------------------------------------------------


def walked(folder):
    return {part.name: part.skipped for part in folders.find_files(folder)}


def test_no_link_is_followed(cd, tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.png").write_bytes(make.png(7))
    (cd / "file").symlink_to(tmp_path / "outside" / "secret.png")
    (cd / "folder").symlink_to(tmp_path / "outside")
    (cd / "nowhere").symlink_to("nothing")
    found = walked(cd)
    assert (found["file"], found["folder"], found["nowhere"]) == ("link", "link", "link")
    assert not [name for name in found if "secret" in name]


def test_a_folder_that_is_swapped_for_a_link_meanwhile_leads_nowhere(cd, tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "1.dcm").write_bytes(make.png(7))
    found = {part.name: part for part in folders.find_files(cd)}
    shutil.rmtree(cd / "CT")
    (cd / "CT").symlink_to(tmp_path / "outside")
    with pytest.raises(Exception, match="cannot be opened"):
        list(found["CT/1.dcm"].chunks())


def test_a_hidden_folder_is_one_line(cd):
    (cd / ".Trash").mkdir()
    (cd / ".Trash" / "a.png").write_bytes(make.png())
    assert [(name, why) for name, why in walked(cd).items() if "Trash" in name] == [(".Trash", "hidden")]


def test_a_pipe_is_passed_over_and_does_not_hold_us_up(cd):
    os.mkfifo(cd / "pipe")
    assert walked(cd)["pipe"] == "special"


def test_what_cannot_be_opened_is_a_line(cd, tmp_path):
    found = list(folders.find_files(cd))
    (cd / "film.png").unlink()
    (part,) = [part for part in found if part.name == "film.png"]
    with pytest.raises(Exception, match="cannot be opened"):
        list(part.chunks())


def test_a_folder_that_cannot_be_looked_into_is_a_line(cd, monkeypatch):
    monkeypatch.setattr(os, "access", lambda name, mode, **at: name != "CT")
    assert walked(cd)["CT"] == ""


@pytest.mark.parametrize("size", [CHUNK - 1, CHUNK, CHUNK + 1])
def test_a_file_is_as_large_as_an_upload_and_no_larger(size, cd, tmp_path, settings):
    settings.MAX_UPLOAD_BYTES = CHUNK
    shutil.rmtree(cd)
    cd.mkdir()
    (cd / "a").write_bytes(b"x" * size)
    run(cd, report=tmp_path / "r.csv")
    assert rows(tmp_path / "r.csv") == [("a", "refused", "unknown_format" if size <= CHUNK else "too_large")]


def test_names_that_are_no_text_or_no_line_come_through_the_report(cd, tmp_path):
    names = [b"\xff\xfe.png", b"a\r\nb.png", b'quote",.png', b"\x1b[2Jclear.txt"]
    for number, name in enumerate(names):
        Path(os.fsdecode(os.fsencode(cd) + b"/" + name)).write_bytes(make.png(number + 20) if b"png" in name else b"x")
    _, said = run(cd, report=tmp_path / "r.csv")
    assert {os.fsdecode(name) for name in names} <= {row[0] for row in read_report(tmp_path / "r.csv")}
    assert "\x1b[2J" not in said
    assert "1 refused" in run(cd, resume=tmp_path / "r.csv")[1]


# --- the report -----------------------------------------------------------------------------------------------------


def test_a_report_is_for_its_user_alone(tmp_path):
    Report(tmp_path / "r.csv").file.close()
    assert (tmp_path / "r.csv").stat().st_mode & 0o777 == 0o600


def test_each_line_is_on_the_disk_before_the_next(tmp_path, monkeypatch):
    synced = []
    with Report(tmp_path / "r.csv") as report:
        monkeypatch.setattr(os, "fsync", lambda handle: synced.append((tmp_path / "r.csv").read_bytes()))
        report.add(["a", "stored", "", "", "1"])
        report.add(["b", "stored", "", "", "2"])
    assert [said.count(b"\r\n") for said in synced] == [2, 3]


def test_a_line_that_was_cut_off_is_left_out(tmp_path):
    with Report(tmp_path / "r.csv") as report:
        report.add(["a", "stored", "", "", "1"])
        report.add(["b", "stored", "", "", "2"])
    whole = (tmp_path / "r.csv").read_bytes()
    first_line, one, _ = whole.splitlines(keepends=True)
    for length in range(len(first_line + one), len(whole)):
        (tmp_path / "r.csv").write_bytes(whole[:length])
        assert [row[0] for row in read_report(tmp_path / "r.csv")] == ["a"], whole[:length]


# --- the whole command, in a process of its own ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    """A data folder with a doctor in it, to be copied."""
    folder = tmp_path_factory.mktemp("installation")
    register = (
        "from accounts.actions import register_user as r; r(by=None, username='jane', password='x', roles=['doctor'])"
    )
    for command in (["migrate", "-v0"], ["create_user_groups"], ["shell", "-v0", "-c", register]):
        subprocess.run(manage(*command), env=at(folder), check=True, stdout=subprocess.DEVNULL)
    return folder


@pytest.fixture
def data(installation, tmp_path):
    return Path(shutil.copytree(installation, tmp_path / "data"))


def manage(*arguments):
    return [sys.executable, "-W", "ignore", str(ROOT / "manage.py"), *map(str, arguments)]


def at(folder):
    plain = {
        name: value for name, value in os.environ.items() if not name.startswith(("HARRISON_", "DATABASE_", "DJANGO_"))
    }
    return plain | {"HARRISON_DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "harrison.settings"}


@pytest.fixture
def many(tmp_path):
    """Sixty slices of one study."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number, content in enumerate(slices(60)):
        (folder / f"{number:02}.dcm").write_bytes(content)
    return folder


def images_in(data):
    with sqlite3.connect(data / "db.sqlite3") as database:
        return [row[0] for row in database.execute("SELECT sha256 FROM imagery_image")]


def begun(data, source, report, **more):
    """The command, once it has written some lines."""
    command = manage("import_images", source, "--owner", "jane", "--report", report, "--workers", 2)
    process = subprocess.Popen(command, env=at(data), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for _ in range(600):
        if report.exists() and len(read_report(report)) >= 5:
            return process
        time.sleep(0.05)
    process.kill()
    raise AssertionError(process.communicate())


def finish(data, source, *more):
    command = manage("import_images", source, "--owner", "jane", "--workers", 3, *more)
    return subprocess.run(command, env=at(data), capture_output=True, text=True, timeout=120)


@pytest.mark.slow
@pytest.mark.on_both
def test_several_workers_take_every_file_once(data, many, tmp_path):
    done = finish(data, many, "--report", tmp_path / "r.csv")
    assert (done.returncode, "60 stored" in done.stdout) == (0, True), done
    reported = {row[4] for row in read_report(tmp_path / "r.csv")}
    assert len(set(images_in(data))) == len(images_in(data)) == len(reported) == 60


@pytest.mark.slow
@pytest.mark.parametrize("way", ["by bytes", "by the report"])
def test_a_run_that_is_killed_goes_on_and_every_file_is_in_once(way, data, many, tmp_path):
    report = tmp_path / "r.csv"
    killed = begun(data, many, report)
    killed.kill()
    killed.communicate()
    told = read_report(report)
    assert 5 <= len(told) <= len(images_in(data)) < 60
    done = finish(data, many, *(["--resume", report] if way == "by the report" else []))
    assert done.returncode == 0, done
    assert len(set(images_in(data))) == len(images_in(data)) == 60
    assert len(read_report(report)) == (60 if way == "by the report" else len(told))


@pytest.mark.slow
def test_ctrl_c_finishes_what_has_begun_and_leaves_a_whole_report(data, many, tmp_path):
    report = tmp_path / "r.csv"
    stopped = begun(data, many, report)
    stopped.send_signal(signal.SIGINT)
    _, said = stopped.communicate(timeout=60)
    assert (stopped.returncode, "Run it again" in said) == (130, True), said
    assert report.read_bytes().endswith(b"\r\n") and "Traceback" not in said
    assert len(read_report(report)) == len(images_in(data)) < 60
    assert not list((data / "originals" / ".incoming").iterdir())
