"""The names, numbers and places of an object are found in whatever would stay, in any script, order and spelling."""

import pytest
from pydicom import Dataset
from pydicom.sequence import Sequence

from dicom.deidentification.identity import Identity
from tests.kit.cases import failures

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def identity(**values):
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return Identity.of(dataset)


# Patient's Name, and texts that hold it.
NAMED = [
    ("Doe^Jane", ["DOE", "jane doe", "Doe, Jane", "JANE_DOE", "doejane", "xdoejanex", "jdoe", "DoeJ", "doe1"]),
    ("Li^Wu", ["LI", "wu", "Li Wu", "WU_LI", "liwu", "AX LI", "li2"]),
    ("Bo", ["BO", "scan of bo"]),
    ("Müller^Jürgen", ["MULLER", "Mueller", "mu\u0308ller", "JUERGEN", "ＭＵＬＬＥＲ"]),
    ("Mueller", ["Müller"]),
    ("Ødegård^Åse", ["odegard", "Oedegaard", "ÅSE"]),
    ("Łoś", ["los"]),
    ("O'Brien^Séan", ["OBRIEN", "brien", "Sean"]),
    ("Strauß", ["STRAUSS"]),
    ("Wang^XiaoDong=王^小东", ["WANG", "xiaodong", "王小东", "小东", "病人王", "DongX wang"]),
    ("Yamada^Tarou=山田^太郎=やまだ^たろう", ["山田", "太郎さん", "やまだ", "YAMADA"]),
    ("ﾔﾏﾀﾞ^ﾀﾛｳ", ["ヤマダ", "タロウ"]),
    ("Hong^Gildong=洪^吉洞=홍^길동", ["홍길동", "길동", "洪", "GILDONG", "\u1112\u1169\u11bc"]),
    ("Петров^Иван", ["ПЕТРОВ", "иванпетров"]),
    ("Παπαδόπουλος", ["ΠΑΠΑΔΟΠΟΥΛΟΣ"]),
    ("Van der Berg^Anna Maria", ["Berg", "annamaria", "VANDERBERG"]),
]  # fmt: skip


def test_a_name_is_found_in_each_spelling():
    def check(case):
        name, texts = case
        assert [text for text in texts if not identity(PatientName=name).is_mentioned_in(text)] == []

    assert failures(NAMED, check, name=lambda case: case[0]) == {}


def test_other_words_are_no_names():
    nobody = identity(PatientName="Li^Wu^J", PatientID="7", InstitutionName="X")
    texts = ["AXIAL", "T2 FLAIR", "LIVER", "B30f", "J", "7", "LIN", "WULF", ""]
    assert [text for text in texts if nobody.is_mentioned_in(text)] == []


RECORDS = [
    ("PatientID", "ZQ9", ["ZQ9", "zq9", "ZQ-9", "head ZQ9"]),
    ("PatientID", "0004711", ["4711", "0004711", "x4711x"]),
    ("PatientID", "MRN-4711-2", ["4711", "mrn47112"]),
    ("OtherPatientIDs", "4711", ["4711"]),
    ("AccessionNumber", "A12", ["A12"]),
    ("InstitutionName", "Acme Hospital", ["acme hospital", "ACME_HOSPITAL CT"]),
    ("StationName", "CT9", ["CT9", "ct 9"]),
    ("DeviceSerialNumber", "55821", ["55821"]),
    ("PatientBirthDate", "19370203", ["19370203", "03.02.1937", "03-02-37", "370203", "02/03/1937"]),
    ("ClinicalTrialSubjectID", "S-0815", ["0815"]),
    ("OperatorsName", "Bo^Li", ["BO"]),
    ("ReferringPhysicianName", "Weiß^Eva", ["weiss"]),
    ("NameOfPhysiciansReadingStudy", ["Abel^A", "Kain^B"], ["Kain"]),
]


def test_records_places_and_every_person_are_found():
    def check(case):
        keyword, value, texts = case
        assert [text for text in texts if not identity(**{keyword: value}).is_mentioned_in(text)] == []

    assert failures(RECORDS, check, name=lambda case: f"{case[0]} {case[1]}") == {}


def test_a_name_inside_two_sequences_is_found():
    inner, outer = Dataset(), Dataset()
    inner.PersonName = "Deep^Anna"
    outer.PersonIdentificationCodeSequence = Sequence([inner])
    assert identity(RequestAttributesSequence=Sequence([outer])).is_mentioned_in("DEEP")


@pytest.mark.parametrize(("value", "is_record"), [(4711081, True), ("4711081.0", True), (4711082, False), (471, False)])
def test_a_record_number_is_found_among_numbers(value, is_record):
    assert identity(PatientID="04711081", AccessionNumber="471").has_number(value) == is_record
