"""The process that cleans: what it cannot do once it holds a file, and that its cage costs no file its copy."""

import hashlib
import json
import platform
import sys

import pytest
from PIL import Image, ImageCms
from pydicom.data import get_testdata_file

from imagery import research
from imagery.deidentification import server
from imagery.deidentification.manifest import Box

WHO = research.Subject("somebody", "P-1")
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
from imagery.deidentification import server

def attempt(what):
    try:
        eval(what)
    except (OSError, RuntimeError, ValueError) as exc:
        return type(exc).__name__
    return "done"

server.answer = lambda wish, source, target: {{"tried": {{name: attempt(what) for name, what in {ATTEMPTS!r}.items()}}}}
server.main()
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    path = tmp_path_factory.mktemp("made") / "white.png"
    Image.new("L", (9, 9), 255).save(path)
    return path


@pytest.fixture(scope="module")
def tried(source, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch, open(source, "rb") as file:
        patch.setattr(research, "COMMAND", [sys.executable, "-P", "-c", TRYING])
        cleaner = research.Cleaner()
        told = cleaner.ask(research.wish(file, tmp_path_factory.mktemp("copies") / "copy", WHO, ()))
        cleaner.close()
    return told["tried"]


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_the_cage_refuses(attempt, tried):
    assert tried[attempt] != "done"


def test_the_file_for_the_copy_is_never_one_that_is_there(source, tmp_path):
    taken = tmp_path / "taken"
    taken.write_text("mine")
    with open(source, "rb") as file:
        told = research.cleaner.ask(research.wish(file, taken, WHO, ()))
    assert told["reasons"] == [research.TOO_COSTLY]
    assert taken.read_text() == "mine"


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
    with open(FILES[name](tmp_path / name), "rb") as source, open(tmp_path / "outside", "xb") as target:
        wish = research.wish(source, tmp_path / "copy", WHO, boxes)

        told = research.cleaner.ask(wish)

        assert told == json.loads(json.dumps(server.answer(wish, source, target)))
    made = (tmp_path / "copy").read_bytes()
    assert made == (tmp_path / "outside").read_bytes()
    assert told.get("manifest", {}).get("sha256") == hashlib.sha256(made).hexdigest()
