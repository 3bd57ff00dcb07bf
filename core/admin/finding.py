"""How rows are found in the admin: searched, filtered by links, and looked up for a field of a form."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.db import models
from django.db.models import Q
from django.urls import reverse

from core.admin.rights import Rights


class Page(ChangeList):
    """A page of a list, in the order of the table or of a column that is offered for it."""

    def get_ordering_field(self, field_name: Any) -> Any:
        """Django asks `sortable_by` for the links alone: by hand one could sort by what no index has in order."""
        return super().get_ordering_field(field_name) if field_name in (self.sortable_by or ()) else None


class Findable(Rights, admin.ModelAdmin):
    research_search: tuple[str, ...] = ()
    ids: tuple[str, ...] = ("pk",)  # where a searched UUID is looked for
    related: tuple[str, ...] = ()  # by which a link may filter

    def get_changelist(self, request: Any, **kwargs: Any) -> type[ChangeList]:
        return Page

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """A list is asked by its filters and links alone: a question about any other field would be answered."""
        filters = self.get_list_filter(request) if request else self.list_filter
        names = {each[0] if isinstance(each, tuple) else each for each in filters if not isinstance(each, type)}
        own = {getattr(each, "parameter_name", "") for each in filters if isinstance(each, type)}
        ends = ("", "__exact", "__id__exact", "__isnull")
        return lookup in own | {f"{name}{end}" for name in {*names, *self.related} for end in ends}

    def get_search_fields(self, request: Any) -> Any:
        """A look-up is among what one may name, so all that is searched for there is one's own to know."""
        partly = self.sees_partly(request) and not is_a_look_up(request)
        return self.research_search if partly else self.search_fields

    def get_search_results(self, request: Any, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """A UUID is looked for as one, in indexed columns; anything else in the declared fields.

        No search finds a row twice: to take duplicates out, a database would read all that is found for one page.
        """
        if wanted := as_id(search_term.strip()):
            return queryset.filter(Q.create([(name, wanted) for name in self.ids], connector=Q.OR)), False
        return self.find(request, queryset, search_term), False

    def find(self, request: Any, queryset: Any, words: str) -> Any:
        """What the declared search fields, none of them of several rows, say of these words."""
        return super().get_search_results(request, queryset, words)[0]

    def choices(self, user: Any, name: str, model: type[models.Model]) -> Any:
        """What this person may choose in a field: what they may see, and is in use."""
        rows: Any = model._default_manager.all()
        rows = rows.visible_to(user) if hasattr(rows, "visible_to") else rows
        return rows.live() if hasattr(rows, "live") else rows

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name in self.autocomplete_fields:
            kwargs["widget"] = LookedUp(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name in self.autocomplete_fields:
            kwargs["widget"] = LookedUpMany(db_field, self.admin_site)
        return super().formfield_for_manytomany(db_field, request, **kwargs)


class Known:
    """Shows what is chosen; an address or a form may name anything, and what is no id is nothing that could be."""

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        return super().optgroups(name, [one for one in value if as_id(one)], attr)  # type: ignore[misc]  # a widget's


class LookedUp(Known, AutocompleteSelect):
    pass


class LookedUpMany(Known, AutocompleteSelectMultiple):
    pass


class LookUp(AutocompleteJsonView):
    """Offers what a field takes, no more and no less, to whoever may fill it in."""

    admin_site: Any

    @property
    def source(self) -> Any:
        return self.admin_site.get_model_admin(self.source_field.model)

    def has_perm(self, request: Any, obj: Any = None) -> bool:
        name, source = self.source_field.name, self.source
        may = source.has_add_permission(request) or source.has_change_permission(request)
        return may and name in source.autocomplete_fields

    def get_queryset(self) -> Any:
        takes = self.source.choices(self.request.user, self.source_field.name, self.source_field.related_model)
        rows = takes.order_by(*(self.model_admin.ordering or ()))
        return self.model_admin.get_search_results(self.request, rows, self.term)[0]


def is_a_look_up(request: Any) -> bool:
    return request.path == reverse("admin:autocomplete")


def as_id(text: Any) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None
