"""Segmentations and structure sets become research copies whose references fit the copies of their images."""

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.pixels import pixel_array
from pydicom.uid import ImplicitVRLittleEndian

from dicom.deidentification.manifest import Box
from dicom.deidentification.options import ALL_OPTIONS, Option
from dicom.deidentification.replacements import Subject
from dicom.refusals import Unreadable
from tests.kit.research_objects import SLICES, ct_slice, segment, segmentation, structure_set
from tests.kit.untrusted import SECRETS, SUBJECT, deidentify, describe, drawn

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

WORDS = ("Planted", "Anna", "4711", "1937", "Doctor", "somebody")


@pytest.fixture
def copy_of(tmp_path):
    def copied(original, subject=SUBJECT):
        name = str(len(list(tmp_path.iterdir())))
        original.save_as(tmp_path / name, enforce_file_format=True)
        outcome = deidentify(tmp_path / name, tmp_path / f"{name}.copy", subject)
        content = (tmp_path / f"{name}.copy").read_bytes()
        assert [word for word in WORDS if word.encode() in content] == []
        assert outcome.assessment.state == "clean"
        return dcmread(tmp_path / f"{name}.copy")

    return copied


def test_a_segmentation_keeps_its_masks_and_technical_labels(copy_of):
    original = segmentation("Liver", "Anna's tumor", "LUNG_L")
    copy = copy_of(original)
    assert [one.SegmentLabel for one in copy.SegmentSequence] == ["Liver", "Segment 2", "LUNG_L"]
    assert {one.SegmentAlgorithmName for one in copy.SegmentSequence} == {"Algorithm"}
    assert copy.SegmentSequence[0].SegmentedPropertyTypeCodeSequence[0].CodeValue == "10200004"
    assert (pixel_array(copy) == pixel_array(original)).all()
    assert copy.SegmentationType == "BINARY"


def test_the_frames_of_a_segmentation_are_drawn(tmp_path):
    segmentation("Liver", "Kidney").save_as(tmp_path / "seg", enforce_file_format=True)
    for frame in (0, 1):
        picture = drawn(tmp_path / "seg", frame=frame)
        assert np.flatnonzero((picture > 127).all(axis=1)).tolist() == [frame]


def test_references_of_a_segmentation_are_those_of_the_copied_images(copy_of):
    slices = [copy_of(ct_slice(uid)) for uid in SLICES]
    copy = copy_of(segmentation("Liver"))
    series = copy.ReferencedSeriesSequence[0]
    source = copy.PerFrameFunctionalGroupsSequence[0].DerivationImageSequence[0].SourceImageSequence[0]
    assert series.SeriesInstanceUID == slices[0].SeriesInstanceUID
    assert [one.ReferencedSOPInstanceUID for one in series.ReferencedInstanceSequence] == [
        one.SOPInstanceUID for one in slices
    ]
    assert source.ReferencedSOPInstanceUID == slices[0].SOPInstanceUID
    assert copy.FrameOfReferenceUID == slices[0].FrameOfReferenceUID
    assert copy.StudyInstanceUID == slices[0].StudyInstanceUID


def test_a_segment_of_an_unpublished_code_is_called_other(copy_of):
    original = segmentation("Liver")
    original.SegmentSequence = [segment(1, "Liver", code="4711081500")]
    copy = copy_of(original)
    (code,) = copy.SegmentSequence[0].SegmentedPropertyTypeCodeSequence
    assert (code.CodingSchemeDesignator, code.CodeValue, code.CodeMeaning) == ("SCT", "74964007", "Other")


def test_a_project_without_descriptors_numbers_every_label(copy_of):
    subject = Subject(SECRETS, "a patient", "P-1", ALL_OPTIONS - {Option.DESCRIPTORS})
    assert copy_of(segmentation("Liver"), subject).SegmentSequence[0].SegmentLabel == "Segment 1"


def test_a_structure_set_keeps_its_contours_and_technical_names(copy_of):
    original = structure_set("Lung_L", "PTV60", "Anna's mass")
    copy = copy_of(original)
    assert [one.ROIName for one in copy.StructureSetROISequence] == ["Lung_L", "PTV60", "ROI 3"]
    assert [one.ROINumber for one in copy.StructureSetROISequence] == [1, 2, 3]
    assert copy.StructureSetLabel == "Structures" and "StructureSetName" not in copy
    assert copy.ROIContourSequence[2].ReferencedROINumber == 3
    contour, right = copy.ROIContourSequence[0].ContourSequence[0], original.ROIContourSequence[0].ContourSequence[0]
    assert (contour.ContourGeometricType, contour.ContourData) == (right.ContourGeometricType, right.ContourData)
    assert copy.RTROIObservationsSequence[0].ROIInterpreter == ""


def test_references_of_a_structure_set_are_those_of_the_copied_images(copy_of):
    slices = [copy_of(ct_slice(uid)) for uid in SLICES]
    copy = copy_of(structure_set("Liver"))
    frame = copy.ReferencedFrameOfReferenceSequence[0]
    study = frame.RTReferencedStudySequence[0]
    series = study.RTReferencedSeriesSequence[0]
    contour = copy.ROIContourSequence[0].ContourSequence[0]
    assert frame.FrameOfReferenceUID == slices[0].FrameOfReferenceUID
    assert study.ReferencedSOPInstanceUID == slices[0].StudyInstanceUID
    assert series.SeriesInstanceUID == slices[0].SeriesInstanceUID
    assert [one.ReferencedSOPInstanceUID for one in series.ContourImageSequence] == [
        one.SOPInstanceUID for one in slices
    ]
    assert contour.ContourImageSequence[0].ReferencedSOPInstanceUID == slices[0].SOPInstanceUID


def test_a_long_contour_stays_whole(copy_of):
    original = structure_set("Liver")
    points = [round(0.001 * number, 3) for number in range(30_000)]
    original.ROIContourSequence[0].ContourSequence[0].ContourData = points
    original.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    assert copy_of(original).ROIContourSequence[0].ContourSequence[0].ContourData == points


def test_a_structure_set_is_described_without_a_size_and_takes_no_boxes(tmp_path):
    structure_set("Liver").save_as(tmp_path / "rt", enforce_file_format=True)
    description = describe(tmp_path / "rt")
    assert (description.modality, description.rows, description.columns) == ("RTSTRUCT", 0, 0)
    with pytest.raises(Unreadable):
        deidentify(tmp_path / "rt", tmp_path / "copy", boxes=[Box(None, 0, 0, 1, 1)])


def test_an_image_without_pixels_is_refused(tmp_path):
    dataset = ct_slice("1.2.3")
    del dataset.PixelData
    dataset.save_as(tmp_path / "ct", enforce_file_format=True)
    with pytest.raises(Unreadable, match="no image"):
        describe(tmp_path / "ct")
