"""What a crash leaves behind is cleared up by the next start, on the disk and in a bucket; what lives is left alone."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import InterfaceError, OperationalError, transaction
from django.urls import reverse

from core.models import new_id
from dicom.deidentification.manifest import Box
from imagery import actions, recovery
from imagery.models import Image, Release
from imagery.storage import LOST, arrivals
from tests.kit import factories as make
from tests.kit.stored import content, listed, put

TESTED = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
ARRIVE = """
import sys
from pathlib import Path
import django; django.setup()
from imagery.storage import arrivals
print(arrivals.own(Path(sys.argv[1])), flush=True)
""".strip()


@pytest.fixture(params=["disk", "s3"])
def stores(request, settled):
    if request.param == "s3":
        request.getfixturevalue("told")
    return settled()


@pytest.fixture
def image(stores, doctor):
    return actions.upload_image(by=doctor, file=SimpleUploadedFile("a", make.png()))


@contextmanager
def another_process(storage):
    """One that uses this storage's folder of arrivals; gives the folder it made there. It is killed at the end."""
    command = [sys.executable, "-c", f"{ARRIVE}; input()", str(storage.arrivals())]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=TESTED, **pipes) as process:
        yield Path(process.stdout.readline().strip())
        process.send_signal(signal.SIGKILL)


def crashed(storage, *marks):
    """The folder of a process that was killed with half a file, while these were under way."""
    with another_process(storage) as folder:
        (folder / "half").write_bytes(b"half")
        for image, name in marks:
            (folder / f"under-way {image.hex} {name.replace('/', '%2F')}").touch()
    return folder


def everything(storage) -> set[str]:
    return {name for folder in storage.folders() for name in listed(storage, folder)}


@pytest.mark.parametrize("room", [0, 1], ids=["originals", "research"])
def test_a_file_whose_row_never_came_is_moved_and_not_destroyed(room, stores, image):
    put(stores[room], "ab/lost", b"bytes")
    folder = crashed(stores[room], (new_id(), "ab/lost"))
    before = everything(stores[room])
    recovery.clear_up()
    assert before - everything(stores[room]) == {"ab/lost"} and not folder.exists()
    assert [name for name in kept_aside(stores[room]) if name.endswith("ab/lost")]


def kept_aside(storage) -> list[str]:
    if hasattr(storage, "client"):
        return [entry["Key"] for page in storage._pages(storage.key(LOST)) for entry in page["Contents"]]
    return [str(path) for path in (storage.root / LOST).rglob("*")]


def test_a_file_whose_row_came_stays(stores, image):
    folders = [
        crashed(stores[0], (image.pk, image.original.name)),
        crashed(stores[1], (image.pk, image.research.name)),
    ]
    recovery.clear_up()
    assert stores[0].exists(image.original.name) and stores[1].exists(image.research.name)
    assert not any(folder.exists() for folder in folders)


def test_an_old_copy_whose_place_was_taken_goes(stores, image, doctor):
    old = image.research.name
    drawn = actions.redact_image(by=doctor, image=image, boxes=[Box(None, 0, 0, 9, 9)])
    put(stores[1], old, b"the old copy")
    crashed(stores[1], (image.pk, old), (image.pk, drawn.research.name))
    recovery.clear_up()
    assert everything(stores[1]) == {drawn.research.name}


def test_a_file_that_never_took_its_place_is_no_trouble(stores, image):
    folder = crashed(stores[0], (new_id(), "ab/never"))
    recovery.clear_up()
    assert not folder.exists() and everything(stores[0]) == {image.original.name}


def test_what_another_living_process_has_under_way_is_its_own(stores, image):
    put(stores[0], "ab/coming", b"bytes")
    with another_process(stores[0]) as folder:
        (folder / f"under-way {new_id().hex} ab%2Fcoming").touch()
        recovery.clear_up()
        assert list(folder.iterdir()) and stores[0].exists("ab/coming")
    recovery.clear_up()
    assert not folder.exists() and not stores[0].exists("ab/coming")


def test_what_this_process_has_under_way_is_its_own(stores, image):
    with stores[0].under_way(new_id(), image.original.name):
        recovery.clear_up()
        assert arrivals.marks(stores[0].incoming())


def test_a_folder_that_nobody_has_locked_ever_is_left_alone(stores):
    (stores[0].arrivals() / "somebody's").mkdir()
    recovery.clear_up()
    assert (stores[0].arrivals() / "somebody's").is_dir()


