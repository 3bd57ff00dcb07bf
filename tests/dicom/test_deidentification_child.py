"""The process that cleans: what it cannot do once it holds a file, and that its cage costs no file its copy."""

import hashlib
import json
import os
import platform
import signal
import sys
import time
from pathlib import Path

import pytest
from PIL import Image, ImageCms
from pydicom.data import get_testdata_file

from dicom.deidentification import worker
from dicom.deidentification.manifest import Box
from imagery import research_copies
from tests.kit import needs
from tests.kit.processes import ends

WHO = research_copies.PseudonymousSubject("somebody", "P-1")
CORNER = (Box(None, 0, 0, 3, 3),)
ATTEMPTS = {"a socket": "socket.socket()", "a connection": "socket.create_connection(('127.0.0.1', 9))"}
if sys.platform == "linux" and platform.machine() == "x86_64":
    ATTEMPTS |= {
        "a raw socket": "_socket.socket()",
        "a pair of sockets": "_socket.socketpair()",
        "another file": "open('/etc/hostname')",
        "a new file": "open('/tmp/x', 'w')",
        "a folder": "os.listdir('/')",
        "a file removed": "os.unlink('/tmp/x')",
        "a file renamed": "os.rename('/tmp/x', '/tmp/y')",
        "a fork": "os.fork()",
        "a program": "os.execv('/bin/true', ['true'])",
        "a thread": "threading.Thread(target=print).start()",
        "a signal": "os.kill(os.getppid(), 0)",
        "a limit lifted": "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))",
    }

# The server itself; but where it would clean the file, it tries what it must not be able to do.
TRYING = f"""
import _socket, os, resource, socket, threading
from dicom.deidentification import worker

def attempt(what):
    try:
        eval(what)
    except (OSError, RuntimeError, ValueError) as exc:
        return type(exc).__name__
    return "done"

worker.answer = lambda wish, source, target: {{"tried": {{name: attempt(what) for name, what in {ATTEMPTS!r}.items()}}}}
worker.main()
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    path = tmp_path_factory.mktemp("made") / "white.png"
    Image.new("L", (9, 9), 255).save(path)
    return path


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    return tmp_path_factory.mktemp("copies") / "copy"


@pytest.fixture
def a_cleaner():
    """`a_cleaner()` is a process of its own, ended with the test."""
    made = []

    def make():
        made.append(research_copies.Cleaner())
        return made[-1]

    yield make
    for each in made:
        each.close()


def cleaned(cleaner, source, target, boxes=()):
    """What the process says of a file; the copy is in `target`."""
    with open(source, "rb") as original, open(target, "wb") as copy:
        return cleaner.ask(original, copy, research_copies.request_for(WHO, boxes))


@pytest.fixture(scope="module")
def tried(source, target):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(research_copies, "COMMAND", [sys.executable, "-P", "-c", TRYING])
        cleaner = research_copies.Cleaner()
        told = cleaned(cleaner, source, target)
        cleaner.close()
    return told["tried"]


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_the_cage_refuses(attempt, tried):
    assert tried[attempt] != "done"


# --- One fork for one file --------------------------------------------------------------------------------------------

# The server itself; but of a file it says who has it, and what is open to them.
TELLING = """
import os, stat
from dicom.deidentification import worker

def sockets():
    for each in range(64):
        try:
            if stat.S_ISSOCK(os.fstat(each).st_mode):
                yield each
        except OSError:
            pass

worker.answer = lambda wish, source, target: {"pid": os.getpid(), "sockets": len(list(sockets()))}
worker.main()
"""


@pytest.fixture
def telling(monkeypatch, a_cleaner):
    monkeypatch.setattr(research_copies, "COMMAND", [sys.executable, "-P", "-c", TELLING])
    return a_cleaner()


def test_every_file_is_cleaned_in_a_fork_of_its_own(telling, source, target):
    pids = {cleaned(telling, source, target)["pid"] for _ in range(3)} | {telling.child.process.pid}
    assert len(pids) == 4


def test_a_fork_has_no_way_to_whoever_asked_but_by_its_parent(telling, source, target):
    assert cleaned(telling, source, target)["sockets"] == 1


def waiting_fork(cleaner, last: int) -> int:
    """The process that is there for the next file, once `last` is gone."""
    pid = cleaner.child.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children")
    deadline = time.monotonic() + 5
    while (found := children.read_text().split()) in ([], [str(last)]) and time.monotonic() < deadline:
        time.sleep(0.01)
    return int(found[0])


@needs.seccomp
def test_a_fork_that_died_while_it_waited_costs_no_file_its_copy(telling, source, target):
    waiting = waiting_fork(telling, cleaned(telling, source, target)["pid"])
    os.kill(waiting, signal.SIGKILL)
    assert ends(waiting) and "pid" in cleaned(telling, source, target)


@needs.seccomp
def test_a_fork_that_waits_ends_with_its_parent(telling, source, target):
    waiting = waiting_fork(telling, cleaned(telling, source, target)["pid"])
    telling.close()
    assert ends(waiting)


def test_a_fork_that_takes_too_long_is_ended_and_the_next_file_is_cleaned(a_cleaner, monkeypatch, source, target):
    cleaner = a_cleaner()
    with monkeypatch.context() as patch:
        patch.setattr(research_copies, "LONGEST", 0.001)
        assert cleaned(cleaner, source, target)["reasons"] == [research_copies.TOO_COSTLY]
    assert cleaned(cleaner, source, target)["state"] == "quarantine"


# --- What the cage must not cost --------------------------------------------------------------------------------------


def picture(name: str):
    def save(path):
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        exif = Image.Exif()
        exif[0x0112] = 6  # orientation
        options = {"exif": exif} if name.startswith("turned") else {"icc_profile": srgb}
        Image.new("RGB", (30, 20), (200, 3, 4)).save(path, name.rpartition(".")[2], **options)
        return path

    return save


# One of every kind of coding, each with a decoder of its own, and pictures with what must be applied to them.
REAL = [
    "CT_small.dcm", "image_dfl.dcm", "MR_small_RLE.dcm", "SC_rgb_jpeg_gdcm.dcm", "JPEG-LL.dcm",
    "JPGLosslessP14SV1_1s_1f_8b.dcm", "MR_small_jpeg_ls_lossless.dcm", "JPEG2000.dcm", "693_J2KR.dcm",
    "examples_ybr_color.dcm", "examples_palette.dcm",
]  # fmt: skip
FILES = {name: lambda _, name=name: get_testdata_file(name, download=False) for name in REAL}
FILES |= {name: picture(name) for name in ("turned.jpeg", "turned.png", "profiled.jpeg", "profiled.png")}


@pytest.mark.parametrize("boxes", [(), CORNER], ids=["as it is", "with a box"])
@pytest.mark.parametrize("name", FILES)
def test_what_is_made_in_the_cage_is_what_is_made_outside(name, boxes, tmp_path):
    source = FILES[name](tmp_path / name)
    told = cleaned(research_copies.cleaner, source, tmp_path / "copy", boxes)
    with open(source, "rb") as original, open(tmp_path / "outside", "xb") as copy:
        outside = worker.answer(research_copies.request_for(WHO, boxes), original, copy)
    assert told == json.loads(json.dumps(outside))
    made = (tmp_path / "copy").read_bytes()
    assert made == (tmp_path / "outside").read_bytes()
    assert told.get("manifest", {}).get("sha256") == hashlib.sha256(made).hexdigest()
