"""How people find rows in the admin: by words, by id, by a link, and in the look-up field of a form."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.db.models import Model, QuerySet
from django.http import HttpRequest


class IndexedSearch(admin.ModelAdmin):
    """Answers a search from an index, and no question that the list does not offer."""

    id_columns: ClassVar[tuple[str, ...]] = ("pk",)  # where a UUID is searched
    link_columns: ClassVar[tuple[str, ...]] = ()  # by which a link to the list may filter

    def search(self, request: HttpRequest, rows: Any, text: str) -> QuerySet:
        """Return the rows that these words find, each of them once."""
        return rows.none()

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        text = search_term.strip()
        if wanted := parse_id(text):
            return self._with_id(queryset, wanted), False
        if not text or not self.get_search_fields(request):
            return queryset, False
        return self.search(request, queryset, text), False

    def _with_id(self, rows: QuerySet, wanted: UUID) -> QuerySet:
        """Try one column after the other, each by its index: an id is of one table only."""
        *others, last = self.id_columns
        attempts = (rows.filter(**{column: wanted}) for column in others)
        return next((match for match in attempts if match.order_by().exists()), rows.filter(**{last: wanted}))

    def lookup_allowed(self, lookup: str, value: object, request: HttpRequest | None = None) -> bool:
        """Refuse to filter by other columns: the answer would tell what the list hides."""
        offered: Any = self.get_list_filter(request) if request else ()
        columns = [*self.link_columns, *(item for item in offered if isinstance(item, str))]
        parameters = {getattr(item, "parameter_name", "") for item in offered if isinstance(item, type)}
        suffixes = ("", "__exact", "__id__exact", "__isnull")
        return lookup in parameters | {f"{column}{suffix}" for column in columns for suffix in suffixes}


class FormLookup(AutocompleteJsonView):
    """Offers what a field of a form accepts, to people who may fill in this form."""

    admin_site: admin.AdminSite

    @property
    def form_admin(self) -> Any:
        return self.admin_site.get_model_admin(self.source_field.model)

    def has_perm(self, request: HttpRequest, obj: Model | None = None) -> bool:
        form_admin = self.form_admin
        may_fill_in = form_admin.has_add_permission(request) or form_admin.has_change_permission(request)
        return may_fill_in and self.source_field.name in form_admin.autocomplete_fields

    def get_queryset(self) -> QuerySet:
        """Search as this person may search among what the field accepts, whatever they may search elsewhere."""
        order: Any = self.model_admin.ordering
        rows = self.form_admin.field_choices[self.source_field.name]().order_by(*order)
        return self.model_admin.get_search_results(self.request, rows, self.term)[0]


def parse_id(text: object) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None
