"""Names and texts as devices write them, in the character sets that they name, misspell or leave out."""

import pytest
from pydicom.charset import python_encoding

from dicom.visits import open_file
from tests.kit import hostile
from tests.kit.cases import failures
from tests.kit.hostile import element
from tests.kit.untrusted import describe

pytestmark = pytest.mark.filterwarnings("ignore")

LATIN, POLISH, RUSSIAN, CHINESE = "Grün^Zoé", "Żółć^Łucja", "Лисица^Анна", "狐狸^一"
GREEK, JAPANESE, KOREAN = "Αλεπού^Άννα", "ｷﾂﾈ^ｲﾁ", "여우^일"


def named(charset, name):
    """An image whose patient has this name."""
    terms = b"" if charset is None else element(0x00080005, "CS", charset)
    image = hostile.image(extra=element(0x00100010, "PN", name))
    return hostile.part10(terms + image + element(hostile.PIXELS, "OW", bytes(16)))


CASES = {  # the term and the bytes, and the name that is meant
    "Latin 1": (b"ISO_IR 100", LATIN.encode("latin-1"), LATIN),
    "nothing declared": (None, LATIN.encode("latin-1"), LATIN),
    "an empty term": (b"", LATIN.encode("latin-1"), LATIN),
    "UTF-8 that is not declared": (None, POLISH.encode(), POLISH),
    "UTF-8 declared as Latin 1": (b"ISO_IR 100", POLISH.encode(), POLISH),
    "UTF-8 declared as nonsense": (b"KLINGON", POLISH.encode(), POLISH),
    "UTF-8 declared as ASCII": (b"ISO_IR 6", CHINESE.encode(), CHINESE),
    "Latin 1 that has one UTF-8 letter": (None, "Grün^".encode("latin-1") + "é".encode(), "Grün^Ã©"),
    "Latin 2 is believed": (b"ISO_IR 101", "ÄŤ".encode("iso8859-2"), "ÄŤ"),
    "a dash": (b"ISO-IR 100", LATIN.encode("latin-1"), LATIN),
    "an underscore": (b"ISO_IR_192", POLISH.encode(), POLISH),
    "no separators": (b"ISOIR192", POLISH.encode(), POLISH),
    "a dash in an extension": (b"\\ISO-2022-IR-87", b"\x1b$B8Q\x1b(B", "狐"),
    "lower case": (b"iso_ir 101", POLISH.encode("iso8859-2"), POLISH),
    "blanks around": (b" ISO_IR 144 ", RUSSIAN.encode("iso8859-5"), RUSSIAN),
    "zeros behind": (b"ISO_IR 126\0\0", GREEK.encode("iso8859-7"), GREEK),
    "the word UTF-8": (b"UTF-8", POLISH.encode(), POLISH),
    "the word utf8": (b"utf8", POLISH.encode(), POLISH),
    "the word Latin1": (b"LATIN1", LATIN.encode("latin-1"), LATIN),
    "ISO 8859-2": (b"ISO 8859-2", POLISH.encode("iso8859-2"), POLISH),
    "ISO-8859-15": (b"ISO-8859-15", "Zoé€".encode("iso8859-15"), "Zoé€"),
    "ISO_IR 203": (b"ISO_IR 203", "Zoé€".encode("iso8859-15"), "Zoé€"),
    "Windows 1252": (b"WINDOWS_1252", "Grün^Zoé’".encode("cp1252"), "Grün^Zoé’"),
    "Windows-1250": (b"Windows-1250", POLISH.encode("cp1250"), POLISH),
    "cp1251": (b"cp1251", RUSSIAN.encode("cp1251"), RUSSIAN),
    "CP 1253": (b"CP 1253", "Αλεπού".encode("cp1253"), "Αλεπού"),
    "KOI8-R": (b"KOI8-R", RUSSIAN.encode("koi8_r"), RUSSIAN),
    "a code page of DOS": (b"IBM850", LATIN.encode("cp850"), LATIN),
    "the number of a code page": (b"1251", RUSSIAN.encode("cp1251"), RUSSIAN),
    "GBK": (b"GBK", CHINESE.encode("gbk"), CHINESE),
    "gb2312": (b"gb2312", CHINESE.encode("gb2312"), CHINESE),
    "CP936": (b"CP936", CHINESE.encode("gbk"), CHINESE),
    "Big5": (b"Big5", "狐狸".encode("big5"), "狐狸"),
    "Shift JIS": (b"Shift_JIS", JAPANESE.encode("shift_jis"), JAPANESE),
    "EUC-KR": (b"EUC-KR", KOREAN.encode("euc_kr"), KOREAN),
    "Korean": (b"\\ISO 2022 IR 149", b"\x1b$)C" + "여우".encode("euc_kr"), "여우"),
    "Chinese": (b"\\ISO 2022 IR 58", b"Li=\x1b$)A" + "狐狸".encode("gb2312"), "Li=狐狸"),
    "Chinese in two groups": (
        b"\\ISO 2022 IR 58", b"\x1b$)A" + "狐狸".encode("gb2312") + b"^\x1b$)A" + "一".encode("gb2312"), CHINESE,
    ),
    "Chinese with Latin 1 in front": (
        b"ISO 2022 IR 100\\ISO 2022 IR 58", b"\x1b$)A" + "狐狸".encode("gb2312"), "狐狸",
    ),
    "a codec of Python that is none for text": (b"zlib", LATIN.encode("latin-1"), LATIN),
    "nonsense": (b"KLINGON", LATIN.encode("latin-1"), LATIN),
    "nonsense behind a term": (b"ISO_IR 101\\KLINGON", POLISH.encode("iso8859-2"), POLISH),
    "bytes that are no text": (b"\xff\xfe\x00", LATIN.encode("latin-1"), LATIN),
}  # fmt: skip


def test_names_are_read_as_they_are_meant():
    def check(name):
        charset, written, meant = CASES[name]
        assert describe(named(charset, written)).patient.name == meant

    assert failures(CASES, check) == {}


TERMS = {*python_encoding, *(case[0].decode("latin-1") for case in CASES.values() if case[0])}


def test_every_character_set_is_read_in_a_fresh_sandbox(new_pool, tmp_path):
    """A codec that a library loads on first use cannot be loaded there."""
    processes = new_pool()

    def check(term):
        content = named(term.encode("latin-1"), b"Fox^\xc4\xe3\x1b$B8Q")
        (tmp_path / "file").write_bytes(content)
        with (tmp_path / "file").open("rb") as file, open_file(file, processes) as visit:
            assert visit.describe() == describe(content)

    assert failures(TERMS, check) == {}
