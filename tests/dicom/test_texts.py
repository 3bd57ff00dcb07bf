"""Code strings and short texts stay if they are Defined Terms, numbers of bounded length or words of devices."""

import itertools

import pytest
from pydicom import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import EnhancedMRImageStorage

from dicom.deidentification import header, rules
from dicom.deidentification.identity import Identity
from dicom.deidentification.pydicom_quiet import quietly
from dicom.deidentification.terms import defined_terms, is_defined_term
from dicom.deidentification.times import Shift
from dicom.deidentification.vocabulary import is_vocabulary, words
from tests.kit.cases import failures
from tests.kit.planted_texts import holding, planted_object, sop_classes, texts_of
from tests.kit.untrusted import SUBJECT, setting

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

# What is planted, and the Patient's Name and Patient ID of the object that it is planted in.
PLANTED = [
    ("ZQDOE JANE", "Zqdoe^Jane", "ZQ9"),
    ("DOEJANE", "Doe^Jane", "4711"),
    ("LI", "Li^Wu", "4711"),
    ("ZQ9", "Doe^Jane", "ZQ9"),
    ("王小东", "Wang=王^小东", "4711"),
    ("4711081500", "Doe^Jane", "4711081500"),
    ("SOMEONE ELSE", "Doe^Jane", "4711"),
    ("A12345", "Doe^Jane", "4711"),
    ("03.02.1937", "Doe^Jane", "4711"),
    ("山田", "Doe^Jane", "4711"),
]


def survivors(sop_class, planted):
    value, name, number = planted
    identity = Dataset()
    identity.PatientName, identity.PatientID = name, number
    with quietly():
        original = planted_object(sop_class, value, identity)
        assert len(holding(original, value)) > 40
        cleaning = header.Cleaning(SUBJECT, Shift(1, 0), Identity.of(original))
        return holding(header.clean_header(original, sop_class, cleaning), value)


def test_no_planted_value_stays_in_any_text_of_any_kind_of_image():
    """Each kind of image with one of the values, in turn."""
    cases = list(zip(sop_classes(), itertools.cycle(PLANTED), strict=False))
    assert len(cases) == len(sop_classes()) > 40
    found = {
        f"{sop_class} {planted[0]}": left for sop_class, planted in cases if (left := survivors(sop_class, planted))
    }
    assert found == {}


@pytest.mark.soak
def test_none_of_the_planted_values_stays_in_any_text_of_any_kind_of_image():
    cases = itertools.product(sop_classes(), PLANTED)
    found = {
        f"{sop_class} {planted[0]}": left for sop_class, planted in cases if (left := survivors(sop_class, planted))
    }
    assert found == {}


def test_no_sequence_without_content_stays_but_those_of_type_1_and_2():
    """A sequence of Type 1 needs items, one of Type 2 may be empty, and each functional group stands for a frame."""
    with quietly():
        original = planted_object(EnhancedMRImageStorage, "SOMEONE ELSE", Dataset())
        cleaning = header.Cleaning(SUBJECT, Shift(1, 0), Identity.of(original))
        copy = header.clean_header(original, EnhancedMRImageStorage, cleaning)
    types = list(hollow_sequences(copy, rules.allowed_in(EnhancedMRImageStorage)))
    assert "2" in types and set(types) <= {"1", "2", "2C"}


def hollow_sequences(level, allowed):
    """Yield the Type of each sequence without content."""
    for element in level:
        if element.VR == "SQ":
            for item in element.value:
                yield from hollow_sequences(item, rules.allowed_under(int(element.tag)))
            if not any(len(item) for item in element.value) and int(element.tag) not in header.FUNCTIONAL_GROUPS:
                yield allowed[int(element.tag)]


def test_a_defined_term_stays():
    with quietly():
        original = planted_object("1.2.840.10008.5.1.4.1.1.2", "NONE", Dataset())
        cleaning = header.Cleaning(SUBJECT, Shift(1, 0), Identity.of(original))
        copy = header.clean_header(original, original.SOPClassUID, cleaning)
    kept = {element.keyword for element in texts_of(copy) if element.value == "NONE"}
    allowed = {keyword for keyword in kept if is_defined_term(keyword, "NONE")}
    assert len(allowed) > 2


# Real values, by attribute.
REAL = {
    "ImageType": ["ORIGINAL\\PRIMARY\\AXIAL", "DERIVED\\SECONDARY\\MPR", "ORIGINAL\\PRIMARY\\M\\ND\\NORM",
                  "DERIVED\\PRIMARY\\DIFFUSION\\ADC", "ORIGINAL\\PRIMARY\\M_SE\\M\\SE", "DERIVED\\SECONDARY\\CSA MPR"],
    "BodyPartExamined": ["CHEST", "HEAD", "CSPINE", "WHOLE BODY", "ABDOMEN", "chest"],
    "Modality": ["CT"],
    "PatientPosition": ["HFS", "FFDR"],
    "PhotometricInterpretation": ["MONOCHROME2"],
    "ScanOptions": ["HELICAL MODE", "AXIAL MODE", "SCOUT MODE", "CINE MODE"],
    "RotationDirection": ["CW"],
    "ConvolutionKernel": ["B30f", "STANDARD", "Br40d\\3", "BONEPLUS", "I70f\\2", "FC51", "LUNG"],
    "Manufacturer": ["SIEMENS", "GE MEDICAL SYSTEMS", "Philips Medical Systems", "TOSHIBA", "Siemens Healthineers",
                     "FUJI PHOTO FILM CO. LTD."],
    "ManufacturerModelName": ["SOMATOM Definition AS+", "LightSpeed VCT", "Aquilion ONE", "Biograph 64"],
    "SoftwareVersions": ["syngo CT VA48A", "2.6.3", "VE11C", "R1.0.D"],
    "RescaleType": ["HU"],
    "WindowCenterWidthExplanation": ["WINDOW1\\WINDOW2", "BRAIN\\BONE", "SOFT_TISSUE"],
    "FilterType": ["BODY FILTER", "HEAD FILTER", "FLAT", "LARGE BOWTIE FIL"],
}  # fmt: skip


