"""Each kind of attribute is treated by its rule, and a copy declares how it was made."""

import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset, dcmread
from pydicom.sequence import Sequence

from dicom.deidentification.dates import cap_age, clean_time, move_back
from dicom.deidentification.replacements import MAX_SHIFT_DAYS, Secrets, Subject, days_earlier, replacement_uid
from tests.kit.planted import base_image, deepest, planted_file
from tests.kit.untrusted import SECRETS, deidentify, setting

OTHER = Secrets(b"another key of thirty-two bytes..", "other")
DATES = st.dates(date(1900, 1, 1), date(2100, 1, 1))

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def test_the_patient_is_called_by_the_pseudonym(clean):
    copy, _ = clean()
    assert (copy.PatientName, copy.PatientID) == ("P-1", "P-1")


def test_the_birth_date_is_emptied(clean):
    copy, _ = clean(setting(PatientBirthDate="19370203"))
    assert copy.PatientBirthDate == ""


def test_the_copy_carries_the_marks_of_the_standard(clean):
    copy, _ = clean()
    assert copy.PatientIdentityRemoved == "YES"
    assert copy.LongitudinalTemporalInformationModified == "MODIFIED"
    assert [item.CodeValue for item in copy.DeidentificationMethodCodeSequence] == [
        "113100", "113105", "113107", "113108", "113109", "113111",
    ]  # fmt: skip
    assert {item.CodingSchemeDesignator for item in copy.DeidentificationMethodCodeSequence} == {"DCM"}


def test_a_mark_that_the_original_carried_is_replaced(clean):
    copy, _ = clean(setting(DeidentificationMethod="by Dr. Planted"))
    assert "Planted" not in str(copy.DeidentificationMethod)


def test_the_original_is_not_touched(tmp_path):
    original = planted_file(tmp_path / "original", [])
    before = original.read_bytes()
    deidentify(original, tmp_path / "copy")
    assert original.read_bytes() == before


@pytest.mark.parametrize("pseudonym", ["", "x" * 65, "a\\b", "a\nb"])
def test_a_pseudonym_that_is_no_dicom_name_is_refused(pseudonym):
    with pytest.raises(ValueError, match="pseudonym"):
        Subject(SECRETS, "a patient", pseudonym)


def test_a_short_key_is_refused():
    with pytest.raises(ValueError, match="32 bytes"):
        Secrets(b"short", "test")


def test_the_key_is_not_shown():
    assert "thirty-two" not in repr(SECRETS)


# UIDs


def test_a_uid_becomes_the_same_uid_wherever_it_stands(clean):
    image = Dataset()
    image.ReferencedSOPClassUID, image.ReferencedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", "1.2.3.9"
    referring, _ = clean(setting(ReferencedImageSequence=Sequence([image])))
    referred, _ = clean(setting(SOPInstanceUID="1.2.3.9"))
    assert referring.ReferencedImageSequence[0].ReferencedSOPInstanceUID == referred.SOPInstanceUID
    assert referred.file_meta.MediaStorageSOPInstanceUID == referred.SOPInstanceUID


def test_another_key_gives_another_uid():
    assert replacement_uid(SECRETS, "a patient", "1.2.3") != replacement_uid(OTHER, "a patient", "1.2.3")


def test_a_uid_in_files_of_two_patients_gets_two_uids(clean):
    first, _ = clean(patient="one")
    second, _ = clean(patient="two")
    again, _ = clean(patient="one")
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID"):
        assert first[keyword].value != second[keyword].value
        assert first[keyword].value == again[keyword].value


@given(st.text("0123456789.", min_size=1, max_size=64))
def test_a_replacement_uid_is_derived_from_a_uuid(uid):
    prefix, number = replacement_uid(SECRETS, "a patient", uid).rsplit(".", 1)
    assert prefix == "2.25"
    assert str(int(number)) == number and int(number) < 2**128


def test_a_uid_of_the_standard_itself_stays(clean):
    copy, _ = clean()
    assert copy.SOPClassUID == "1.2.840.10008.5.1.4.1.1.2"


# Dates


@given(DATES, DATES, st.text())
def test_intervals_between_dates_of_a_patient_stay_to_the_day(first, second, patient):
    days = days_earlier(SECRETS, patient)
    moved = [move_back(f"{day:%Y%m%d}", days) for day in (first, second)]
    as_dates = [date(int(text[:4]), int(text[4:6]), int(text[6:])) for text in moved]
    assert as_dates[1] - as_dates[0] == second - first
    assert timedelta(1) <= first - as_dates[0] <= timedelta(MAX_SHIFT_DAYS)


