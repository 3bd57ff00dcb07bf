"""Filters are declared. A query parameter that is unknown, repeated or not understood is a 400 that names it."""

from collections.abc import Callable, Container
from typing import TYPE_CHECKING, Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from core.dates import parse_date, parse_time
from core.models import RecordQuerySet
from core.text import plain_punctuation

if TYPE_CHECKING:  # the views import this module
    from core.views import RecordViewSet

PAGING = frozenset({"cursor", "page_size"})


class ParsedField(forms.CharField):
    """A form field whose value a function parses; its `ValueError` is the sentence of the 400."""

    def __init__(self, *, parse: Callable[[str], Any], **kwargs: Any) -> None:
        super().__init__(strip=False, **kwargs)
        self.parse = parse

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return self.parse(text) if text else None
        except ValueError as exc:
            raise DjangoValidationError(str(exc)) from None


def parse_boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("Use true or false.")
    return text == "true"


def parse_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ValueError("Use a whole number of at most 18 digits.")
    return int(text)


class ParsedFilter(django_filters.Filter):
    field_class = ParsedField
    parse: Callable[[str], Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, parse=type(self).parse, **kwargs)


class BooleanFilter(ParsedFilter):
    """true or false, and nothing else: clients disagree about yes, on, 1 and TRUE."""

    parse = staticmethod(parse_boolean)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        choices = [("", "---------"), ("true", "true"), ("false", "false")]
        super().__init__(*args, widget=forms.Select(choices=choices), **kwargs)


class DateFilter(ParsedFilter):
    """A day such as 2026-01-31."""

    parse = staticmethod(parse_date)


class TimeFilter(ParsedFilter):
    """A time such as 2026-01-31T09:30:00Z."""

    parse = staticmethod(parse_time)


class WholeNumberFilter(ParsedFilter):
    """A whole number from 0."""

    parse = staticmethod(parse_number)


class ListFilterBackend(DjangoFilterBackend):
    """Filters lists only: one object is looked up by its id, archived or not."""

    def filter_queryset(self, request: Request, queryset: QuerySet, view: "RecordViewSet") -> QuerySet:
        if view.detail:
            return queryset
        filterset_class = self.get_filterset_class(view, queryset)
        if filterset_class is None:
            return queryset
        filterset = filterset_class(**self.get_filterset_kwargs(request, queryset, view), only=request.query_params)
        if not filterset.is_valid():
            raise ValidationError({name: list(sentences) for name, sentences in filterset.errors.items()})
        return filterset.qs


class ListFilter(django_filters.FilterSet):
    """Filters of a list. With `only`, just the filters of these names are built: most requests name none or one."""

    base_filters: dict[str, django_filters.Filter]

    def __init__(self, *args: Any, only: Container[str] | None = None, **kwargs: Any) -> None:
        if only is not None:
            self.base_filters = {name: self.base_filters[name] for name in self.base_filters if name in only}
        super().__init__(*args, **kwargs)

    def is_valid(self) -> bool:
        return not self.filters or super().is_valid()

    @property
    def qs(self) -> QuerySet:
        return super().qs if self.filters else self.queryset


class RecordFilter(ListFilter):
    """Filters of every list of records."""

    archived = BooleanFilter(
        method="filter_archived", label="true: what is archived; false or left out: what is in use."
    )

    @property
    def qs(self) -> RecordQuerySet:
        rows: Any = super().qs
        return rows if "archived" in self.filters and self.form.cleaned_data["archived"] else rows.live()

    def filter_archived(self, queryset: RecordQuerySet, name: str, value: bool) -> RecordQuerySet:
        return queryset.archived() if value else queryset


def refuse_unknown_parameters(request: Request, view: "RecordViewSet") -> None:
    refuse_parameters(request, allowed_parameters(view), allow_empty=submits_empty_fields(request))


def refuse_parameters(request: Request, known: Container[str], *, allow_empty: bool = False) -> None:
    """Raise `ValidationError` that names each parameter which is unknown, repeated or empty."""
    errors = {}
    for name, values in request.query_params.lists():
        if name not in known:
            errors[name] = ["This query parameter is not known here."]
        elif len(values) > 1:
            errors[name] = ["Give this query parameter once."]
        elif not (plain_punctuation(values[0]) or allow_empty):
            errors[name] = ["This query parameter is empty. Give it a value, or leave it out."]
    if errors:
        raise ValidationError(errors)


def submits_empty_fields(request: Request) -> bool:
    """Return whether a browser shows the answer: its form of filters submits the fields that a person left empty."""
    renderer = getattr(request, "accepted_renderer", None)
    return bool(renderer and renderer.format == "api")


def allowed_parameters(view: "RecordViewSet") -> set[str]:
    names = {"format", *view.query_parameters.get(view.action, ())}
    if view.action in ("list", "create", "history"):  # a form on a filtered list is sent to the address of the list
        names |= PAGING
    if view.action in ("list", "create") and view.filterset_class:
        names |= set(view.filterset_class.base_filters)
    return names
