"""Search codes by words with the database's own full-text index, best match first."""

import re
import unicodedata

from django.db import models
from django.db.models import Case, F, When
from django.db.models.sql.compiler import SQLCompiler

from core.text import fold, plain_punctuation


def search_words(code: str, title: str) -> str:
    """Return the words by which search finds a code: first the code without its dot, then its title, folded."""
    return f"{code.replace('.', '').lower()} {' '.join(words_of(title))}"


def words_of(text: str) -> list[str]:
    """Split a text into folded words of letters and digits without accents; a dotted code is one word."""
    decomposed = unicodedata.normalize("NFKD", fold(text))
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    return re.findall(r"[^\W_]+", re.sub(r"\b([a-z]?\d\w+)\.(\w+)", r"\1\2", plain))


MAX_SEARCH_LENGTH, MAX_SEARCH_WORDS = 200, 8  # characters, distinct words


def bounded_words(text: str) -> list[str]:
    """Return the distinct words of a search. Raises `ValueError` for a text that is too long or has too many words."""
    if len(text) > MAX_SEARCH_LENGTH:
        raise ValueError(f"Search with at most {MAX_SEARCH_LENGTH} characters; this text has {len(text)}.")
    words = list(dict.fromkeys(words_of(text)))
    if len(words) > MAX_SEARCH_WORDS:
        raise ValueError(f"Search with at most {MAX_SEARCH_WORDS} different words; this text has {len(words)}.")
    return words


class Matches(models.Func):
    """Match codes in whose search words every given word begins a word."""

    output_field = models.BooleanField()

    def __init__(self, words: list[str]) -> None:
        self.prefixes = words
        super().__init__(F("pk"), F("words"))

    def as_sqlite(
        self, compiler: SQLCompiler, connection: object, **kwargs: object
    ) -> tuple[str, tuple[str | int, ...]]:
        key, _ = compiler.compile(self.source_expressions[0])
        match = " ".join(f'"{word}"*' for word in self.prefixes)
        matches = "(SELECT id FROM disease_code_search WHERE disease_code_search MATCH %s)"
        return f"{key} IN {matches}", (match,)

    def as_postgresql(
        self, compiler: SQLCompiler, connection: object, **kwargs: object
    ) -> tuple[str, tuple[str | int, ...]]:
        words, _ = compiler.compile(self.source_expressions[1])
        match = " & ".join(f"{word}:*" for word in self.prefixes)
        return f"to_tsvector('simple', {words}) @@ to_tsquery('simple', %s)", (match,)


MAX_POSITION = 10_000_000  # more entries than any system has


def rank_of(text: str) -> models.Expression:
    """Rank a match: 0 the code itself, 1 codes that begin so, 2 titles that begin so, 3 the rest; then by position.

    One number holds both and is unique in a system, so that a cursor can point at it.
    """
    text = plain_punctuation(text)
    kind = Case(
        When(code__iexact=text, then=0),
        When(code__istartswith=text, then=1),
        When(title__istartswith=text, then=2),
        default=3,
        output_field=models.IntegerField(),
    )
    return kind * MAX_POSITION + F("position")
