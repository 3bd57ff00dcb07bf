"""Private numbers that research needs stay, however their creator is spelled and their VR was lost; texts never do."""

import struct
from io import BytesIO

import pytest
from pydicom import dcmread, dcmwrite
from pydicom.data import get_testdata_file
from pydicom.dataelem import DataElement
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from tests.kit.untrusted import deidentify, setting

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

SIEMENS, PHILIPS, PHILIPS_MR = "SIEMENS MR HEADER", "Philips Imaging DD 001", "Philips MR Imaging DD 001"
GE, GE_PARAMETERS = "GEMS_ACQU_01", "GEMS_PARM_01"
ENCODED = {
    "FL": struct.pack("<f", 1000), "FD": struct.pack("<3d", 0, 0.6, 0.8), "IS": b"1000\\8\\0\\0 ", "US": b"\x24\0",
}  # fmt: skip

# name: creator, group, low byte, VR and value as sent, VR and value in the copy
STAY = {
    "Siemens b-value": (SIEMENS, 0x0019, 0x0C, "IS", "1000", "IS", 1000),
    "Siemens b-value as OB": (SIEMENS, 0x0019, 0x0C, "OB", b"1000", "IS", 1000),
    "Siemens b-value as UN": (SIEMENS, 0x0019, 0x0C, "UN", b"50\0\0", "IS", 50),
    "Siemens direction": (SIEMENS, 0x0019, 0x0E, "FD", [0.0, 0.6, 0.8], "FD", [0.0, 0.6, 0.8]),
    "Siemens direction as OB": (SIEMENS, 0x0019, 0x0E, "OB", ENCODED["FD"], "FD", [0.0, 0.6, 0.8]),
    "Siemens directionality": (SIEMENS, 0x0019, 0x0D, "CS", "DIRECTIONAL", "CS", "DIRECTIONAL"),
    "Siemens directionality as UN": (SIEMENS, 0x0019, 0x0D, "UN", b"NONE", "CS", "NONE"),
    "Siemens b-matrix": (SIEMENS, 0x0019, 0x27, "FD", [1.0, 2, 3, 4, 5, 6], "FD", [1.0, 2, 3, 4, 5, 6]),
    "Siemens mosaic": (SIEMENS, 0x0019, 0x0A, "US", 36, "US", 36),
    "Siemens mosaic as UN": (SIEMENS, 0x0019, 0x0A, "UN", ENCODED["US"], "US", 36),
    "Siemens bandwidth": (SIEMENS, 0x0019, 0x28, "FD", 20.5, "FD", 20.5),
    "Siemens slice times": (SIEMENS, 0x0019, 0x29, "FD", [0.0, 1150.0, 55.5], "FD", [0.0, 1150.0, 55.5]),
    "a creator in lower case": ("siemens mr header", 0x0019, 0x0C, "IS", "1000", "IS", 1000),
    "a creator with blanks": (" SIEMENS  MR HEADER  ", 0x0019, 0x0C, "IS", "1000", "IS", 1000),
    "Philips b-value": (PHILIPS, 0x2001, 0x03, "FL", 1000.0, "FL", 1000.0),
    "Philips b-value as UN": (PHILIPS, 0x2001, 0x03, "UN", ENCODED["FL"], "FL", 1000.0),
    "Philips b-value as text": ("PHILIPS IMAGING DD 001", 0x2001, 0x03, "UN", b"1000", "FL", 1000.0),
    "Philips direction": (PHILIPS_MR, 0x2005, 0xB0, "FL", 0.5, "FL", 0.5),
    "Philips isotropic": (PHILIPS, 0x2001, 0x04, "CS", "I", "CS", "I"),
    "GE b-value": (GE_PARAMETERS, 0x0043, 0x39, "IS", ["1000", "8", "0", "0"], "IS", [1000, 8, 0, 0]),
    "GE b-value as UN": (GE_PARAMETERS, 0x0043, 0x39, "UN", ENCODED["IS"], "IS", [1000, 8, 0, 0]),
    "GE b-value as LO": (GE_PARAMETERS, 0x0043, 0x39, "LO", ["1000000050", "8"], "IS", [1000000050, 8]),
    "GE direction": (GE, 0x0019, 0xBB, "DS", "0.5773", "DS", 0.5773),
    "UIH b-value": ("Image Private Header", 0x0065, 0x09, "FD", 700.0, "FD", 700.0),
    "PET factor": ("Philips PET Private Group", 0x7053, 0x00, "DS", "1.5", "DS", 1.5),
}
GO = {
    "a text in place of a b-value": (SIEMENS, 0x0019, 0x0C, "OB", b"Anna"),
    "an LO in place of a b-value": (GE_PARAMETERS, 0x0043, 0x39, "LO", "Anna Planted"),
    "a text of the right length": (PHILIPS_MR, 0x2005, 0xB0, "LO", "Anna"),
    "a name of the right length as OB": (SIEMENS, 0x0019, 0x0E, "OB", b"PLANTEDS"),
    "a person name of the right length as UN": (SIEMENS, 0x0019, 0x15, "UN", b"DOE^JANE"),
    "a name and a year of the right length as OB": (SIEMENS, 0x0019, 0x0E, "OB", b"ANNA1937"),
    "initials in place of a count": (SIEMENS, 0x0019, 0x0A, "UN", b"AP"),
    "a number and a text": (GE_PARAMETERS, 0x0043, 0x39, "UN", b"1000\\Anna"),
    "a name for a directionality": (SIEMENS, 0x0019, 0x0D, "CS", "ANNA"),
    "half a number": (SIEMENS, 0x0019, 0x0A, "UN", b"\x01\x02\x03"),
    "not a number": (PHILIPS, 0x2001, 0x03, "UN", struct.pack("<f", float("nan"))),
    "a thousand numbers": (SIEMENS, 0x0019, 0x29, "UN", bytes(8 * 400)),
    "eleven digits": (SIEMENS, 0x0019, 0x0C, "UN", b"47110815001"),
    "an element that no table has": (SIEMENS, 0x0019, 0x08, "IS", "1000"),
    "another creator": ("ACME", 0x0019, 0x0C, "IS", "1000"),
    "a creator that begins alike": ("SIEMENS MR HEADER Anna", 0x0019, 0x0C, "IS", "1000"),
    "the shadow data of Siemens": ("SIEMENS CSA HEADER", 0x0029, 0x10, "OB", b"SV10 PatientName Anna"),
}
SYNTAXES = [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian]


