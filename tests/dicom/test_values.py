"""Which values may stay in a copy, and what replaces the others."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import strategies as st
from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file
from pydicom.sequence import Sequence

from dicom.deidentification.replacements import Secrets
from dicom.deidentification.scope import CannotBeCleaned
from dicom.refusals import Unreadable
from tests.kit.untrusted import deidentify, setting

OTHER = Secrets(b"another key of thirty-two bytes..", "other")
DATES = st.dates(date(1900, 1, 1), date(2100, 1, 1))

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def test_an_attribute_that_no_table_knows_stays_out(clean):
    copy, manifest = clean(lambda dataset: dataset.add_new(0x00189EEE, "LO", "PLANTED"))
    assert 0x00189EEE not in copy
    assert "(0018,9EEE)" in manifest.removed


def test_an_attribute_of_another_kind_of_image_stays_out(clean):
    copy, _ = clean(setting(EchoTime="12"))
    assert "EchoTime" not in copy


def test_a_device_may_say_what_it_is(clean):
    copy, _ = clean(setting(Manufacturer="Acme", ConvolutionKernel="B30f"))
    assert (copy.Manufacturer, copy.ConvolutionKernel) == ("Acme", "B30f")


def test_an_allowed_text_that_names_the_patient_goes(clean):
    copy, _ = clean(setting(PatientName="Planted^Anna", ConvolutionKernel="planted kernel", BodyPartExamined="ANNA"))
    assert "ConvolutionKernel" not in copy
    assert "BodyPartExamined" not in copy


def test_a_body_part_of_the_standard_stays_whatever_the_patient_is_called(clean):
    copy, _ = clean(setting(PatientName="Hand^Anna", BodyPartExamined="HAND"))
    assert copy.BodyPartExamined == "HAND"


@pytest.mark.parametrize("value", ["M\u00fcller, born 1937", "a" * 17, "Dr. P"])
def test_a_code_string_that_is_none_goes(value, clean):
    copy, _ = clean(setting(BodyPartExamined=value))
    assert "BodyPartExamined" not in copy


def test_a_value_that_cannot_be_read_goes(tmp_path):
    dataset = dcmread(get_testdata_file("CT_small.dcm", download=False))
    dataset.save_as(tmp_path / "original")
    data = (tmp_path / "original").read_bytes().replace(b"DS\x04\x00120 ", b"DS\x04\x00Anna")
    (tmp_path / "bad").write_bytes(data)
    assert b"Anna" in data
    deidentify(tmp_path / "bad", tmp_path / "copy")
    assert b"Anna" not in (tmp_path / "copy").read_bytes()


def test_a_value_of_an_impossible_length_goes(tmp_path):
    data = Path(get_testdata_file("CT_small.dcm", download=False)).read_bytes()
    padding = b"\x28\x00\x20\x01"
    assert padding + b"SS" in data
    (tmp_path / "bad").write_bytes(data.replace(padding + b"SS", padding + b"FD"))
    manifest = deidentify(tmp_path / "bad", tmp_path / "copy").manifest
    assert "(0028,0120)" in manifest.removed


def test_a_file_that_ends_too_early_is_refused(tmp_path):
    (tmp_path / "cut").write_bytes(Path(get_testdata_file("image_dfl.dcm", download=False)).read_bytes()[:3000])
    with pytest.raises(Unreadable, match="ends too early"):
        deidentify(tmp_path / "cut", tmp_path / "copy")


def test_an_object_without_a_uid_is_refused(clean):
    with pytest.raises(CannotBeCleaned, match="SOP Instance UID"):
        clean(setting(SOPInstanceUID=""))


def test_an_encrypted_copy_of_the_original_attributes_goes(clean):
    item = Dataset()
    item.EncryptedContent = b"Anna"
    copy, _ = clean(setting(EncryptedAttributesSequence=Sequence([item])))
    assert "EncryptedAttributesSequence" not in copy


def test_text_is_read_in_its_character_set_and_written_as_utf_8(clean):
    copy, _ = clean(setting(SpecificCharacterSet="ISO_IR 144", Manufacturer="Электрон"))
    assert (copy.SpecificCharacterSet, copy.Manufacturer) == ("ISO_IR 192", "Электрон")


def coded(scheme, value, meaning):
    item = Dataset()
    item.CodingSchemeDesignator, item.CodeValue, item.CodeMeaning = scheme, value, meaning
    return item


def test_a_published_code_takes_the_words_of_the_standard(clean):
    copy, _ = clean(setting(AnatomicRegionSequence=Sequence([coded("SCT", "51185008", "Anna's chest")])))
    assert copy.AnatomicRegionSequence[0].CodeMeaning == "Thoracic structure (body structure)"


def test_a_code_of_unmistakable_form_stands_as_its_own_meaning(clean):
    copy, _ = clean(setting(AnatomicRegionSequence=Sequence([coded("RADLEX", "RID99999", "Anna")])))
    assert copy.AnatomicRegionSequence[0].CodeMeaning == "RID99999"


@pytest.mark.parametrize("scheme", ["99HOSPITAL", "SCT", "UCUM"])
def test_a_code_that_nobody_published_goes(scheme, clean):
    copy, _ = clean(setting(AnatomicRegionSequence=Sequence([coded(scheme, "4711081500", "Anna")])))
    assert "AnatomicRegionSequence" not in copy


@pytest.mark.parametrize(
    ("keyword", "stays"), [("PatientSpeciesCodeSequence", False), ("PatientBreedCodeSequence", True)], ids=["1C", "2C"]
)
def test_only_a_type_2_sequence_stays_without_items(keyword, stays, clean):
    copy, _ = clean(setting(**{keyword: Sequence([coded("99HOSPITAL", "4711", "Anna")])}))
    assert (keyword in copy) == stays
    assert not copy.get(keyword)
