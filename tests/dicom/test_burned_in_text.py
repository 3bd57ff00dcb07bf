"""What may be released without a person having looked, what must wait, and what no copy is made of."""

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.uid import UID

from dicom.deidentification.burned_in_text import OF_A_PICTURE
from dicom.deidentification.scope import CannotBeCleaned
from dicom.refusals import Unreadable
from tests.kit import hostile
from tests.kit.untrusted import deidentify

CLASSES = {
    "report": "1.2.840.10008.5.1.4.1.1.88.11",
    "key objects": "1.2.840.10008.5.1.4.1.1.88.59",
    "PDF": "1.2.840.10008.5.1.4.1.1.104.1",
    "presentation state": "1.2.840.10008.5.1.4.1.1.11.1",
    "video": "1.2.840.10008.5.1.4.1.1.77.1.1.1",
    "whole slide": "1.2.840.10008.5.1.4.1.1.77.1.6",
    "waveform": "1.2.840.10008.5.1.4.1.1.9.1.1",
    "surface segmentation": "1.2.840.10008.5.1.4.1.1.66.5",
    "plan": "1.2.840.10008.5.1.4.1.1.481.5",
    "private": "1.2.826.0.1.3680043.2.1",
}

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@pytest.fixture
def ct(tmp_path):
    """A CT straight from its scanner, changed in these attributes."""

    def written(**values):
        dataset = dcmread(get_testdata_file("CT_small.dcm", download=False))
        for keyword, value in values.items():
            setattr(dataset, keyword, value)
        dataset.save_as(tmp_path / "original")
        return tmp_path / "original"

    return written


@pytest.fixture
def assess(tmp_path):
    return lambda original: deidentify(original, tmp_path / "copy").assessment


@pytest.mark.parametrize("modality", ["CT", "MR", "CR", "DX", "MG", "NM", "PT"])
def test_an_image_straight_from_its_device_is_clean(modality, ct, assess):
    assert assess(ct(Modality=modality)).state == "clean"


@pytest.mark.parametrize("modality", ["US", "SC", "XA", "ES", "OT", "GM", "XC", "RF", "XX", ""])
def test_any_other_modality_waits(modality, ct, assess):
    assert assess(ct(Modality=modality)).state == "quarantine"


@pytest.mark.parametrize(
    "values",
    [
        {"BurnedInAnnotation": "YES"},
        {"RecognizableVisualFeatures": "YES"},
        {"ConversionType": "WSD"},
        {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"},
        {"ImageType": ["DERIVED", "SECONDARY", "SCREEN SAVE"]},
        {"ImageType": ["DERIVED", "SECONDARY", "DOSE_INFO"]},
        {"Columns": 1024, "Rows": 768, "PixelData": bytes(2 * 1024 * 768)},
        {"BitsStored": 8},
    ],
    ids="-".join,
)
def test_a_sign_of_burned_in_text_makes_it_wait_and_is_named(values, ct, assess):
    assessment = assess(ct(**values))
    assert assessment.state == "quarantine"
    assert len(assessment.reasons) == 1


def test_colour_makes_it_wait(tmp_path, assess):
    dataset = dcmread(get_testdata_file("SC_rgb.dcm", download=False))
    dataset.Modality, dataset.SOPClassUID = "CT", "1.2.840.10008.5.1.4.1.1.2"
    dataset.save_as(tmp_path / "original")
    assert any("colour" in reason for reason in assess(tmp_path / "original").reasons)


def test_a_no_to_burned_in_annotation_is_not_believed(ct, assess):
    assert assess(ct(Modality="US", BurnedInAnnotation="NO")).state == "quarantine"


def test_every_picture_waits(tmp_path, assess):
    (tmp_path / "picture").write_bytes(hostile.jpeg())
    assert assess(tmp_path / "picture") == OF_A_PICTURE


@pytest.mark.parametrize("sop_class", CLASSES.values(), ids=CLASSES)
def test_objects_that_cannot_be_cleaned_are_refused_with_a_sentence(sop_class, ct, assess):
    with pytest.raises(CannotBeCleaned, match=r"\.$"):
        assess(ct(SOPClassUID=UID(sop_class)))


@pytest.mark.parametrize(
    "syntax", ["1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.102", "1.2.840.10008.1.2.4.94", "1.2.3"]
)
def test_video_and_pixels_kept_elsewhere_are_refused(syntax, tmp_path, assess):
    dataset = dcmread(get_testdata_file("MR_small_RLE.dcm", download=False))
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    dataset.save_as(tmp_path / "original", implicit_vr=False, little_endian=True)
    with pytest.raises(Unreadable, match="transfer syntax"):
        assess(tmp_path / "original")


def test_a_reason_quotes_nothing_but_a_modality(ct, assess):
    reasons = assess(ct(Modality="ANNA 1937", ImageType=["DERIVED", "SECONDARY", "SCREEN ANNA"])).reasons
    assert "ANNA" not in " ".join(reasons)
