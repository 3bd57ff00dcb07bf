"""Mask the method, the path and the query of a request, by the words that the routes of this installation have."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import takewhile
from uuid import UUID

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, get_resolver
from django_filters.filterset import BaseFilterSet

from core.masking import Masked, mask_value
from events.masking.values import fill

METHODS = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"})
MAX_PATH_LENGTH = 500  # characters
MAX_BYTES = 1200  # of the query as JSON
# Parameters of the API beside the filters of its lists, and of the admin.
PARAMETERS = frozenset({
    "_changelist_filters", "_popup", "_to_field", "after", "all", "app_label", "as_of", "before", "code",
    "conceptMapUrl", "count", "cursor", "e", "field_name", "filter", "format", "frame", "include", "model_name", "next",
    "o", "offset", "p", "page_size", "q", "redacted", "search", "size", "system", "targetsystem", "term", "url",
    "version", "window",
})  # fmt: skip
# Parameters whose values are small numbers. A number of another parameter may be a record number or a year of birth.
NUMBERS = frozenset({
    "count", "frame", "offset", "p", "page_size", "size", "size_max", "size_min", "status", "status_from", "status_to",
})  # fmt: skip
# Values of booleans, enumerations and formats.
VALUES = frozenset({
    "absent", "api", "application/dicom", "category", "chapter", "code", "csv", "false", "image/jpeg", "image/png",
    "json", "not_assessable", "present", "quarantined", "refused", "released", "true", "uncertain", *METHODS,
    "CR", "CT", "DX", "ES", "IO", "IVUS", "MG", "MR", "NM", "OP", "OPT", "OT", "PT", "PX", "RF", "SM", "US", "XA", "XC",
})  # fmt: skip


def mask_method(method: str | None) -> str:
    return method if method in METHODS else "OTHER"


def mask_query(request: HttpRequest) -> Masked:
    """Return the parameters of our routes, and how many others there were; only the length of an unreadable query."""
    try:
        parameters = list(request.GET.lists())
    except (SuspiciousOperation, ValueError):  # for example more than 1,000 parameters
        return {"unreadable": len(request.META.get("QUERY_STRING", ""))}
    listed = PARAMETERS | route_words()[1]
    items = ((name, [mask_parameter(name, value) for value in values]) for name, values in parameters if name in listed)
    return fill(items, total=len(parameters), max_bytes=MAX_BYTES)


def mask_parameter(name: str, value: str) -> object:
    """Return plain ids, listed words, and of listed parameters numbers of at most four digits; mask anything else."""
    is_number = name in NUMBERS and re.fullmatch(r"[0-9]{1,4}", value)
    return value if is_number or value in VALUES or is_id(value) else mask_value(value)


def mask_path(path: str, captured: Iterable[object] | None) -> str:
    """Return the whole path if its route captured nothing but ids, else only its first words that routes have.

    `captured` is None if the path met no route. The admin has routes that capture anything.
    """
    if captured is not None and all(is_id(str(value)) for value in captured):
        return path[:MAX_PATH_LENGTH]
    words = "/".join(takewhile(lambda part: part in route_words()[0], path.split("/")))
    return words[:MAX_PATH_LENGTH] + ("" if path == words else "/…")


def is_id(value: str) -> bool:
    try:
        return str(UUID(value)) == value
    except ValueError:
        return False


@cache
def route_words() -> tuple[frozenset[str], frozenset[str]]:
    """Return the words that paths consist of, and the names of the filters of all lists."""
    patterns = list(all_patterns(get_resolver()))
    words = {word for pattern in patterns for word in re.split(r"[/^()|\\]", str(pattern.pattern))}
    views = [getattr(pattern.callback, "cls", None) for pattern in patterns if isinstance(pattern, URLPattern)]
    names = {name for view in views for filters in filter_classes(view) for name in filters.base_filters}
    return frozenset(word for word in words if re.fullmatch(r"[a-z0-9$-]*", word)), frozenset(names)


def all_patterns(resolver: URLResolver) -> Iterator[URLPattern | URLResolver]:
    for pattern in resolver.url_patterns:
        yield pattern
        if isinstance(pattern, URLResolver):
            yield from all_patterns(pattern)


def filter_classes(view: object) -> list[type[BaseFilterSet]]:
    """Return the filter classes that a viewset declares, for whichever role."""
    values = (getattr(view, name) for name in dir(view) if name.endswith("filterset_class"))
    return [value for value in values if isinstance(value, type) and issubclass(value, BaseFilterSet)]
