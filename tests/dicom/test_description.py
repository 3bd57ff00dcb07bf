"""A sound file is described as it is; a real file that is refused has a reason."""

import datetime
import pickle

import pydicom
import pytest

from dicom.limits import Limits
from dicom.refusals import Unreadable
from tests.kit import hostile
from tests.kit.cases import failures
from tests.kit.files import FRAMES_BY_LENGTH, PYDICOM, REAL, REFUSED
from tests.kit.untrusted import describe, opened

pytestmark = pytest.mark.filterwarnings("ignore")  # as in the child process: pydicom warns of what real files do


def test_a_real_file_is_described_as_pydicom_reads_it():
    def check(path):
        described, read = describe(path), pydicom.dcmread(path)
        assert (described.rows, described.columns) == (read.Rows, read.Columns)
        assert described.frames == (FRAMES_BY_LENGTH.get(path.name) or int(read.get("NumberOfFrames") or 1))
        uid = read.get("SOPInstanceUID", "")
        assert described.sop_instance_uid == (uid if set(uid) <= set("0123456789.") else "")
        assert described.modality == read.get("Modality", "").strip()

    assert failures([path for path in REAL if path.name not in REFUSED], check) == {}


def test_a_real_file_is_refused_for_a_known_reason():
    def check(path):
        with pytest.raises(Unreadable) as refusal:
            describe(path)
        assert refusal.value.code == REFUSED[path.name]

    refused = [path for path in REAL if path.name in REFUSED]
    assert failures(refused, check) == {} and len(refused) == len(REFUSED)


def test_a_real_ct_is_described_whole():
    described = describe((PYDICOM / "CT_small.dcm").read_bytes())
    assert described.media_type == "application/dicom"
    assert described.modality == "CT"
    assert described.study_date == datetime.date(2004, 1, 19)
    assert described.patient.name == "CompressedSamples^CT1"
    assert described.patient.record_number == "1CT1"
    assert described.patient.other_ids == ("ABCD1234", "1234ABCD")


def test_a_description_says_nothing_of_the_patient_in_a_log():
    described = describe((PYDICOM / "CT_small.dcm").read_bytes())
    assert "patient=PatientFacts()" in repr(described)


def test_a_description_can_be_pickled():
    described = describe((PYDICOM / "CT_small.dcm").read_bytes())
    assert pickle.loads(pickle.dumps(described)) == described


def test_a_refusal_can_be_pickled():
    assert pickle.loads(pickle.dumps(Unreadable("no_pixels"))).sentence == Unreadable("no_pixels").sentence


def test_names_are_read_in_their_own_character_set():
    path = PYDICOM.parent / "charset_files" / "chrRuss.dcm"
    assert describe(path.read_bytes()).patient.name == "Люкceмбypг"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("20240229", datetime.date(2024, 2, 29)),
        ("2024.02.29", datetime.date(2024, 2, 29)),
        ("20230229", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_a_date_is_a_day_of_the_calendar_or_nothing(written, read):
    extra = hostile.element(0x00080020, "DA", written)
    assert describe(hostile.part10(extra + image())).study_date == read


def image(**layout):
    return hostile.image(**layout) + hostile.element(hostile.PIXELS, "OW", bytes(16))


@pytest.mark.parametrize(
    ("written", "read"),
    [("chest\0\x07", "chest"), ("two\r\nlines", "two lines"), ("x" * 80, "x" * 64), ("a\\b", "a\\b"), (" ", "")],
)
def test_text_is_clean_and_short(written, read):
    assert describe(hostile.native(extra=hostile.element(0x00081030, "LO", written))).study_description == read


@pytest.mark.parametrize(("written", "read"), [("1.2.3", "1.2.3"), ("1.2.x", ""), ("1" * 65, ""), ("../etc", "")])
def test_a_uid_is_digits_and_dots_or_nothing(written, read):
    assert describe(hostile.native(extra=hostile.element(0x0020000D, "UI", written))).study_uid == read


@pytest.mark.parametrize(("written", "read"), [("F", "F"), ("female", ""), ("", "")])
def test_sex_is_one_of_three_letters_or_nothing(written, read):
    assert describe(hostile.native(extra=hostile.element(0x00100040, "CS", written))).patient.sex == read


@pytest.mark.parametrize(("written", "read"), [("045Y", "045Y"), ("45", "")])
def test_age_is_a_dicom_age_or_nothing(written, read):
    assert describe(hostile.native(extra=hostile.element(0x00101010, "AS", written))).patient.age == read


@pytest.mark.parametrize(("frames", "decoded"), [(3, [0, 1, 2]), (4, [0, 3]), (1, [0])])
def test_every_frame_is_decoded_up_to_a_sum_of_pixels_then_the_first_and_the_last(frames, decoded, monkeypatch):
    file = opened(hostile.native(bytes(16 * frames), frames=frames), Limits(checked_pixels=48))
    requested = []
    monkeypatch.setattr("dicom.opened_file.draw_frame", lambda frames, header, index, _: requested.append(index))
    file.describe()
    assert requested == decoded


@pytest.mark.parametrize(
    "broken",
    [
        hostile.element(0x00101002, "OB", b"no sequence"),
        hostile.element(0x00101002, "LO", b"no sequence"),
        hostile.element(0x00101002, "UL", b"\1\0"),
    ],
)
def test_a_value_that_cannot_be_read_is_as_good_as_absent(broken):
    described = describe(hostile.native(extra=broken))
    assert described.patient.other_ids == ()


def test_a_private_sequence_in_implicit_vr_is_stepped_over():
    unknown = hostile.struct.pack("<HHL", 0x0009, 0x1001, hostile.UNDEFINED)
    closed = hostile.item(hostile.ITEM, 0) + hostile.item(hostile.SEQUENCE_END)
    data = (PYDICOM / "MR_small_implicit.dcm").read_bytes() + unknown + closed
    assert describe(data).modality == "MR"
