"""Zip archives that mean harm: each gets a reason, and none more memory, disk or time than an honest one."""

import io
import os
import struct
import tracemalloc
import zipfile
import zlib
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from core.exceptions import InvalidInput
from imagery.importing.directory import Limits
from imagery.importing.parts import FAULTS
from imagery.importing.zips import FILES, LARGE, limits_of_a_request, members
from tests.kit.zipped import DEFLATED, STORED, File, archive, deflated

LIMITS = Limits(files=10, directory=4096, total=100_000)


@contextmanager
def opened(data):
    descriptor = os.memfd_create("archive")
    try:
        os.write(descriptor, data)
        yield descriptor
    finally:
        os.close(descriptor)


def unpacked(data, limits=LIMITS):
    """What each file of an archive holds, or the code of why it is refused or passed over."""
    with opened(data) as descriptor:
        return [read(member) for member in members(descriptor, limits)]


def read(member):
    if member.skipped:
        return member.skipped
    try:
        return b"".join(member.chunks())
    except InvalidInput as refusal:
        assert refusal.code in FAULTS and 400 <= refusal.status < 500
        return refusal.code


def code(data, limits=LIMITS):
    """Why an archive is refused as a whole."""
    with pytest.raises(InvalidInput) as refusal, opened(data) as descriptor:
        members(descriptor, limits)
    assert refusal.value.field == "archive" and 400 <= refusal.value.status < 500
    return refusal.value.code


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_honest_archive_gives_its_files(method):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as honest:
        honest.mkdir("folder")
        honest.writestr("folder/a", b"first" * 50_000)
        honest.writestr("b", b"")
        honest.comment = b"said"
    assert unpacked(stream.getvalue(), Limits(10, 4096, 10**6)) == [b"first" * 50_000, b""]


def test_an_archive_written_as_a_stream_gives_its_files():
    class Pipe(io.RawIOBase):
        def __init__(self):
            self.told = b""

        def writable(self):
            return True

        def write(self, data):
            self.told += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w") as honest:
        honest.writestr("a", b"sizes come after the data")
    assert unpacked(pipe.told) == [b"sizes come after the data"]


def test_an_archive_with_zip64_gives_its_files():
    wide = File("a", b"wide", extra=struct.pack("<2H2Q", 1, 16, 4, len(deflated(b"wide"))))
    wide.says = {"size": 0xFFFFFFFF, "packed": 0xFFFFFFFF}
    assert unpacked(archive(wide, wide=True)) == [b"wide"]


