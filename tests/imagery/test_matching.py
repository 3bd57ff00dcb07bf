"""Two descriptions of a patient contradict each other only in facts that both know."""

from imagery.matching import Person, is_placeholder, is_placeholder_name

ONE_PERSON = [
    ("DOE^JANE", "Doe^Jane^^Dr"),
    ("Doe^Jane", "Doe^Jane^^^"),
    ("Doe ^ Jane ", "Doe^Jane"),
    ("Doe^Jane", "Jane Doe"),
    ("Doe, Jane", "Doe^Jane"),
    ("Doe", "Doe^Jane"),
    ("Doe^Jane", "Doe^Jane Mary"),
    ("Doe^Jane", "Doe^Jane^Mary"),
    ("Doe^Jane^M.", "Doe^Jane^Mary"),
    ("Doe^Jane^Mary", "Doe^Jane^^Mrs^PhD"),
    ("Müller^Jörg", "Mu\u0308ller^Jo\u0308rg"),
    ("STRASSE^ANNA", "Straße^Anna"),
    ("O'Brien^Ann", "O\u2019BRIEN^ANN"),
    ("Van Den Berg^Jan", "VandenBerg^Jan"),
    ("Yamada^Tarou", "Yamada^Tarou=山田^太郎=やまだ^たろう"),
    ("Yamada^Tarou=山田^太郎", "YAMADA^TAROU=山田^太朗"),
    ("=山田^太郎", "Yamada^Tarou=山田^太郎"),
    ("ﾔﾏﾀﾞ^ﾀﾛｳ", "ヤマダ^タロウ"),
    ("ANONYMOUS", "Doe^Jane"),
    ("Unknown^Unknown", "Doe^Jane"),
    ("Anonymous^0017", "Doe^Jane"),
    ("^^^^", "Doe^Jane"),
    ("", "Doe^Jane"),
]
TWO_PEOPLE = [
    ("Doe^Jane", "Smith^Jane"),
    ("Doe^Jane", "Doe^John"),
    ("Doe^Jane", "Smith-Doe^Jane"),
    ("Doe^John^^^Jr", "Doe^John^^^Sr"),
    ("Doe^Jane^Mary", "Doe^Jane^Ann"),
    ("Jane Doe", "Smith^Jane"),
    ("Thomas^James", "James^Thomas"),
    ("Doe", "Smith"),
    ("=山田^太郎", "=山田^花子"),
    ("Li^Na", "Li^Wei"),
]
NO_NUMBERS = (
    "ANONYMOUS", "anonymous", "Anon", "ANONYMIZED", "0", "00000", "000-00-0000", "UNKNOWN", "NONE", "N/A", "n.a.",
    "TEST", "-", ".", "?", "XXXX", "x", "9999", "", "   ", "NOID", "No ID", "null", "UNK", "０００",
)  # fmt: skip
NUMBERS = ("1", "10", "11", "007", "MRN-4711", "1CT1", "ANON001", "TEST-12", "X100", "123", "A")


def test_names_contradict_only_if_a_part_that_both_have_differs():
    wrong = [pair for pair in ONE_PERSON if contradict(*pair) or contradict(*reversed(pair))]
    wrong += [pair for pair in TWO_PEOPLE if not (contradict(*pair) and contradict(*reversed(pair)))]
    assert wrong == []


def contradict(one: str, other: str) -> bool:
    return bool(Person(name=one).contradictions(Person(name=other)))


def test_each_fact_contradicts_by_itself_and_an_absent_one_never_does():
    jane = Person("Doe^Jane", record_number="1", issuer="A", birth_date="1970-05-17", sex="F")
    cases = {
        "all alike": (Person("DOE^JANE", record_number="1", issuer="A", birth_date="1970-05-17", sex="F"), []),
        "nothing known": (Person(), []),
        "sex": (Person(sex="M"), ["sex"]),
        "birth date": (Person("Doe^Jane", birth_date="1970-05-18"), ["birth date"]),
        "name and sex": (Person("Roe^Bob", sex="O"), ["name", "sex"]),
        "number of the same issuer": (Person(record_number="2", issuer="A"), ["record number"]),
        "number without an issuer": (Person(record_number="2"), ["record number"]),
        "number of another issuer": (Person(record_number="2", issuer="B"), []),
        "another person's number": (Person(record_number="2", other_ids=("3",)), ["record number"]),
        "another number of hers": (Person(record_number="2", other_ids=("1",)), []),
        "no number": (Person(record_number="UNKNOWN"), []),
    }
    wrong = {
        name: jane.contradictions(other)
        for name, (other, right) in cases.items()
        if jane.contradictions(other) != right
    }
    assert wrong == {}


def test_placeholders_are_no_record_numbers():
    assert [text for text in NO_NUMBERS if not is_placeholder(text)] == []
    assert [text for text in NUMBERS if is_placeholder(text)] == []


def test_a_name_of_placeholders_alone_is_none():
    assert is_placeholder_name("Anonymous^Patient") and is_placeholder_name("TEST^0001") and is_placeholder_name("^")
    assert not is_placeholder_name("Test^Anna") and not is_placeholder_name("Null^Jane")


def test_a_person_names_nobody_in_a_log():
    assert repr(Person("Doe^Jane", record_number="1", birth_date="1970-05-17", sex="F")) == "Person()"
