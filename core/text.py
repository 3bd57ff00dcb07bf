"""Compare texts as people read them: in one Unicode form, without case, with the quotes and dashes of a keyboard.

A database compares otherwise: SQLite knows the case of ASCII only, PostgreSQL that of its locale, and neither knows
that é may be one character or two. So tables store a folded text beside each name, and compare that.
"""

import unicodedata

QUOTES = {
    "'": "\u2018\u2019\u201a\u201b\u2032\u2039\u203a\u00b4\u0060\u02b9\u02bb\u02bc\u02bd\uff07",
    '"': "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\u02ba\uff02",
}
DASHES = {"-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"}
# Soft hyphen, zero-width space, non-joiner, joiner, direction marks, word joiner, byte order mark.
INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
PLAIN: dict[int, str | None] = {ord(other): plain for plain, others in (QUOTES | DASHES).items() for other in others}
PLAIN |= dict.fromkeys(map(ord, INVISIBLE))


def plain_punctuation(text: str) -> str:
    """Write typographic quotes and dashes as a keyboard does, leave invisible characters out, and spaces single."""
    return " ".join(text.translate(PLAIN).split())


def fold(text: str) -> str:
    """Return the text as it is compared: plain punctuation, without case, in NFC.

    Unicode 16, section 3.13, canonical caseless match (D145), for every language alike: ß equals ss, ς equals σ, and a
    Turkish ı or İ equals neither i nor I.
    """
    decomposed = unicodedata.normalize("NFD", plain_punctuation(text))
    return unicodedata.normalize("NFC", decomposed.casefold())