def test_real_values_stay(clean):
    def check(case):
        keyword, value = case
        values = value.split("\\")
        copy, _ = clean(setting(**{keyword: values if len(values) > 1 else value}))
        held = copy[keyword].value
        assert (held if isinstance(held, str) else list(held)) == (values if len(values) > 1 else value)

    cases = [(keyword, value) for keyword, texts in REAL.items() for value in texts]
    assert failures(cases, check, name=lambda case: "=".join(case)) == {}


def test_one_value_of_image_type_that_may_not_stay_costs_no_other(clean):
    copy, _ = clean(setting(PatientName="Zqdoe^Jane", ImageType=["ORIGINAL", "PRIMARY", "ZQDOE JANE"]))
    assert list(copy.ImageType) == ["ORIGINAL", "PRIMARY", "OTHER"]


def test_one_software_version_that_may_not_stay_costs_no_other(clean):
    copy, _ = clean(setting(SoftwareVersions=["VE11C", "Anna's own"]))
    assert copy.SoftwareVersions == "VE11C"


@pytest.mark.parametrize("text", ["LUNG 2", "ZQ", "20200301", "Anna"])
def test_the_explanation_of_a_window_is_a_term_or_a_vocabulary_word(text, clean):
    copy, _ = clean(setting(WindowCenterWidthExplanation=text))
    assert ("WindowCenterWidthExplanation" in copy) == (text == "LUNG 2")


TOO_LONG = [
    "12345",
    "4711081500",
    "B1234",
    "A123",
    "12 34 56",
    "03.02.37",
    "3.2.1937",
    "1937-02-03",
    "555-1234",
    "1.2.840.10008",
]
NO_WORDS = ["Anna", "ZQ9", "王小东", "Люкс", "Müller", "AX T2 ANNA", "dr. p", "T2\n4711", "x" * 64, "FLAIRANNA"]
TECHNIQUE = [
    "AX T2 FLAIR",
    "B30f",
    "ep_b1000t#12",
    "*tfl3d1",
    "syngo MR E11",
    "5mm",
    "120kV",
    "3T",
    "T1W/SE",
    "t1_vibe_fs_tra",
    "",
]


def test_the_vocabulary_knows_technique_and_no_person():
    assert [text for text in TOO_LONG + NO_WORDS if is_vocabulary(text)] == []
    assert [text for text in TECHNIQUE if not is_vocabulary(text)] == []


def test_no_common_name_is_a_word_of_the_vocabulary():
    """Names that are also words of technique are caught by the comparison with the names of the object."""
    names = (
        "smith johnson brown jones garcia miller davis anna jane john maria peter wang zhang chen liu yang huang "
        "zhao kim lee park choi tanaka suzuki nguyen tran pham singh kumar patel khan ali mohammed"
    )
    assert words().isdisjoint(names.split())


def test_a_number_that_is_the_patients_record_number_goes(clean):
    copy, _ = clean(setting(PatientID="4711081", SeriesNumber="4711081", AcquisitionNumber="4711082"))
    assert copy.get("SeriesNumber") is None and copy.AcquisitionNumber == 4711082


def test_a_text_in_place_of_a_number_and_a_number_in_place_of_a_text_go(clean):
    def change(dataset):
        dataset.add_new("Manufacturer", "IS", "4711")
        dataset.add_new("SliceThickness", "CS", "HEAD")

    copy, _ = clean(change)
    assert not copy.get("Manufacturer") and not copy.get("SliceThickness")


@pytest.mark.parametrize(("vr", "value"), [("LO", "ZQDOE JANE"), ("OW", b"ZQDOE JANE"), ("OB", b"Li"), ("UN", b"ZQ9 ")])
def test_a_text_in_place_of_a_table_goes(vr, value, clean):
    copy, _ = clean(lambda dataset: dataset.add_new("RedPaletteColorLookupTableData", vr, value))
    assert copy.get("RedPaletteColorLookupTableData") in (None, b"\0\0", "REMOVED")


def test_a_unit_that_is_a_name_is_no_unit(clean):
    def change(dataset):
        item = Dataset()
        item.CodingSchemeDesignator, item.CodeValue, item.CodeMeaning = "UCUM", "doe", "doe"
        dataset.AnatomicRegionSequence = Sequence([item])

    copy, _ = clean(change)
    assert "AnatomicRegionSequence" not in copy


def test_body_part_has_its_terms_and_hundreds_of_attributes_have_theirs():
    assert {"CHEST", "HEAD", "ABDOMENPELVIS"} <= defined_terms("BodyPartExamined")
    assert defined_terms("PatientComments") == frozenset()


def test_names_deep_in_a_sequence_that_no_copy_holds_are_searched_for(clean):
    def change(dataset):
        item = Dataset()
        item.PatientName = "Filter^Flat"
        dataset.ReferencedPatientAliasSequence = Sequence([item])
        dataset.FilterType, dataset.ConvolutionKernel = "FLAT", "STANDARD"

    copy, _ = clean(change)
    assert "FilterType" not in copy and copy.ConvolutionKernel == "STANDARD"
