"""Hostile files against Harrison as it is served: each is refused with a reason, nothing dies, memory stays bounded."""

import threading
import time
from pathlib import Path

import pytest
from PIL import Image

from tests.kit import factories as make
from tests.kit import hostile
from tests.kit.cases import failures
from tests.kit.serving import served
from tests.kit.waiting import until

GIB = 1024**3
MOST = 512 * 1024**2  # bytes that one process may hold while it refuses a file

BOMBS = {
    "deflate, 3 GB": lambda: hostile.deflate_bomb(3 * GIB),
    "RLE, 2.5 KB that unpack to 400 MB": hostile.rle_bomb,
    "PNG of 178 Mpx": lambda: hostile.png_bomb(13_344, 13_344),
    "sequences 200 deep": lambda: hostile.nested(200),
    "sequences 200 deep, lengths given": lambda: hostile.nested(200, defined=True),
    "a million elements": lambda: hostile.many_elements(1_000_000),
    "a program in the preamble": lambda: hostile.native(preamble=b"MZ" + bytes(126)),
    "a pixel length that lies": lambda: hostile.part10(
        hostile.image(rows=20_000, columns=5_000) + hostile.head(hostile.PIXELS, "OW", 100_000_000)
    ),
    "rows beyond the limit": lambda: hostile.native(rows=20_001),
    "2,001 frames": lambda: hostile.native(bytes(16 * 2001), frames=2001),
    "JPEG Extended of 12 bits": lambda: hostile.encapsulated([hostile.jpeg()], hostile.JPEG_12_BIT),
    "a JPEG that lies about its size": lambda: hostile.sized_jpeg(hostile.jpeg(), 60_000, 60_000),
    "EPS by another name": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "half a PNG": lambda: hostile.png(512, 512)[:300],
    "nothing but zeros": lambda: bytes(4096),
    "an animated PNG": lambda: hostile.saved(
        Image.new("L", (8, 8)), "PNG", save_all=True, append_images=[Image.new("L", (8, 8), 9)]
    ),
}

# Their structure is sound, only their pixels cannot be shown: the original is kept, and never released.
WITHOUT_PICTURE = {"RLE, 2.5 KB that unpack to 400 MB", "JPEG Extended of 12 bits"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with served(tmp_path_factory.mktemp("hostile")) as server:
        yield server


@pytest.fixture(scope="module")
def client(server):
    return server.session(server.token_of("doctor", "doctor"))


class Watch(threading.Thread):
    """Samples the resident memory of a process and all its children until it is told to stop."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.peaks, self.watching = pid, {}, True

    def run(self) -> None:
        while self.watching:
            for pid in [self.pid, *descendants(self.pid)]:
                self.peaks[pid] = max(self.peaks.get(pid, 0), resident(pid))
            time.sleep(0.005)


def children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def descendants(pid: int) -> list[int]:
    below = children(pid)
    return [*below, *(deeper for child in below for deeper in descendants(child))]


def resident(pid: int) -> int:
    """Bytes in memory, proc(5): the second number of statm, in pages."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096
    except (OSError, IndexError):
        return 0


def upload(server, client, content):
    return client.post(f"{server.address}/api/v1/images/", files={"file": ("a.dcm", content)}, timeout=60)


@pytest.mark.slow
def test_hostile_files_are_refused_within_bounds_and_an_honest_one_is_taken_afterwards(server, client):
    workers = children(server.process.pid)

    def check(kind):
        content = BOMBS[kind]()
        watch = Watch(server.process.pid)
        watch.start()
        answer = upload(server, client, content)
        watch.watching = False
        watch.join()
        if kind in WITHOUT_PICTURE:
            assert (answer.status_code, answer.json()["release_state"]) == (201, "no_picture"), answer.text
        else:
            assert 400 <= answer.status_code < 500, answer.text
            assert answer.json()["code"] not in ("invalid", "") and answer.json()["fields"]["file"]
        assert watch.peaks[server.process.pid] > 0 and max(watch.peaks.values()) < MOST, watch.peaks

    assert failures(BOMBS, check) == {}
    assert upload(server, client, make.png(1)).status_code == 201
    assert [pid for pid in workers if not resident(pid)] == []
    assert "Traceback" not in (server.folder / "log").read_text()
    incoming = server.folder / "originals" / ".incoming"
    until(lambda: not any(path.is_file() for path in incoming.rglob("*")))  # deleted once an answer has been sent
