"""Useful data that a copy keeps by an option of Annex E: each is declared, and each can be switched off."""

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file

from dicom.deidentification.descriptors import clean_description
from dicom.deidentification.identity import Identity
from dicom.deidentification.options import ALL_OPTIONS, Option
from dicom.deidentification.replacements import Secrets, Subject
from tests.kit.untrusted import SECRETS, deidentify, setting

NOBODY = Identity()
OTHER = Secrets(b"another key of thirty-two bytes..", "other")

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

TECHNICAL = [
    "AX T2 FLAIR", "ax t2 flair", "t2_tse_tra_512", "t1_mprage_sag_p2_iso_1.0mm", "ep2d_diff_mddw_20_p2", "DWI b1000",
    "CT THORAX W/O CONTRAST", "SAG T1 3D 1.0x1.0x1.0mm", "CHEST PA", "L KNEE AP", "T2FLAIR AX FS", "MRI BRAIN W/WO",
    "Omnipaque 350mg", "Head 5.0mm soft tissue", "SCHÄDEL nativ", "TOF_3D_multi-slab", "AX DWI (b=0, b=1000)",
]  # fmt: skip
OTHERWISE = [
    "AX T2 FLAIR Planted", "Anna AX", "AX T2 FLAIR 19370203", "CHEST 03.02.1937", "CHEST 03 02 37", "HEAD 4711",
    "DR HAND", "MRT Dr. Mueller", "AX T2 FLAIR\nAnna", "HEAD 471-1081", "T2PLANTED", "b1937 Anna", "CHEST 山田",
    "Knie li. 84J", "http://hand", "1937", "x" * 65, "AX " * 30, "AX T2 12/03/37", "R.W. L", "HEAD A.",
    "CHEST 471108mm", "AX 12x03x37",
]  # fmt: skip


def cleaned(tmp_path, change, options=ALL_OPTIONS, subject="a patient", secrets=SECRETS):
    dataset = dcmread(get_testdata_file("CT_small.dcm", download=False))
    change(dataset)
    dataset.save_as(tmp_path / "original")
    outcome = deidentify(tmp_path / "original", tmp_path / "copy", Subject(secrets, subject, "P-1", options))
    return dcmread(tmp_path / "copy"), outcome.manifest


# Clean Descriptors


def test_a_description_stays_if_every_word_is_technical():
    assert [text for text in TECHNICAL if clean_description(text, NOBODY) != text] == []


def test_any_other_description_goes_as_a_whole():
    assert [text for text in OTHERWISE if clean_description(text, NOBODY) is not None] == []


@pytest.mark.parametrize(
    "keyword", ["SeriesDescription", "StudyDescription", "ProtocolName", "ContrastBolusAgent", "ContrastBolusRoute"]
)
def test_every_descriptor_is_cleaned_alike(keyword, tmp_path):
    assert cleaned(tmp_path, setting(**{keyword: "ORAL CONTRAST"}))[0][keyword].value == "ORAL CONTRAST"
    assert not cleaned(tmp_path, setting(**{keyword: "ORAL CONTRAST Anna"}))[0].get(keyword)


def test_a_technical_word_that_is_the_name_of_the_patient_goes(tmp_path):
    copy, _ = cleaned(tmp_path, setting(PatientName="Hand^Anna", SeriesDescription="HAND AP"))
    assert "SeriesDescription" not in copy


# Devices


def test_a_device_has_one_stand_in_in_a_project(tmp_path):
    device = setting(DeviceSerialNumber="4711", StationName="CT-ROOM-3")
    first, _ = cleaned(tmp_path, device)
    second, _ = cleaned(tmp_path, setting(DeviceSerialNumber="4711 ", StationName="CT-ROOM-3"), subject="another")
    other_device, _ = cleaned(tmp_path, setting(DeviceSerialNumber="4712"))
    other_project, _ = cleaned(tmp_path, device, secrets=OTHER)
    assert first.DeviceSerialNumber == second.DeviceSerialNumber
    assert first.StationName == second.StationName
    assert len({each.DeviceSerialNumber for each in (first, other_device, other_project)}) == 3
    assert first.DeviceSerialNumber.startswith("DEV-") and "4711" not in first.DeviceSerialNumber


# Patient characteristics


@pytest.mark.parametrize(("status", "left"), [(1, 1), (4, 4), (4711, None)])
def test_a_pregnancy_status_of_the_standard_stays(status, left, tmp_path):
    assert cleaned(tmp_path, setting(PregnancyStatus=status))[0].get("PregnancyStatus") == left


# Switches


def useful(dataset):
    dataset.SeriesDescription, dataset.DeviceSerialNumber, dataset.StudyDate = "AX T2 FLAIR", "4711", "20200301"
    dataset.PregnancyStatus = 1
    dataset.private_block(0x7053, "Philips PET Private Group", create=True).add_new(0, "DS", "1.5")


KEPT_BY = {
    Option.DESCRIPTORS: "SeriesDescription",
    Option.DEVICES: "DeviceSerialNumber",
    Option.SHIFTED_DATES: "StudyDate",
    Option.CHARACTERISTICS: "PregnancyStatus",
    Option.SAFE_PRIVATE: (0x7053, 0x1000),
}


@pytest.mark.parametrize("option", Option, ids=lambda option: option.name)
def test_an_option_is_declared_and_kept_or_neither(option, tmp_path):
    for options in (ALL_OPTIONS, ALL_OPTIONS - {option}):
        copy, manifest = cleaned(tmp_path, useful, options)
        declared = {item.CodeValue for item in copy.DeidentificationMethodCodeSequence}
        value = copy.get(KEPT_BY[option])
        assert (bool(getattr(value, "value", value))) is (option in options)
        assert declared == manifest.options.keys() == {"113100", *options}