def copied(tmp_path, creator, group, low_byte, vr, value, block=0x10, syntax=ExplicitVRLittleEndian):
    """Copy an MR with this one private element, and return what is left of its group."""
    dataset = dcmread(get_testdata_file("MR_small.dcm", download=False))
    for tag in [tag for tag in dataset.keys() if tag.is_private]:  # noqa: SIM118 would decode
        del dataset[tag]
    dataset.add(DataElement(group << 16 | block, "LO", creator))
    dataset.add(DataElement(group << 16 | block << 8 | low_byte, vr, value))
    dataset.file_meta.TransferSyntaxUID = syntax
    stream = BytesIO()
    dcmwrite(stream, dataset, implicit_vr=syntax.is_implicit_VR, little_endian=syntax.is_little_endian)
    (tmp_path / "original").write_bytes(stream.getvalue())
    deidentify(tmp_path / "original", tmp_path / "copy")
    copy = dcmread(tmp_path / "copy")
    return {tag & 0xFFFF: copy[tag] for tag in copy.keys() if tag.group == group}  # noqa: SIM118 would decode


@pytest.mark.parametrize("block", [0x10, 0x42])
def test_a_safe_number_stays_with_its_creator_in_any_block(block, tmp_path):
    wrong = {}
    for name, (creator, group, low_byte, vr, value, right_vr, right) in STAY.items():
        left = copied(tmp_path, creator, group, low_byte, vr, value, block)
        element = left.get(block << 8 | low_byte)
        if element is None or (element.VR, element.value) != (right_vr, right) or left[block].value != creator.strip():
            wrong[name] = left
    assert wrong == {}


def test_a_text_or_an_unknown_attribute_goes_with_its_creator(tmp_path):
    assert {name: left for name, case in GO.items() if (left := copied(tmp_path, *case))} == {}


def test_a_text_in_place_of_a_number_goes_from_a_file_without_value_representations(tmp_path):
    typed = [b"PLANTEDS", b"DOE^JANE", b"ANNA1937"]
    cases = {text: copied(tmp_path, SIEMENS, 0x0019, 0x0E, "OB", text, syntax=ImplicitVRLittleEndian) for text in typed}
    assert {text: left for text, left in cases.items() if left} == {}


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda syntax: syntax.name)
def test_binary_numbers_are_read_in_the_order_of_the_file(syntax, tmp_path):
    left = copied(tmp_path, PHILIPS, 0x2001, 0x03, "FL", 1000.0, syntax=syntax)
    assert left[0x1003].value == 1000.0


def test_an_item_of_a_sequence_keeps_its_safe_numbers(clean):
    def change(dataset):
        source = dcmread(get_testdata_file("MR_small.dcm", download=False))
        source.clear()
        source.private_block(0x0019, SIEMENS, create=True).add_new(0x0C, "IS", "1000")
        dataset.ReferencedImageSequence = [source]

    copy, _ = clean(change)
    assert copy.ReferencedImageSequence[0].private_block(0x0019, SIEMENS)[0x0C].value == 1000


def test_classic_mr_keeps_the_standard_attributes_of_diffusion_and_place(tmp_path):
    dataset = dcmread(get_testdata_file("MR_small.dcm", download=False))
    right = {
        "DiffusionBValue": 1000.0, "DiffusionGradientOrientation": [0.0, 0.6, 0.8], "SpacingBetweenSlices": 3,
        "StackID": "1", "InStackPositionNumber": 4, "TemporalPositionIndex": 2, "TemporalPositionIdentifier": 2,
        "NumberOfTemporalPositions": 30, "TemporalResolution": 2000, "TriggerTime": 12.5, "NominalInterval": 900,
        "DiffusionDirectionality": "DIRECTIONAL",
    }  # fmt: skip
    setting(**right)(dataset)
    dataset.save_as(tmp_path / "original")
    deidentify(tmp_path / "original", tmp_path / "copy")
    copy = dcmread(tmp_path / "copy")
    assert {keyword: copy.get(keyword) for keyword in right} == right


def test_a_diffusion_value_that_is_text_goes(tmp_path):
    dataset = dcmread(get_testdata_file("MR_small.dcm", download=False))
    dataset.DiffusionDirectionality = "Planted^Anna"
    dataset.save_as(tmp_path / "original")
    deidentify(tmp_path / "original", tmp_path / "copy")
    assert b"Planted" not in (tmp_path / "copy").read_bytes()
