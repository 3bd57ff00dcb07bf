"""`import_images` takes what lies in a folder, follows no link, and writes a line of its report for each file."""

import os
import shutil

import pytest

from imagery.importing import folders
from imagery.importing.report import Report, read_report
from tests.kit import factories as make


def skipped_in(folder):
    return {part.name: part.skipped for part in folders.find_files(folder)}


def test_no_link_is_followed(cd, tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.png").write_bytes(make.png(7))
    (cd / "file").symlink_to(tmp_path / "outside" / "secret.png")
    (cd / "folder").symlink_to(tmp_path / "outside")
    (cd / "nowhere").symlink_to("nothing")
    found = skipped_in(cd)
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
    assert [(name, why) for name, why in skipped_in(cd).items() if "Trash" in name] == [(".Trash", "hidden")]


def test_a_pipe_is_passed_over_and_does_not_hold_us_up(cd):
    os.mkfifo(cd / "pipe")
    assert skipped_in(cd)["pipe"] == "special"


def test_what_cannot_be_opened_is_a_line(cd, tmp_path):
    found = list(folders.find_files(cd))
    (cd / "film.png").unlink()
    (part,) = [part for part in found if part.name == "film.png"]
    with pytest.raises(Exception, match="cannot be opened"):
        list(part.chunks())


def test_a_folder_that_cannot_be_looked_into_is_a_line(cd, monkeypatch):
    monkeypatch.setattr(os, "access", lambda name, mode, **at: name != "CT")
    assert skipped_in(cd)["CT"] == ""


# --- The report ---------------------------------------------------------------------------------------------------


def test_a_report_is_for_its_user_alone(tmp_path):
    Report(tmp_path / "r.csv").file.close()
    assert (tmp_path / "r.csv").stat().st_mode & 0o777 == 0o600


def test_each_line_is_on_the_disk_before_the_next(tmp_path, monkeypatch):
    synced = []
    with Report(tmp_path / "r.csv") as report:
        monkeypatch.setattr(os, "fsync", lambda handle: synced.append((tmp_path / "r.csv").read_bytes()))
        report.add(["a", "stored", "", "", "1"])
        report.add(["b", "stored", "", "", "2"])
    assert [written.count(b"\r\n") for written in synced] == [2, 3]


def test_a_line_that_was_cut_off_is_left_out(tmp_path):
    with Report(tmp_path / "r.csv") as report:
        report.add(["a", "stored", "", "", "1"])
        report.add(["b", "stored", "", "", "2"])
    whole = (tmp_path / "r.csv").read_bytes()
    first_line, one, _ = whole.splitlines(keepends=True)
    for length in range(len(first_line + one), len(whole)):
        (tmp_path / "r.csv").write_bytes(whole[:length])
        assert [row[0] for row in read_report(tmp_path / "r.csv")] == ["a"], whole[:length]
