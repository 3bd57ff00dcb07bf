"""How codes are found by words: the database's own full-text index, best first."""

import re
import unicodedata
from typing import Any

from django.db import models
from django.db.models import Case, F, When


def folded(text: str) -> str:
    """Text in one case, so that databases that know only ASCII compare it too (Unicode, section 3.13)."""
    return unicodedata.normalize("NFC", text).casefold()


def searchable(code: str, title: str) -> str:
    """What search reads of a code: lower-case words, the code itself without its dot as the first of them."""
    return f"{code.replace('.', '').lower()} {' '.join(words_of(title))}"


def words_of(text: str) -> list[str]:
    """Words of letters and digits without accents; a dotted code is one word."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.findall(r"[a-z0-9]+", re.sub(r"\b([a-z]?\d\w+)\.(\w+)", r"\1\2", plain))


class Matches(models.Func):
    """Whether every word begins one of a code's searchable words, by the database's own full-text index."""

    output_field = models.BooleanField()

    def __init__(self, words: list[str]) -> None:
        self.wanted = words
        super().__init__(F("pk"), F("words"))

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, tuple[str | int, ...]]:
        key, _ = compiler.compile(self.source_expressions[0])
        match = " ".join(f'"{word}"*' for word in self.wanted)
        found = "(SELECT id FROM disease_code_search WHERE disease_code_search MATCH %s)"
        return f"{key} IN {found}", (match,)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, tuple[str | int, ...]]:
        words, _ = compiler.compile(self.source_expressions[1])
        match = " & ".join(f"{word}:*" for word in self.wanted)
        return f"to_tsvector('simple', {words}) @@ to_tsquery('simple', %s)", (match,)


PLACES = 10_000_000  # more than any system has entries


def rank_of(text: str) -> models.Expression:
    """0 exactly this code, 1 a code that begins so, 2 a title that begins so, 3 the rest; then by place.

    One number for both, unique in a system, so that a cursor can point at it.
    """
    text = text.strip()
    kind = Case(
        When(code__iexact=text, then=0),
        When(code__istartswith=text, then=1),
        When(title__istartswith=text, then=2),
        default=3,
        output_field=models.IntegerField(),
    )
    return kind * PLACES + F("position")
