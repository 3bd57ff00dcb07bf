"""Zip archives that users send: unpacked in memory, bounded, and damaged files refused one by one."""

import io
import os
import struct
import tracemalloc
import zipfile
import zlib

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from core.exceptions import InvalidInput
from imagery.importing.parts import FAULTS
from imagery.importing.zips import LARGE_BYTES, MAX_FILES, ArchiveLimits, open_archive, request_limits
from tests.kit.zipped import STORED, File, archive, deflated

LIMITS = ArchiveLimits(files=10, directory=4096, total=100_000)


def unpacked(data, limits=LIMITS):
    """The content of each file of an archive, or the code of its refusal or skipping."""
    return [read(member) for member in open_archive(io.BytesIO(data), limits)]


def read(member):
    if member.skipped:
        return member.skipped
    try:
        with member.receive() as upload:
            return upload.path.read_bytes()
    except InvalidInput as refusal:
        assert refusal.code in FAULTS and 400 <= refusal.status_code < 500
        return refusal.code


def code(data, limits=LIMITS):
    """The code of the refusal of an archive as a whole."""
    with pytest.raises(InvalidInput) as refusal:
        open_archive(io.BytesIO(data), limits)
    assert refusal.value.field == "archive" and 400 <= refusal.value.status_code < 500
    return refusal.value.code


class Pipe(io.RawIOBase):
    """Cannot seek, so that sizes are written after the data."""

    data = b""

    def writable(self):
        return True

    def write(self, data):
        self.data += bytes(data)
        return len(data)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_gives_its_files_without_its_folders(method):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as honest:
        honest.mkdir("folder")
        honest.writestr("folder/a", b"first" * 50_000)
        honest.writestr("b", b"")
        honest.comment = b"comment"
    assert unpacked(stream.getvalue(), ArchiveLimits(10, 4096, 10**6)) == [b"first" * 50_000, b""]


def test_streamed_zip64_and_empty_archives_are_read():
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w") as honest:
        honest.writestr("a", b"sizes come after the data")
    assert unpacked(pipe.data) == [b"sizes come after the data"]
    wide = File("a", b"wide", extra=struct.pack("<2H2Q", 1, 16, 4, len(deflated(b"wide"))))
    wide.says = {"size": 0xFFFFFFFF, "packed": 0xFFFFFFFF}
    assert unpacked(archive(wide, wide=True)) == [b"wide"]
    assert unpacked(archive()) == []


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "C:\\x", "a/../../b", "\N{RIGHT-TO-LEFT OVERRIDE}"]
)
def test_a_name_is_not_used_as_a_path(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (member,) = open_archive(io.BytesIO(archive(File(name, b"harmless"))), LIMITS)
    assert (member.name, read(member)) == (name, b"harmless")
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (File(".DS_Store", b"x"), "hidden"),
        (File("__MACOSX/a", b"x"), "hidden"),
        (File(".git/a", b"x"), "hidden"),
        (File("cd/DICOMDIR", b"x"), "dicomdir"),
        (File("a", b"/etc/passwd", mode=0o120777), "link"),
    ],
)
def test_files_that_are_no_images_are_skipped(file, reason):
    assert unpacked(archive(file)) == [reason]


STREAM = deflated(b"x" * 500)
ONE_BAD = {
    "encrypted": (File("a", b"x", flags=0x0801), "encrypted"),
    "strongly encrypted": (File("a", b"x", flags=0x0840), "encrypted"),
    "with a hidden header": (File("a", b"x", flags=0x2800), "encrypted"),
    "deflate64": (File("a", b"x", method=9, packed=b"x"), "unsupported_compression"),
    "bzip2": (File("a", b"x", method=12, packed=b"x"), "unsupported_compression"),
    "lzma": (File("a", b"x", method=14, packed=b"x"), "unsupported_compression"),
    "of no such method": (File("a", b"x", method=0xFFFF, packed=b"x"), "unsupported_compression"),
    "with a wrong checksum": (File("a", b"x", says={"checksum": 1}), "wrong_checksum"),
    "longer than told": (File("a", b"x" * 500, says={"size": 499}), "wrong_checksum"),
    "shorter than told": (File("a", b"x" * 500, says={"size": 501}), "lying_size"),
    "empty and told to be full": (File("a", b"", says={"size": 9}), "lying_size"),
    "stored with two sizes": (File("a", b"xyz", method=STORED, says={"size": 2}), "wrong_checksum"),
    "packed to more than there is": (File("a", b"x", says={"packed": 5000}), "overlapping"),
    "packed to nothing": (File("a", b"x", says={"packed": 0}), "wrong_checksum"),
    "cut in the middle of its stream": (File("a", b"x" * 500, packed=STREAM[:-4]), "wrong_checksum"),
    "no deflate stream": (File("a", b"x", packed=b"\xff" * 50), "malformed"),
    "behind the end": (File("a", b"x", says={"offset": 0xFFFFFFF0}), "overlapping"),
    "zip": (File("a.dcm", archive(File("b", b"x")), method=STORED), "nested_archive"),
    "gzip": (File("a", b"\x1f\x8b\x08rest"), "nested_archive"),
}


