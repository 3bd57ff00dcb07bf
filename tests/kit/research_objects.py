"""A series of CT slices, and a segmentation and a structure set that refer to it; nothing in them names anybody."""

from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, RTStructureSetStorage, SegmentationStorage

STUDY, SERIES, FRAME_OF_REFERENCE = "1.2.3.1", "1.2.3.2", "1.2.3.3"
SLICES = ("1.2.3.4.1", "1.2.3.4.2")


def item(**values) -> Dataset:
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def coded(value: str, scheme: str = "SCT", meaning: str = "as somebody typed it") -> Sequence:
    return Sequence([item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)])


def instance(uid: str) -> Dataset:
    return item(ReferencedSOPClassUID=CTImageStorage, ReferencedSOPInstanceUID=uid)


def new_object(sop_class: str, uid: str, modality: str, **values) -> Dataset:
    dataset = item(
        SOPClassUID=sop_class, SOPInstanceUID=uid, StudyInstanceUID=STUDY, SeriesInstanceUID=f"{uid}.1",
        FrameOfReferenceUID=FRAME_OF_REFERENCE, Modality=modality, PatientName="Planted^Anna", PatientID="4711",
        PatientBirthDate="19370203", PatientSex="F", StudyDate="20200301", StudyTime="101112", StudyID="1",
        AccessionNumber="", ReferringPhysicianName="", InstanceNumber=1, SeriesNumber=1, Manufacturer="Acme",
        ManufacturerModelName="Model", DeviceSerialNumber="12", SoftwareVersions="1.0", **values,
    )  # fmt: skip
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID, dataset.file_meta.MediaStorageSOPInstanceUID = sop_class, uid
    return dataset


def ct_slice(uid: str) -> Dataset:
    dataset = new_object(CTImageStorage, uid, "CT", Rows=8, Columns=8, SamplesPerPixel=1, BitsAllocated=16)
    dataset.SeriesInstanceUID, dataset.PhotometricInterpretation = SERIES, "MONOCHROME2"
    dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 12, 11, 0
    dataset.add_new(0x7FE00010, "OW", bytes(range(64)) + bytes(64))
    return dataset


def segment(number: int, label: str, code: str = "10200004") -> Dataset:
    return item(
        SegmentNumber=number, SegmentLabel=label, SegmentAlgorithmType="SEMIAUTOMATIC",
        SegmentAlgorithmName="Anna's own", SegmentDescription="Anna Planted's liver",
        SegmentedPropertyCategoryCodeSequence=coded("123037004"), SegmentedPropertyTypeCodeSequence=coded(code),
    )  # fmt: skip


def segmentation(*labels: str) -> Dataset:
    """A segmentation of one frame of 8 × 8 for each label: its first row, its second row and so on."""
    dataset = new_object(SegmentationStorage, "1.2.3.5", "SEG", Rows=8, Columns=8, SamplesPerPixel=1, BitsAllocated=1)
    dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 1, 0, 0
    dataset.PhotometricInterpretation, dataset.NumberOfFrames = "MONOCHROME2", len(labels)
    dataset.ImageType, dataset.SegmentationType, dataset.LossyImageCompression = ["DERIVED", "PRIMARY"], "BINARY", "00"
    dataset.ContentLabel, dataset.ContentDescription = "SEGMENTATION", "Anna Planted"
    dataset.ContentCreatorName, dataset.ContentDate, dataset.ContentTime = "Planted^Doctor", "20200302", "101112"
    dataset.SegmentSequence = Sequence([segment(number, label) for number, label in enumerate(labels, start=1)])
    references = Sequence([item(SeriesInstanceUID=SERIES, ReferencedInstanceSequence=Sequence(map(instance, SLICES)))])
    dataset.ReferencedSeriesSequence = references
    dataset.SharedFunctionalGroupsSequence = Sequence(
        [item(PixelMeasuresSequence=Sequence([item(PixelSpacing=[1, 1], SliceThickness=2)]))]
    )
    dataset.PerFrameFunctionalGroupsSequence = Sequence(
        [
            item(
                SegmentIdentificationSequence=Sequence([item(ReferencedSegmentNumber=number)]),
                DerivationImageSequence=Sequence([item(SourceImageSequence=Sequence([instance(SLICES[0])]))]),
            )
            for number in range(1, len(labels) + 1)
        ]
    )
    dataset.add_new(0x7FE00010, "OB", b"".join(bytes(row) + b"\xff" + bytes(7 - row) for row in range(len(labels))))
    return dataset


def structure_set(*names: str) -> Dataset:
    """A structure set with one contour for each name of a region."""
    dataset = new_object(RTStructureSetStorage, "1.2.3.6", "RTSTRUCT")
    dataset.StructureSetLabel, dataset.StructureSetName = "Anna's plan", "Anna Planted"
    dataset.StructureSetDate, dataset.StructureSetTime = "20200302", "101112"
    series = item(SeriesInstanceUID=SERIES, ContourImageSequence=Sequence(map(instance, SLICES)))
    study = item(ReferencedSOPClassUID="1.2.840.10008.3.1.2.3.1", ReferencedSOPInstanceUID=STUDY)
    study.RTReferencedSeriesSequence = Sequence([series])
    frame = item(FrameOfReferenceUID=FRAME_OF_REFERENCE, RTReferencedStudySequence=Sequence([study]))
    dataset.ReferencedFrameOfReferenceSequence = Sequence([frame])
    numbered = list(enumerate(names, start=1))
    dataset.StructureSetROISequence = Sequence(
        [
            item(
                ROINumber=number, ReferencedFrameOfReferenceUID=FRAME_OF_REFERENCE, ROIName=name,
                ROIGenerationAlgorithm="MANUAL", ROIDescription="Anna Planted",
            )
            for number, name in numbered
        ]
    )  # fmt: skip
    dataset.ROIContourSequence = Sequence(
        [
            item(ReferencedROINumber=number, ROIDisplayColor=[255, 0, 0], ContourSequence=contours())
            for number, _ in numbered
        ]
    )
    dataset.RTROIObservationsSequence = Sequence(
        [
            item(
                ObservationNumber=number, ReferencedROINumber=number, RTROIInterpretedType="ORGAN",
                ROIInterpreter="Planted^Doctor", ROIObservationLabel="Anna",
            )
            for number, _ in numbered
        ]
    )  # fmt: skip
    return dataset


def contours() -> Sequence:
    contour = item(ContourGeometricType="CLOSED_PLANAR", NumberOfContourPoints=3)
    contour.ContourImageSequence = Sequence([instance(SLICES[0])])
    contour.ContourData = [0, 0, 1.5, 4, 0, 1.5, 4, 4, 1.5]
    return Sequence([contour])