def test_a_process_that_ends_leaves_nothing(stores):
    command = [sys.executable, "-c", ARRIVE, str(stores[0].arrivals())]
    subprocess.run(command, env=TESTED, check=True, capture_output=True)
    assert not list(stores[0].arrivals().iterdir())


def test_nothing_stays_under_way_once_the_row_is_there(api, stores, image):
    actions.redact_image(by=image.owner, image=image, boxes=[Box(None, 0, 0, 9, 9)])
    api.get(reverse("image-thumbnail", kwargs={"pk": image.pk}))
    assert [arrivals.marks(storage.incoming()) for storage in stores] == [[], []]


def test_a_start_looks_at_what_was_in_hand_however_many_images_there_are(stores, image, django_assert_max_num_queries):
    crashed(stores[0], *[(new_id(), f"ab/{n}") for n in range(20)])
    with django_assert_max_num_queries(5):
        recovery.clear_up()


def test_a_bucket_that_does_not_answer_leaves_it_to_the_next_start(bucket, proxy, caplog):
    folder = crashed(bucket[0], (new_id(), "ab/lost"))
    proxy.fails = lambda request: True
    recovery.clear_up()
    assert folder.exists() and "cannot be cleared up now" in caplog.text
    proxy.fails = lambda request: False
    recovery.clear_up()
    assert not folder.exists() and not Image.objects.exists()


# --- Rows that went back in time ------------------------------------------------------------------------------------


@pytest.fixture
def meanwhile(django_capture_on_commit_callbacks):
    """`meanwhile(act)` does something and takes the rows back to before it; what became of the files stays."""

    def go_back(act):
        then = transaction.savepoint()
        with django_capture_on_commit_callbacks(execute=True):
            act()
        transaction.savepoint_rollback(then)

    return go_back


ACTS = {
    "redacted": lambda image: actions.redact_image(by=image.owner, image=image, boxes=[Box(None, 0, 0, 9, 9)]),
    "remade": lambda image: actions.remake_copy(by=image.owner, image=image),
}


@pytest.mark.parametrize("act", ACTS)
def test_a_copy_that_went_after_the_rows_comes_back_as_it_was_and_is_released(act, stores, image, doctor, meanwhile):
    """As docs/deploy.md says of a point in time: what was redacted since has to be redacted again."""
    released = actions.release_image(by=doctor, image=image)
    old, before = released.research.name, content(stores[1], released.research.name)
    meanwhile(lambda: ACTS[act](released))
    assert not stores[1].exists(old)
    call_command("reconcile_files", fix=True, stdout=StringIO())
    after = Image.objects.get(pk=image.pk)
    assert (content(stores[1], after.research.name), after.release_state) == (before, Release.RELEASED)


# --- Answers of the database that were lost ---------------------------------------------------------------------------


@pytest.fixture(params=[OperationalError, InterfaceError])
def losing(request, monkeypatch):
    """`losing(committed)` has every upload's answer lost, its rows being there or not."""

    def lose(committed: bool):
        add_image = actions.uploads.add_image

        def act(**told):
            if committed:
                add_image(**told)
            raise request.param

        monkeypatch.setattr(actions.uploads, "add_image", act)
        return request.param

    return lose


def send_and_lose(doctor, error) -> None:
    with pytest.raises(error):
        actions.upload_image(by=doctor, file=SimpleUploadedFile("a", make.png(7)))


def end_of_this_process() -> None:
    """As seen by whoever starts next: nobody holds its folders any more."""
    arrivals._after_fork()


@pytest.mark.parametrize("committed", [True, False], ids=["with its row", "without"])
def test_a_file_whose_rows_answer_was_lost_stays_until_the_next_start(committed, stores, doctor, losing):
    send_and_lose(doctor, losing(committed))
    recovery.clear_up()
    assert [len(everything(storage)) for storage in stores] == [1, 1]


def test_the_next_start_keeps_it_if_its_row_came(stores, doctor, losing):
    send_and_lose(doctor, losing(True))
    end_of_this_process()
    recovery.clear_up()
    image = Image.objects.get()
    assert [everything(storage) for storage in stores] == [{image.original.name}, {image.research.name}]
    assert content(stores[0], image.original.name) == make.png(7)


def test_the_next_start_moves_it_to_lost_and_found_if_no_row_came(stores, doctor, losing):
    send_and_lose(doctor, losing(False))
    names = [everything(storage).pop() for storage in stores]
    end_of_this_process()
    recovery.clear_up()
    assert [everything(storage) for storage in stores] == [set(), set()]
    assert all(any(kept.endswith(name) for kept in kept_aside(at)) for at, name in zip(stores, names, strict=True))
