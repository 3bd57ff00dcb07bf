"""Series of MR slices as the vendors write diffusion and mosaics, made from nothing."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from pydicom import Dataset
from pydicom.dataelem import DataElement
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

SIDE = 16  # pixels
# b-value and direction of each volume
VOLUMES = ((0, (0.0, 0.0, 0.0)), (1000, (1.0, 0.0, 0.0)), (1000, (0.0, 0.6, 0.8)))
Writer = Callable[[Dataset, int, tuple[float, ...]], None]


def add_private(dataset: Dataset, group: int, creator: str, *elements: tuple[int, str, object]) -> None:
    """Add elements to the block that the creator has in its group, or to a new one."""
    block = dataset.private_block(group, creator, create=True)
    for low_byte, vr, value in elements:
        block.add_new(low_byte, vr, value)


def standard(dataset: Dataset, b_value: int, direction: tuple[float, ...]) -> None:
    """As Canon and today's scanners do."""
    dataset.Manufacturer, dataset.DiffusionBValue = "Canon", float(b_value)
    dataset.DiffusionGradientOrientation = list(direction)


def siemens(dataset: Dataset, b_value: int, direction: tuple[float, ...]) -> None:
    dataset.Manufacturer = "SIEMENS"
    direction_elements = [(0x0E, "FD", list(direction))] if b_value else []
    add_private(dataset, 0x0019, "SIEMENS MR HEADER", (0x0C, "IS", str(b_value)), *direction_elements)


def siemens_as_bytes(dataset: Dataset, b_value: int, direction: tuple[float, ...]) -> None:
    dataset.Manufacturer = "SIEMENS"
    elements = [(0x0C, "OB", f"{b_value:<4}".encode())]
    elements += [(0x0E, "UN", np.array(direction).tobytes())] if b_value else []
    add_private(dataset, 0x0019, "SIEMENS MR HEADER ", *elements)


def ge(dataset: Dataset, b_value: int, direction: tuple[float, ...]) -> None:
    dataset.Manufacturer = "GE MEDICAL SYSTEMS"
    dataset.ScanningSequence, dataset.InPlanePhaseEncodingDirection = ["EP", "RM"], "COL"
    parts = [(low_byte, "DS", f"{part}") for low_byte, part in zip((0xBB, 0xBC, 0xBD), direction, strict=True)]
    add_private(dataset, 0x0019, "GEMS_ACQU_01", *parts, (0xE0, "DS", "2"))
    add_private(dataset, 0x0043, "GEMS_PARM_01", (0x39, "IS", [f"{b_value}", "8", "0", "0"]))


def philips(dataset: Dataset, b_value: int, direction: tuple[float, ...]) -> None:
    dataset.Manufacturer = "Philips Medical Systems"
    add_private(dataset, 0x2001, "Philips Imaging DD 001", (0x03, "FL", float(b_value)), (0x04, "CS", "O"))
    parts = [(low_byte, "FL", part) for low_byte, part in zip((0xB0, 0xB1, 0xB2), direction, strict=True)]
    add_private(dataset, 0x2005, "Philips MR Imaging DD 001", *parts)
    dataset.DiffusionBValue, dataset.DiffusionGradientOrientation = float(b_value), list(direction)


VENDORS: dict[str, Writer] = {
    "standard": standard, "Siemens": siemens, "Siemens as bytes": siemens_as_bytes, "GE": ge, "Philips": philips,
}  # fmt: skip


def write_diffusion(folder: Path, write_vendor: Writer) -> None:
    """Write three volumes of two slices each."""
    for volume, (b_value, direction) in enumerate(VOLUMES):
        for position in range(2):
            dataset = mr_slice(2 * volume + position + 1, SIDE, position)
            dataset.AcquisitionNumber = dataset.TemporalPositionIdentifier = volume + 1
            dataset.SequenceName = f"*ep_b{b_value}"
            write_vendor(dataset, b_value, direction)
            save(folder, dataset)


def write_mosaics(folder: Path) -> None:
    """Write two volumes of four slices each, as Siemens tiles them, without its shadow header."""
    for volume in range(2):
        dataset = mr_slice(volume + 1, 2 * SIDE, 0)
        dataset.Manufacturer, dataset.AcquisitionNumber = "SIEMENS", volume + 1
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"]
        dataset.AcquisitionMatrix = [SIDE, 0, 0, SIDE]
        times = [0.0, 1000.0, 500.0, 1500.0]
        add_private(
            dataset, 0x0019, "SIEMENS MR HEADER", (0x0A, "US", 4), (0x28, "FD", 20.5), (0x29, "FD", times)
        )  # fmt: skip
        save(folder, dataset)


def mr_slice(number: int, side: int, position: int) -> Dataset:
    """Make a slice of a patient called Planted, oblique so that a lost geometry shows."""
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = MRImageStorage, f"1.2.3.{number}"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.FrameOfReferenceUID = "1.2.3", "1.2.3.0", "1.2.3.9"
    dataset.PatientName, dataset.PatientID, dataset.PatientBirthDate, dataset.PatientSex = "Planted", "4711", "", "O"
    dataset.Modality, dataset.ImageType = "MR", ["ORIGINAL", "PRIMARY", "M", "ND"]
    dataset.StudyDate = dataset.SeriesDate = dataset.AcquisitionDate = "20200301"
    dataset.StudyTime = dataset.SeriesTime = "101112"
    dataset.AcquisitionTime = f"1011{12 + number:02}"
    dataset.ScanningSequence, dataset.SequenceVariant, dataset.MRAcquisitionType = "EP", "SK", "2D"
    dataset.SeriesNumber, dataset.InstanceNumber = 3, number
    dataset.RepetitionTime, dataset.EchoTime, dataset.MagneticFieldStrength = "2000", "80", "3"
    dataset.SliceThickness, dataset.SpacingBetweenSlices, dataset.PixelSpacing = "2", "3", [2, 2]
    dataset.PatientPosition, dataset.ImageOrientationPatient = "HFS", [1, 0, 0, 0, 0.8, 0.6]
    dataset.ImagePositionPatient = [-16, round(-10 - 1.8 * position, 6), round(5 + 2.4 * position, 6)]
    dataset.Rows = dataset.Columns = side
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PixelRepresentation = 1, "MONOCHROME2", 0
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    pixels = (np.arange(side * side, dtype="<u2").reshape(side, side) * number) % 4096
    dataset.add(DataElement(0x7FE00010, "OW", pixels.tobytes()))
    return dataset


def save(folder: Path, dataset: Dataset) -> None:
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.save_as(folder / f"{dataset.InstanceNumber:04}.dcm", enforce_file_format=True)
