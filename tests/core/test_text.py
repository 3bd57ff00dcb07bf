"""Names are compared as people read them."""

from unicodedata import normalize

from core.text import fold

EQUAL = [
    ("Ödem", "ÖDEM"), ("Ödem", "ödem"), ("Ödem", normalize("NFD", "Ödem")), ("é", "E\u0301"),
    ("Straße", "STRASSE"), ("Straße", "STRA\u1e9eE"), ("ΟΔΟΣ", "οδος"), ("οδος", "οδοσ"),
    ("İzmir", "i\u0307zmir"), ("Crohn's", "Crohn\u2019s"), ("Crohn's", "crohn\u02bcs"), ("Crohn's", "Crohn\u00b4s"),
    ("non-small", "non\u2013small"), ("non-small", "non\u2011small"), ('"x"', "\u201ex\u201c"),
    ("lung mass", "lung\u00a0mass"), ("lung mass", " lung  mass\t"),
    ("pneumonia", "pneu\u00admonia"), ("pneumonia", "pneumonia\u200b"),
    ("\u1f80", "\u1f88"), ("\u01c4", "\u01c6"), ("Å", "\u212b"), ("ﬁbrosis", "FIBROSIS"),
]  # fmt: skip
DIFFERENT = [("resume", "résumé"), ("KIRIK", "k\u0131r\u0131k"), ("o", "ø"), ("lungmass", "lung mass"), ("T1", "T2")]


def test_texts_that_read_alike_are_equal():
    assert [pair for pair in EQUAL if fold(pair[0]) != fold(pair[1])] == []


def test_texts_that_read_otherwise_differ():
    assert [pair for pair in DIFFERENT if fold(pair[0]) == fold(pair[1])] == []


def test_a_folded_text_stays_as_it_is():
    texts = {text for pair in EQUAL + DIFFERENT for text in pair}
    assert [
        text for text in texts if fold(fold(text)) != fold(text) or normalize("NFC", fold(text)) != fold(text)
    ] == []