def test_an_empty_archive_has_no_files():
    assert unpacked(archive()) == []


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "C:\\x", "a/../../b", "\0", "\N{RIGHT-TO-LEFT OVERRIDE}"]
)
def test_a_name_is_a_name_and_no_path(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with opened(archive(File(name, b"harmless"))) as descriptor:
        (member,) = members(descriptor, LIMITS)
        assert (member.name, read(member)) == (name, b"harmless")
    assert list(tmp_path.rglob("*")) == []


def test_a_name_that_is_no_utf8_is_told_as_well_as_it_can_be():
    data = archive(File("é", b"x")).replace("é".encode(), b"\xc3\x28")
    with opened(data) as descriptor:
        assert [member.name for member in members(descriptor, LIMITS)] == ["\ufffd("]


@pytest.mark.parametrize(
    ("name", "reason"),
    [(".DS_Store", "hidden"), ("__MACOSX/a", "hidden"), (".git/a", "hidden"), ("cd/DICOMDIR", "dicomdir")],
)
def test_what_is_no_image_by_its_name_is_passed_over(name, reason):
    assert unpacked(archive(File(name, b"x"))) == [reason]


def test_a_link_is_passed_over():
    assert unpacked(archive(File("a", b"/etc/passwd", mode=0o120777))) == ["link"]


STREAM = deflated(b"x" * 500)
ONE_BAD = {
    "encrypted": (File("a", b"x", flags=0x0801), "encrypted"),
    "strongly encrypted": (File("a", b"x", flags=0x0840), "encrypted"),
    "with a hidden header": (File("a", b"x", flags=0x2800), "encrypted"),
    "deflate64": (File("a", b"x", method=9, packed=b"x"), "unsupported_compression"),
    "bzip2": (File("a", b"x", method=12, packed=b"x"), "unsupported_compression"),
    "lzma": (File("a", b"x", method=14, packed=b"x"), "unsupported_compression"),
    "zstandard": (File("a", b"x", method=93, packed=b"x"), "unsupported_compression"),
    "of no such method": (File("a", b"x", method=0xFFFF, packed=b"x"), "unsupported_compression"),
    "with a wrong checksum": (File("a", b"x", says={"checksum": 1}), "wrong_checksum"),
    "longer than told": (File("a", b"x" * 500, says={"size": 499}), "lying_size"),
    "shorter than told": (File("a", b"x" * 500, says={"size": 501}), "lying_size"),
    "empty and told to be full": (File("a", b"", says={"size": 9}), "lying_size"),
    "stored with two sizes": (File("a", b"xyz", method=STORED, says={"size": 2}), "lying_size"),
    "packed to more than there is": (File("a", b"x", says={"packed": 5000}), "overlapping"),
    "packed to nothing": (File("a", b"x", says={"packed": 0}), "malformed"),
    "cut in the middle of its stream": (File("a", b"x" * 500, packed=STREAM[:-2]), "malformed"),
    "with bytes behind its stream": (File("a", b"x" * 500, packed=STREAM + b"more"), "malformed"),
    "no deflate stream": (File("a", b"x", packed=b"\xff" * 50), "malformed"),
    "behind the end": (File("a", b"x", says={"offset": 0xFFFFFFF0}), "malformed"),
    "zip": (File("a.dcm", archive(File("b", b"x")), method=STORED), "nested_archive"),
    "gzip": (File("a", b"\x1f\x8b\x08rest"), "nested_archive"),
}


@pytest.mark.parametrize("kind", ONE_BAD)
def test_one_bad_file_is_refused_and_the_others_are_taken(kind):
    bad, reason = ONE_BAD[kind]
    assert unpacked(archive(File("first", b"good"), bad, File("last", b"good"))) == [b"good", reason, b"good"]


def test_two_files_that_share_their_bytes_are_both_refused():
    """The bomb of one kernel and many quotes (Fifield, 2019): small, without any nesting, and endless."""
    shared = [File(f"{number}", b"x" * 400, says={"offset": 0}) for number in range(3)]
    assert unpacked(archive(*shared)) == ["overlapping"] * 3


def test_a_file_whose_header_is_inside_another_is_refused_with_it():
    liar = File("b", b"x", says={"offset": 1})
    assert unpacked(archive(File("a", b"x"), liar, File("c", b"good"))) == ["overlapping", "malformed", b"good"]


def test_a_file_that_reaches_into_the_next_is_refused():
    outer = File("outer", b"", method=STORED, says={"packed": 60, "size": 60})
    assert unpacked(archive(outer, File("inner", b"good"))) == ["overlapping", b"good"]


def test_a_file_that_reaches_into_the_directory_is_refused():
    assert unpacked(archive(File("a", b"x", method=STORED, says={"packed": 50, "size": 50}))) == ["overlapping"]


ALL_BAD = {
    "nothing": (b"", "not_a_zip"),
    "text": (b"hello" * 100, "not_a_zip"),
    "cut short": (archive(File("a", b"x"))[:-30], "truncated"),
    "cut by a byte": (archive(File("a", b"x"))[:-1], "truncated"),
    "with bytes before": (b"MZ" + archive(File("a", b"x")), "malformed"),
    "with bytes behind": (archive(File("a", b"x")) + b"more", "malformed"),
    "with a comment that is not there": (archive(File("a", b"x"), comment=9), "malformed"),
    "one of several disks": (archive(File("a", b"x"), disk=1), "split"),
    "with more entries than told": (archive(File("a", b"x"), File("b", b"x"), count=1), "malformed"),
    "with fewer entries than told": (archive(File("a", b"x"), count=2), "malformed"),
    "with a directory elsewhere": (archive(File("a", b"x"), start=0), "malformed"),
    "with a directory of no length": (archive(File("a", b"x"), length=0), "malformed"),
    "with a broken entry": (archive(File("a", b"x", says={"mark": b"PK??"})), "malformed"),
    "with a number that is nowhere": (archive(File("a", b"x", says={"size": 0xFFFFFFFF})), "malformed"),
    "zip64 without its record": (archive(File("a", b"x"), count=0xFFFF), "malformed"),
    "zip64 with its record nowhere": (archive(File("a", b"x"), wide=True, end_64=2**63), "malformed"),
    "zip64 with its record elsewhere": (archive(File("a", b"x"), wide=True, end_64=0), "malformed"),
    "zip64 with 2^64 entries": (archive(File("a", b"x"), wide=True, count=2**64 - 1), "too_many_files"),
    "zip64 with a directory of 2^64 bytes": (archive(File("a", b"x"), wide=True, length=2**64 - 1), "malformed"),
    "zip64 that starts at 2^64": (archive(File("a", b"x"), wide=True, start=2**64 - 1), "malformed"),
}  # fmt: skip


@pytest.mark.parametrize("kind", ALL_BAD)
def test_an_archive_whose_directory_cannot_be_believed_is_refused_whole(kind):
    data, reason = ALL_BAD[kind]
    assert code(data) == reason


@pytest.mark.parametrize("number", [9, 10, 11])
def test_an_archive_holds_so_many_files_and_no_more(number):
    data = archive(*(File(f"{each}", b"x") for each in range(number)))
    assert (code(data) if number > 10 else len(unpacked(data))) == (number if number <= 10 else "too_many_files")


@pytest.mark.parametrize("total", [99_999, 100_000, 100_001])
def test_an_archive_unpacks_to_so_much_and_no_more(total):
    data = archive(File("a", b"x" * 50_000), File("b", b"x" * (total - 50_000)))
    assert (code(data) if total > 100_000 else "taken") == ("inflates_too_far" if total > 100_000 else "taken")


@pytest.mark.parametrize("size", [999, 1000, 1001])
def test_a_file_in_an_archive_is_as_large_as_an_upload_and_no_larger(size, settings):
    settings.MAX_UPLOAD_BYTES = 1000
    data = os.urandom(size)
    assert unpacked(archive(File("a", data))) == [data if size <= 1000 else "too_large"]


@pytest.mark.parametrize("size", [LARGE - 1, LARGE, LARGE + 1])
def test_what_is_large_does_not_unpack_a_thousandfold(size):
    taken = unpacked(archive(File("a", bytes(size))), limits_of_a_request())
    assert taken == (["inflates_too_far"] if size > LARGE else [bytes(size)])


@pytest.mark.parametrize("number", [3, 4, 5])
def test_what_is_small_does_not_unpack_to_much_by_being_many(number):
    packed = deflated(bytes(LARGE))
    many = archive(*(File(f"{each}", b"", packed=packed, says={"size": LARGE}) for each in range(number)))
    if number > 4:
        assert code(many, limits_of_a_request()) == "inflates_too_far"
    else:
        assert unpacked(many, limits_of_a_request()) == ["wrong_checksum"] * number


def test_a_bomb_that_tells_a_small_size_is_left_after_that_size():
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = b"".join([packer.compress(bytes(2**20)) for _ in range(300)]) + packer.flush()
    bomb = File("a", b"", packed=packed, says={"size": 2**20})
    tracemalloc.start()
    assert unpacked(archive(bomb), limits_of_a_request()) == ["lying_size"]
    assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    tracemalloc.stop()


def test_a_directory_of_lies_takes_little_memory():
    """A million entries of 46 bytes, told to be one: the archive is as large as an upload may be."""
    entry = File("", b"").entry(0)
    data = entry * 1_000_000
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(data), 0, 0)
    with opened(data + end) as descriptor, pytest.raises(InvalidInput):
        tracemalloc.start()
        members(descriptor, limits_of_a_request())
    assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    tracemalloc.stop()


def test_the_limits_of_a_request_follow_the_largest_upload(settings):
    settings.MAX_UPLOAD_BYTES = 100
    assert (limits_of_a_request().files, limits_of_a_request().total) == (FILES, 400)


HONEST = archive(
    File("a", b"first" * 40), File("b", b"second", method=STORED), File("c", b"third" * 9, method=DEFLATED)
)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    strategies.lists(
        strategies.tuples(strategies.integers(0, len(HONEST) - 1), strategies.integers(0, 255)), max_size=6
    )
)
def test_whatever_bytes_are_changed_there_is_an_answer(changes):
    data = bytearray(HONEST)
    for place, value in changes:
        data[place] = value
    try:
        unpacked(bytes(data))
    except InvalidInput as refusal:
        assert refusal.code in FAULTS
