"""How much a file may cost: each limit at one below, at, and one above, bombs, and files changed at random."""

import os
from pathlib import Path

import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dicom.description import Description
from dicom.limits import MIB, Limits
from dicom.refusals import REASONS, Unreadable
from dicom.sandbox.pool import Pool
from dicom.visits import open_file
from tests.kit import hostile
from tests.kit.untrusted import reason

pytestmark = pytest.mark.filterwarnings("ignore")  # as in the child process: pydicom warns of what real files do

FILES = Path(pydicom.__file__).parent / "data" / "test_files"
SMALL = [
    (FILES / name).read_bytes()
    for name in (
        "MR_small.dcm",
        "MR_small_implicit.dcm",
        "MR_small_bigendian.dcm",
        "MR_small_RLE.dcm",
        "MR_small_jp2klossless.dcm",
        "MR_small_jpeg_ls_lossless.dcm",
        "SC_rgb_jpeg_gdcm.dcm",
        "SC_rgb_small_odd_jpeg.dcm",
        "rtdose_rle.dcm",
        "nested_priv_SQ.dcm",
    )
]
SMALL += [hostile.png(), hostile.png(mode="P"), hostile.jpeg(), hostile.jpeg(mode="RGB", progressive=True)]
TRAILING_PADDING = b"\xfc\xff\xfc\xffOB"  # an element behind the pixels that means nothing (PS3.10 7.2)
WORDS = hostile.element(hostile.PIXELS, "OW", bytes(16))


@pytest.mark.parametrize(("depth", "expected"), [(31, ""), (32, ""), (33, "too_deep"), (200, "too_deep")])
@pytest.mark.parametrize("defined", [False, True])
def test_sequences_nest_32_deep_and_no_deeper(depth, defined, expected):
    assert reason(hostile.nested(depth, defined)) == expected


def test_the_limits_are_those_that_were_decided():
    limits = Limits()
    assert (limits.side, limits.picture_pixels, limits.frame_pixels, limits.frames) == (
        20_000,
        50 * 10**6,
        10**8,
        2_000,
    )
    assert (limits.address_space, limits.cpu, limits.wall) == (2048 * MIB, 10, 15)


DATASET = hostile.image() + WORDS


@pytest.mark.parametrize(
    ("limit", "exactly", "data", "refusal"),
    [
        ("side", 16, hostile.png(16, 4), "too_wide"),
        ("side", 16, hostile.native(rows=16, columns=1), "too_wide"),
        ("picture_pixels", 64, hostile.jpeg(16, 4), "too_many_pixels"),
        ("frame_pixels", 16, hostile.native(), "too_many_pixels"),
        ("frames", 3, hostile.native(bytes(48), frames=3), "too_many_frames"),
        ("elements", 10, hostile.part10(DATASET), "too_many_elements"),
        ("header", len(hostile.image()), hostile.native(), "header_too_big"),
        ("inflated", len(DATASET), hostile.deflated(DATASET), "inflates_too_far"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_limit_holds_at_one_below_at_and_one_above(limit, exactly, data, refusal):
    assert reason(data, Limits(**{limit: exactly + 1})) == ""
    assert reason(data, Limits(**{limit: exactly})) == ""
    assert reason(data, Limits(**{limit: exactly - 1})) == refusal


BOMBS = {
    "a PNG of 178 Mpx": (lambda: hostile.png_bomb(13_350, 13_350), "too_many_pixels"),
    "1 GiB deflated": (lambda: hostile.deflate_bomb(1024 * MIB), "inflates_too_far"),
    "2.5 KB of RLE": (hostile.rle_bomb, "no picture: size_mismatch"),
    "100,000 sequences": (lambda: hostile.nested(100_000), "too_deep"),
    "a million elements": (lambda: hostile.many_elements(10**6), "too_many_elements"),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_costs_two_seconds_and_half_a_gigabyte(bomb, tmp_path):
    make, expected = BOMBS[bomb]
    (tmp_path / "bomb").write_bytes(make())
    pool = Pool(size=1)
    with (tmp_path / "bomb").open("rb") as file, open_file(file, pool) as visit:
        child = process_of(pool)
        outcome = described_or_refused(visit)
        assert seconds_worked(child) < 2
        assert peak_memory(child) < 512 * MIB
    pool.close()
    assert outcome == expected


def described_or_refused(visit):
    """Why a file is refused, or why it has no picture."""
    try:
        return f"no picture: {visit.describe().no_picture}"
    except Unreadable as refusal:
        return refusal.code


def process_of(pool):
    """The folder in /proc of the one worker of a pool."""
    server = pool.server.process.pid
    (child,) = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    return Path("/proc") / child


def peak_memory(process):
    """The most memory that a process has had, in bytes."""
    return int((process / "status").read_text().split("VmHWM:")[1].split()[0]) * 1024


def seconds_worked(process):
    """The seconds that a process has had a processor, which do not depend on how busy the machine is."""
    user, system = (process / "stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("hostile") / "file"


places = st.floats(0, 1, exclude_max=True)
edits = st.lists(st.tuples(places, st.binary(min_size=1, max_size=4)), min_size=1, max_size=6)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.sampled_from(SMALL), edits=edits, head=st.booleans())
def test_a_mutated_file_is_described_or_refused_and_nothing_else(scratch, seed, edits, head):
    data = bytearray(seed)
    for place, change in edits:
        at = int(place * (min(len(data), 1200) if head else len(data)))
        data[at : at + len(change)] = change
    scratch.write_bytes(data)
    try:
        with scratch.open("rb") as file, open_file(file) as visit:
            assert isinstance(visit.describe(), Description)
            assert visit.draw(size=8).startswith(b"\x89PNG")
    except Unreadable as refusal:
        assert refusal.code in REASONS


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.sampled_from(SMALL), rest=places)
def test_a_file_that_lost_its_end_is_never_taken_in(scratch, seed, rest):
    whole = seed.split(TRAILING_PADDING)[0]
    scratch.write_bytes(whole[: int(rest * len(whole))])
    with scratch.open("rb") as file, open_file(file) as visit, pytest.raises(Unreadable):
        visit.describe()
