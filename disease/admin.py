"""The vocabulary's meaning in the admin: classifications to read, diseases to write."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Prefetch

from accounts.models import CLINICAL, EVERYONE, Role
from core.admin import Lines, RecordAdmin, RecordForm, linked, links, listing
from disease import actions
from disease.models import Code, CodeMapping, CodeSystem, Disease

WRITERS = frozenset({Role.RESEARCHER})


class PublishedAdmin(RecordAdmin):
    """Loaded as published by `import_codes`, and never edited."""

    roles: ClassVar[Any] = {"view": EVERYONE}
    list_filter: ClassVar[Any] = ()
    actions = ()


@admin.register(CodeSystem)
class CodeSystemAdmin(PublishedAdmin):
    list_display = ("title", "key", "release", "entries", "codes_changed_at")
    search_fields: ClassVar[Any] = ("key", "title")
    shown = ("key", "release", "title", "uri", "codes_changed_at", "entries")

    @admin.display(description="entries")
    def entries(self, system: CodeSystem) -> str:
        return listing(Code, "entries", system=system)


@admin.register(Code)
class CodeAdmin(PublishedAdmin):
    list_display = ("code", "title", "system", "kind", "assignable", "valid_to")
    list_filter: ClassVar[Any] = ("system", "kind", "assignable")
    list_select_related = ("system",)
    search_fields: ClassVar[Any] = ("code",)
    search_help_text = "A code, or words that begin words of its title: J18, pneum viral."
    ordering: ClassVar[Any] = ("system", "position")
    related = ("parent",)
    shown = (
        "code", "title", linked("system"), "kind", "assignable", "valid_to",
        "stands_under", "has_below", "becomes", "used_by", "notes",
    )  # fmt: skip

    def find(self, request: Any, queryset: Any, words: str) -> Any:
        """By the full-text index."""
        return queryset.matching(words) if words.strip() else queryset

    @admin.display(description="stands under")
    def stands_under(self, code: Code) -> Any:
        return links(code.ancestors())

    @admin.display(description="below it")
    def has_below(self, code: Code) -> Any:
        return links(code.children.order_by("position"))

    @admin.display(description="becomes in the other system")
    def becomes(self, code: Code) -> Any:
        return links(Code.objects.filter(mapped_from__source=code).distinct())

    @admin.display(description="carried by")
    def used_by(self, code: Code) -> Any:
        viewer = code.viewer  # type: ignore[attr-defined]  # the admin tells a row for whom it is shown
        return links(code.diseases.all()) if viewer.roles & CLINICAL else "–"


@admin.register(CodeMapping)
class CodeMappingAdmin(PublishedAdmin):
    list_display = ("source", "target", "meaning", "scenario", "choice_list")
    list_filter: ClassVar[Any] = ("approximate", "no_map", "combination")
    list_select_related = ("source", "target")
    related = ("source", "target")
    search_fields: ClassVar[Any] = ("source__code__exact", "target__code__exact")
    search_help_text = "Exactly a code: J18.9."
    shown = (
        linked("source"), linked("target"), "meaning", "approximate", "no_map", "combination", "scenario",
        "choice_list",
    )  # fmt: skip


class DiseaseForm(RecordForm):
    synonyms = Lines(longest=200, most=50, required=False, help_text="Other names that people search for, one a line.")


@admin.register(Disease)
class DiseaseAdmin(RecordAdmin):
    """Owned by researchers, read by doctors."""

    list_display = ("name", "its_codes", "synonyms", "updated_at", "archived_at")
    search_fields: ClassVar[Any] = ("name", "synonyms", "codes")
    search_help_text = "Part of a name or synonym, or exactly a code."
    sortable_by: ClassVar[Any] = ("name", "updated_at")
    ordering: ClassVar[Any] = ("name",)
    roles: ClassVar[Any] = {"view": CLINICAL, **dict.fromkeys(("add", "change", "archive"), WRITERS)}
    acts: ClassVar[Any] = {
        "add": actions.create_disease,
        "change": actions.change_disease,
        "archive": actions.archive_disease,
        "restore": actions.restore_disease,
    }
    form = DiseaseForm
    editable = ("name", "description", "synonyms", "codes")
    autocomplete_fields = ("codes",)
    shown = ("their_codes", "said_by", "created_at", "updated_at", "archived_at")

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).prefetch_related(Prefetch("codes", Code.objects.order_by("code")))

    def find(self, request: Any, queryset: Any, words: str) -> Any:
        return queryset.about(words.strip()) if words.strip() else queryset

    def choices(self, user: Any, name: str, model: Any) -> Any:
        return Code.objects.live().filter(assignable=True, valid_to__isnull=True)

    @admin.display(description="codes")
    def its_codes(self, disease: Disease) -> str:
        return ", ".join(code.code for code in disease.codes.all())

    @admin.display(description="its codes")
    def their_codes(self, disease: Disease) -> Any:
        return links(disease.codes.all())

    @admin.display(description="labels that mean it")
    def said_by(self, disease: Disease) -> Any:
        return links(disease.labels.live())