def test_two_patients_move_by_different_days():
    assert days_earlier(SECRETS, "one") != days_earlier(SECRETS, "two")


def test_every_date_of_an_object_moves_alike(clean):
    copy, _ = clean(setting(StudyDate="20200301", SeriesDate="20200302", StudyTime="", SeriesTime=""))
    days = days_earlier(SECRETS, "a patient")
    assert (copy.StudyDate, copy.SeriesDate) == (move_back("20200301", days), move_back("20200302", days))


@pytest.mark.parametrize(
    ("text", "moved"),
    [("20200301", "20200229"), ("2020.03.01", "20200229"), ("20200301101112.5+0100", "20200229101112.5"),
     ("202003", "202002"), ("2020", "2019"), ("20201301", None), ("1 March", None), ("00010101", None)],
)  # fmt: skip
def test_a_date_stays_as_precise_as_it_was_and_loses_its_time_zone(text, moved):
    assert move_back(text, 1) == moved


@pytest.mark.parametrize("keyword", ["InstanceCreationTime", "TimezoneOffsetFromUTC"])
def test_a_time_that_says_little_about_the_image_goes(keyword, clean):
    copy, _ = clean(setting(**{keyword: "0100"}))
    assert not copy.get(keyword)


@pytest.mark.parametrize("text", ["Dr. Planted", "250000", "1", "10:11:12x"])
def test_a_text_in_place_of_a_time_is_no_time(text):
    assert clean_time(text) is None


@pytest.mark.parametrize(
    ("age", "capped"),
    [("089Y", "089Y"), ("090Y", "090Y"), ("117Y", "090Y"), ("011M", "011M"), ("old", None), ("1937", None)],
)
def test_ages_of_ninety_and_more_are_one_class(age, capped):
    assert cap_age(age) == capped


def test_size_and_weight_stay(clean):
    copy, _ = clean(setting(PatientSize="1.71", PatientWeight="70.5", PatientAge="093Y", PatientSex="F"))
    assert (copy.PatientSize, copy.PatientWeight, copy.PatientAge, copy.PatientSex) == (1.71, 70.5, "090Y", "F")


# The file around the dataset


def test_preamble_and_meta_information_are_new(tmp_path):
    original = planted_file(tmp_path / "original", [])
    original.write_bytes(b"II*\0 Anna Planted".ljust(128) + original.read_bytes()[128:])
    deidentify(original, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes()[:128] == bytes(128)


def test_who_sent_the_file_is_forgotten(clean):
    def sent_by_anna(dataset):
        dataset.file_meta.SourceApplicationEntityTitle = "ANNA"
        dataset.file_meta.PrivateInformationCreatorUID = "1.2.3"
        dataset.file_meta.PrivateInformation = b"ANNA"

    copy, _ = clean(sent_by_anna)
    assert {element.keyword for element in copy.file_meta} == {
        "FileMetaInformationGroupLength", "FileMetaInformationVersion", "MediaStorageSOPClassUID",
        "MediaStorageSOPInstanceUID", "TransferSyntaxUID", "ImplementationClassUID", "ImplementationVersionName",
    }  # fmt: skip


def test_an_item_that_loses_everything_keeps_its_place(tmp_path):
    dataset = base_image("ISO_IR 192")
    assert deepest(dataset).ReferencedSOPInstanceUID == "1.2.3.5"
    original = dcmread(planted_file(tmp_path / "original", []))
    original.PerFrameFunctionalGroupsSequence = Sequence([Dataset(), Dataset()])
    original.save_as(tmp_path / "frames")
    deidentify(tmp_path / "frames", tmp_path / "copy")
    assert len(dcmread(tmp_path / "copy").PerFrameFunctionalGroupsSequence) == 2


# The manifest


def test_the_manifest_is_json_and_names_profile_engine_and_key(clean):
    _, manifest = clean()
    record = json.loads(json.dumps(manifest.as_json()))
    assert record["profile"] == "PS3.15 2026d Basic Application Level Confidentiality Profile"
    assert (record["engine"], record["key_id"]) == ("harrison.imagery.deidentification", "test")
    assert record["media_type"] == "application/dicom"


def test_the_manifest_holds_tags_and_no_values(clean):
    _, manifest = clean(setting(InstitutionName="Planted Hospital"))
    assert "(0008,0080)" in manifest.removed
    assert "Planted" not in json.dumps(manifest.as_json())


def test_the_same_original_gives_the_same_copy(clean):
    assert clean()[1] == clean()[1]