def test_one_bad_file_is_refused_and_the_others_are_taken():
    def differs(kind):
        bad, reason = ONE_BAD[kind]
        found = unpacked(archive(File("first", b"good"), bad, File("last", b"good")))
        return found != [b"good", reason, b"good"] and found

    assert {kind: found for kind in ONE_BAD if (found := differs(kind))} == {}


def test_files_that_share_bytes_are_refused():
    """The bomb of one kernel and many quotes (Fifield, 2019): small, not nested, and endless."""
    shared = [File(f"{number}", b"x" * 400, says={"offset": 0}) for number in range(3)]
    assert unpacked(archive(*shared)) == ["overlapping"] * 3
    liar = File("b", b"x", says={"offset": 1})
    assert unpacked(archive(File("a", b"x"), liar, File("c", b"good"))) == ["overlapping", "malformed", b"good"]
    outer = File("outer", b"", method=STORED, says={"packed": 60, "size": 60})
    assert unpacked(archive(outer, File("inner", b"good"))) == ["overlapping", b"good"]
    assert unpacked(archive(File("a", b"x", method=STORED, says={"packed": 50, "size": 50}))) == ["overlapping"]


ALL_BAD = {
    "nothing": (b"", "not_a_zip"),
    "text": (b"hello" * 100, "not_a_zip"),
    "cut short": (archive(File("a", b"x"))[:-30], "truncated"),
    "cut by a byte": (archive(File("a", b"x"))[:-1], "truncated"),
    "one of several disks": (archive(File("a", b"x"), disk=1), "split"),
    "with a directory elsewhere": (archive(File("a", b"x"), length=9), "malformed"),
    "with a broken entry": (archive(File("a", b"x", says={"mark": b"PK??"})), "malformed"),
    "zip64 with a directory of 2^64 bytes": (archive(File("a", b"x"), wide=True, length=2**64 - 1), "too_many_files"),
}


def test_an_archive_with_an_impossible_directory_is_refused_as_a_whole():
    assert {kind: code(data) for kind, (data, reason) in ALL_BAD.items() if code(data) != reason} == {}


@pytest.mark.parametrize("number", [10, 11])
def test_an_archive_has_at_most_so_many_files(number):
    data = archive(*(File(f"{each}", b"x") for each in range(number)))
    assert (code(data) if number > 10 else len(unpacked(data))) == (number if number <= 10 else "too_many_files")


@pytest.mark.parametrize("total", [100_000, 100_001])
def test_an_archive_unpacks_to_at_most_so_many_bytes(total):
    data = archive(File("a", b"x" * 50_000), File("b", b"x" * (total - 50_000)))
    assert (code(data) if total > 100_000 else "taken") == ("inflates_too_far" if total > 100_000 else "taken")


@pytest.mark.parametrize("size", [1000, 1001])
def test_a_file_in_an_archive_is_at_most_as_large_as_an_upload(size, settings):
    settings.MAX_UPLOAD_BYTES = 1000
    data = os.urandom(size)
    assert unpacked(archive(File("a", data))) == [data if size <= 1000 else "too_large"]


def test_large_files_do_not_unpack_a_thousandfold():
    assert unpacked(archive(File("a", bytes(LARGE_BYTES))), request_limits()) == [bytes(LARGE_BYTES)]
    assert unpacked(archive(File("a", bytes(LARGE_BYTES + 1))), request_limits()) == ["inflates_too_far"]
    packed = deflated(bytes(LARGE_BYTES))
    five = archive(*(File(f"{each}", b"", packed=packed, says={"size": LARGE_BYTES}) for each in range(5)))
    assert code(five, request_limits()) == "inflates_too_far"


def test_a_bomb_is_read_to_the_size_that_it_claims():
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = b"".join([packer.compress(bytes(2**20)) for _ in range(300)]) + packer.flush()
    bomb = archive(File("a", b"", packed=packed, says={"size": 2**20}))
    tracemalloc.start()
    assert unpacked(bomb, request_limits()) == ["wrong_checksum"]
    assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    tracemalloc.stop()


def test_a_large_directory_is_refused_before_it_is_loaded():
    """A million entries of 46 bytes, claimed to be one: the archive is as large as an upload may be."""
    data = File("", b"").entry(0) * 1_000_000
    file = io.BytesIO(data + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(data), 0, 0))
    tracemalloc.start()
    with pytest.raises(InvalidInput):
        open_archive(file, request_limits())
    assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    tracemalloc.stop()


def test_the_limits_of_a_request_follow_the_largest_upload(settings):
    settings.MAX_UPLOAD_BYTES = 100
    assert (request_limits().files, request_limits().total) == (MAX_FILES, 400)


HONEST = archive(File("a", b"first" * 40), File("b", b"second", method=STORED), File("c", b"third" * 9))
CHANGES = strategies.tuples(strategies.integers(0, len(HONEST) - 1), strategies.integers(0, 255))


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(strategies.lists(CHANGES, max_size=6))
def test_whatever_bytes_are_changed_the_archive_is_answered(changes):
    data = bytearray(HONEST)
    for position, value in changes:
        data[position] = value
    try:
        unpacked(bytes(data))
    except InvalidInput as refusal:
        assert refusal.code in FAULTS
