"""What may be released without a person having looked, what must wait, and what no copy is made of."""

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.uid import UID

from dicom.deidentification import CannotBeCleaned, Secrets, assess, deidentify

SECRETS = Secrets(b"a key of thirty-two bytes or more", "test")
CLASSES = {
    "report": "1.2.840.10008.5.1.4.1.1.88.11",
    "key objects": "1.2.840.10008.5.1.4.1.1.88.59",
    "PDF": "1.2.840.10008.5.1.4.1.1.104.1",
    "presentation state": "1.2.840.10008.5.1.4.1.1.11.1",
    "video": "1.2.840.10008.5.1.4.1.1.77.1.1.1",
    "whole slide": "1.2.840.10008.5.1.4.1.1.77.1.6",
    "waveform": "1.2.840.10008.5.1.4.1.1.9.1.1",
    "segmentation": "1.2.840.10008.5.1.4.1.1.66.4",
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


@pytest.mark.parametrize("modality", ["CT", "MR", "CR", "DX", "MG", "NM", "PT"])
def test_an_image_straight_from_its_device_is_clean(modality, ct):
    assert assess(ct(Modality=modality)).state == "clean"


@pytest.mark.parametrize("modality", ["US", "SC", "XA", "ES", "OT", "GM", "XC", "RF", "XX", ""])
def test_any_other_modality_waits(modality, ct):
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
        {"SamplesPerPixel": 3},
        {"Columns": 1024, "Rows": 768},
        {"BitsStored": 8},
    ],
    ids=str,
)
def test_a_sign_of_burned_in_text_makes_it_wait_and_is_named(values, ct):
    assessment = assess(ct(**values))
    assert assessment.state == "quarantine"
    assert len(assessment.reasons) == 1


def test_a_no_to_burned_in_annotation_is_not_believed(ct):
    assert assess(ct(Modality="US", BurnedInAnnotation="NO")).state == "quarantine"


@pytest.mark.parametrize("start", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"])
def test_every_picture_waits(start, tmp_path):
    (tmp_path / "picture").write_bytes(start)
    assert assess(tmp_path / "picture").state == "quarantine"


@pytest.mark.parametrize("data", [b"", b"GIF89a", bytes(128) + b"DICM" + b"nonsense"])
def test_what_is_neither_dicom_nor_picture_is_refused(data, tmp_path):
    (tmp_path / "file").write_bytes(data)
    assert assess(tmp_path / "file").state == "refused"


@pytest.mark.parametrize("sop_class", CLASSES.values(), ids=CLASSES)
def test_objects_that_cannot_be_cleaned_are_refused_with_the_same_sentence_by_both(sop_class, ct, tmp_path):
    original = ct(SOPClassUID=UID(sop_class))
    with pytest.raises(CannotBeCleaned) as refusal:
        deidentify(original, tmp_path / "copy", secrets=SECRETS, patient="p", pseudonym="P-1")
    assert refusal.value.code == "sop_class"
    assert assess(original).reasons == (refusal.value.sentence,)


@pytest.mark.parametrize(
    "syntax", ["1.2.840.10008.1.2.4.100", "1.2.840.10008.1.2.4.102", "1.2.840.10008.1.2.4.94", "1.2.3"]
)
def test_video_and_pixels_kept_elsewhere_are_refused(syntax, tmp_path):
    dataset = dcmread(get_testdata_file("MR_small_RLE.dcm", download=False))
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    dataset.save_as(tmp_path / "original", implicit_vr=False, little_endian=True)
    assert assess(tmp_path / "original").state == "refused"


def test_a_reason_quotes_nothing_but_a_modality(ct):
    reasons = assess(ct(Modality="ANNA 1937", ImageType=["DERIVED", "SECONDARY", "SCREEN ANNA"])).reasons
    assert "ANNA" not in " ".join(reasons)
