"""Many uploads at once: a zip, several files of a form; each as if it came alone, and what became of each."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from reversion.models import Revision

from events.models import Event
from imagery import actions
from imagery.actions import uploads
from imagery.importing.parts import FormFile
from imagery.models import Image, Patient, Series, Study
from tests.kit import factories as make
from tests.kit.api import send, side_by_side
from tests.kit.files import real, slices, zipped
from tests.kit.stored import leftovers
from tests.kit.zipped import STORED, File, archive

pytestmark = pytest.mark.on_both


def told(answer) -> list[tuple[str, str, str]]:
    return [(each["name"], each["outcome"], each["code"]) for each in answer.json()["results"]]


def test_every_file_of_a_zip_is_told_of(api):
    png = make.png()
    api.post(reverse("image-list"), {"file": SimpleUploadedFile("a", png)}, format="multipart")
    names = {"ct/1.dcm": real("CT_small.dcm"), "old.png": png, "notes.txt": b"none", "DICOMDIR": b"x"}
    answer = send(api, zipped(**names))
    assert answer.status_code == 201
    assert told(answer) == [
        ("ct/1.dcm", "stored", ""),
        ("old.png", "already there", ""),
        ("notes.txt", "refused", "unknown_format"),
        ("DICOMDIR", "skipped", "dicomdir"),
    ]
    counts = {name: answer.json()[name] for name in ("stored", "already_there", "refused", "skipped")}
    assert counts == {"stored": 1, "already_there": 1, "refused": 1, "skipped": 1}


def test_files_side_by_side_are_told_of_as_a_zip_is(api):
    answer = side_by_side(api, make.png(1), b"none", make.png(1), b"")
    assert answer.status_code == 201
    assert told(answer) == [
        ("0.dcm", "stored", ""),
        ("1.dcm", "refused", "unknown_format"),
        ("2.dcm", "already there", ""),
        ("3.dcm", "refused", "empty"),
    ]


def test_a_result_names_the_image_and_its_study(api):
    (result,) = side_by_side(api, make.png()).json()["results"]
    image = Image.objects.get()
    assert (result["image"], result["study"]) == (str(image.pk), str(image.study_id))


def test_when_all_is_there_already_the_answer_is_200_with_the_same_ids(api):
    content = zipped(a=make.png(1), b=make.png(2))
    first, second = send(api, content), send(api, content)
    ids = [[each["image"] for each in answer.json()["results"]] for answer in (first, second)]
    assert (second.status_code, ids[0], Image.objects.count()) == (200, ids[1], 2)


def test_when_nothing_is_taken_the_answer_is_400_with_the_report(api):
    answer = send(api, zipped(a=b"none", DICOMDIR=b"x"))
    assert answer.status_code == 400 and answer.json()["code"] == "none_taken"
    assert told(answer) == [("a", "refused", "unknown_format"), ("DICOMDIR", "skipped", "dicomdir")]
    assert not Image.objects.exists() and leftovers() == []


def test_a_file_gets_the_code_and_the_sentence_that_it_gets_alone(api):
    gif = b"GIF89a, which nobody annotates"
    alone = api.post(reverse("image-list"), {"file": SimpleUploadedFile("a", gif)}, format="multipart")
    (result,) = side_by_side(api, gif).json()["results"]
    assert alone.status_code == 415
    assert (result["code"], result["detail"]) == (alone.json()["code"], alone.json()["detail"])


def test_a_conflict_is_told_for_its_file_alone(api):
    image = send(api, zipped(a=make.png(1))).json()["results"][0]["image"]
    api.delete(reverse("image-detail", kwargs={"pk": image}))
    answer = side_by_side(api, make.png(1), make.png(2))
    assert [code for _, _, code in told(answer)] == ["conflict", ""]
    assert image in answer.json()["results"][0]["detail"]


def test_slices_of_one_study_make_one_study(api):
    assert send(api, zipped(**{f"{n}": each for n, each in enumerate(slices(4))})).status_code == 201
    assert (Patient.objects.count(), Study.objects.count(), Series.objects.count(), Image.objects.count()) == (
        1,
        1,
        1,
        4,
    )


def test_what_the_files_do_not_say_is_said_with_them(api, doctor):
    patient = make.PatientFactory(owner=doctor)
    about = {"modality": "DX", "body_part": "CHEST", "description": "Cough", "patient": str(patient.pk)}
    side_by_side(api, make.png(1), make.png(2), **about)
    assert set(Series.objects.values_list("modality", "body_part")) == {("DX", "CHEST")}
    assert set(Study.objects.values_list("description", "patient")) == {("Cough", patient.pk)}


def test_pictures_go_into_the_study_that_is_named(api, study):
    side_by_side(api, make.png(1), make.png(2), study=str(study.pk))
    assert study.images.count() == 2


def test_another_doctors_patient_does_not_exist(api, stranger):
    answer = side_by_side(api, make.png(), patient=str(make.PatientFactory(owner=stranger).pk))
    assert answer.status_code == 400 and answer.json()["fields"].keys() == {"patient"}
    assert not Image.objects.exists()


@pytest.mark.parametrize("both", [True, False])
def test_either_an_archive_or_files_are_sent(both, api):
    sent = {"archive": SimpleUploadedFile("a", zipped(a=make.png())), "files": [SimpleUploadedFile("a", make.png())]}
    assert send(api, **(sent if both else {})).status_code == 400
    assert not Image.objects.exists()


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 415, "not_a_zip"),
        (make.png(), 415, "not_a_zip"),
        (archive(File("a", b"x"))[:-5], 400, "truncated"),
        (archive(File("a", b"x"), wide=True, length=2**63), 413, "too_many_files"),
    ],
)
def test_an_archive_that_is_none_is_refused_whole_with_a_reason(content, status, code, api):
    answer = send(api, content)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json().keys() == {"detail", "code", "fields"} and "archive" in answer.json()["fields"]


def test_hostile_members_are_rows_and_honest_ones_are_taken(api):
    files = [
        File("../../escape.png", make.png(1)),
        File("locked", make.png(2), flags=0x0801),
        File("bent", make.png(3), says={"checksum": 1}),
        File("long", make.png(4), says={"size": 5}),
        File("link", b"/etc/passwd", mode=0o120777),
        File("inner.zip", zipped(a=make.png(5)), method=STORED),
    ]
    assert told(send(api, archive(*files))) == [
        ("../../escape.png", "stored", ""),
        ("locked", "refused", "encrypted"),
        ("bent", "refused", "wrong_checksum"),
        ("long", "refused", "wrong_checksum"),
        ("link", "skipped", "link"),
        ("inner.zip", "refused", "nested_archive"),
    ]
    assert leftovers() == [] and Image.objects.count() == 1


def test_all_files_of_a_request_are_as_large_as_one_upload(api, settings):
    one, two = make.png(1), make.png(2)
    settings.MAX_UPLOAD_BYTES = len(one) + len(two) - 1
    answer = side_by_side(api, one, two)
    assert (answer.status_code, Image.objects.count()) == (413, 0)
    settings.MAX_UPLOAD_BYTES += 1
    assert side_by_side(api, one, two).status_code == 201


def test_more_files_than_a_form_may_have_are_refused_with_a_sentence(api):
    answer = side_by_side(api, *[b"x"] * 101)
    assert answer.status_code == 400 and "100 files" in answer.json()["detail"]


def test_each_file_is_a_transaction_and_a_revision_of_its_own(api):
    before = Revision.objects.count()
    side_by_side(api, make.png(1), b"none", make.png(2))
    assert Revision.objects.count() == before + 2


def test_what_goes_wrong_on_our_side_ends_one_file_and_is_logged_without_its_name(api, monkeypatch, caplog):
    keep = uploads.add_image
    calls = iter([True, False])
    monkeypatch.setattr(uploads, "add_image", lambda **facts: 1 / 0 if next(calls) else keep(**facts))
    files = [SimpleUploadedFile(f"Jane_Doe_{n}.png", make.png(n)) for n in (1, 2)]
    answer = send(api, files=files)
    assert [code for _, _, code in told(answer)] == ["failed", ""]
    assert "ZeroDivisionError" in caplog.text and "Jane" not in caplog.text
    assert leftovers() == []


def test_one_request_is_one_event_and_no_name_of_a_file_is_kept(api):
    files = {"Jane_Doe/1.png": make.png(1), "Jane_Doe/2.png": make.png(2), "Jane_Doe/3.txt": b"none"}
    assert send(api, zipped(**files)).status_code == 201
    event = Event.objects.get(route__endswith="studies/upload/")
    assert (event.status, event.method) == (201, "POST")
    kept = [*Event.objects.values(), *Image.objects.values(), *Study.objects.values(), *Revision.objects.values()]
    assert "Jane" not in str(kept)


def queries(client, *contents) -> int:
    with CaptureQueriesContext(connection) as found:
        assert side_by_side(client, *contents).status_code == 201
    return len(found)


def test_each_further_file_costs_the_same_number_of_queries(api):
    ready = slices(9)
    queries(api, ready[0])
    one, two, five = queries(api, ready[1]), queries(api, *ready[2:4]), queries(api, *ready[4:])
    assert (five - one) == 4 * (two - one)


def test_a_file_that_is_there_costs_one_query(api):
    contents = [make.png(n) for n in range(4)]
    side_by_side(api, *contents)
    with CaptureQueriesContext(connection) as one:
        side_by_side(api, contents[0])
    with CaptureQueriesContext(connection) as four:
        side_by_side(api, *contents)
    assert len(four) - len(one) == 3


def test_who_is_outrun_every_time_is_told_to_send_it_again(doctor, monkeypatch):
    actions.upload_part(by=doctor, part=FormFile(SimpleUploadedFile("a", slices(1)[0])))
    monkeypatch.setattr(uploads, "lock_study", lambda by, facts, study: None)
    outcome = actions.upload_part(by=doctor, part=FormFile(SimpleUploadedFile("b", slices(2)[1])))
    assert (outcome.outcome, outcome.code) == ("refused", "conflict") and "again" in outcome.detail
    assert leftovers() == []
