"""The vocabulary in the admin: code systems to read, diseases for researchers to edit."""

from typing import ClassVar

from django.contrib import admin
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.models import CLINICAL, EVERYONE, Role
from core.admin import (
    ArchivableAdmin,
    Column,
    EditableAdmin,
    LinesField,
    RecordAdmin,
    RecordForm,
    boolean_filter,
    choice_filter,
    link_lines,
    linked,
)
from disease import actions
from disease.models import Code, CodeKind, CodeMapping, CodeQuerySet, CodeSystem, Disease, DiseaseQuerySet

RESEARCHERS = frozenset({Role.RESEARCHER})
READ_BY_EVERYONE = {"view": EVERYONE}


@admin.register(CodeSystem)
class CodeSystemAdmin(RecordAdmin):
    """A release as published. `import_codes` loads it, and no one edits it."""

    list_display = ("title", "key", "release", "codes_changed_at")
    list_filter = ()
    search_fields = ("title",)
    search_help_text = "Part of a title or key."
    roles = READ_BY_EVERYONE
    shown_fields = ("key", "release", "title", "uri", "codes_changed_at")

    def search(self, request: HttpRequest, rows: QuerySet, text: str) -> QuerySet:
        return rows.filter(Q(title__icontains=text) | Q(key__icontains=text))


@admin.register(Code)
class CodeAdmin(RecordAdmin):
    list_display = ("code", "title", "system", "kind", "assignable", "valid_to")
    list_filter = ("system", choice_filter("kind", CodeKind.values), boolean_filter("assignable"))
    list_select_related = ("system",)
    search_fields = ("code",)
    search_help_text = "A code, or the beginnings of words of its title, such as J18 or pneum viral."
    ordering = ("system_id", "position")
    link_columns = ("system", "parent")
    roles = READ_BY_EVERYONE
    shown_fields = (
        "code", "title", linked("system"), "kind", "assignable", "valid_to", "ancestors", "children", "mapped_to",
        "notes",
    )  # fmt: skip

    def search(self, request: HttpRequest, rows: CodeQuerySet, text: str) -> QuerySet:
        return rows.matching(text)

    @admin.display(description="is part of")
    def ancestors(self, code: Code) -> SafeString | str:
        return link_lines(code.ancestors())

    @admin.display(description="contains")
    def children(self, code: Code) -> SafeString | str:
        return link_lines(code.children.order_by("position"))

    @admin.display(description="maps to")
    def mapped_to(self, code: Code) -> SafeString | str:
        return link_lines(Code.objects.filter(mapped_from__source=code).distinct())


@admin.register(CodeMapping)
class CodeMappingAdmin(RecordAdmin):
    list_display = ("source", "target", "meaning", "scenario", "choice_list")
    list_filter = (
        boolean_filter("approximate"),
        boolean_filter("no_map"),
        boolean_filter("combination"),
    )
    list_select_related = ("source", "target")
    link_columns = ("source", "target")
    search_fields = ("source",)
    search_help_text = "A whole code, such as J18.9."
    roles = READ_BY_EVERYONE
    shown_fields = (
        linked("source"), linked("target"), "meaning", "approximate", "no_map", "combination", "scenario",
        "choice_list",
    )  # fmt: skip

    def search(self, request: HttpRequest, rows: QuerySet, text: str) -> QuerySet:
        codes = list(Code.objects.filter(code=text))
        return rows.filter(Q(source__in=codes) | Q(target__in=codes))


class DiseaseForm(RecordForm):
    synonyms = LinesField(max_line_length=200, max_lines=50, required=False, help_text="Other names, one per line.")


def codes_in_force() -> QuerySet[Code]:
    return Code.objects.live().filter(assignable=True, valid_to__isnull=True)


class DiseaseAdmin(EditableAdmin, ArchivableAdmin):
    """Diseases for researchers to edit; `label` registers it with the labels that mean a disease."""

    list_display = ("name", "code_names", "synonyms", "updated_at", "archived_at")
    search_fields = ("name",)
    search_help_text = "Part of a name or synonym, or a whole code."
    sortable_by = ("name", "updated_at")
    ordering = ("name", "id")
    link_columns = ("codes",)
    roles = {"view": CLINICAL, **dict.fromkeys(("add", "change", "archive"), RESEARCHERS)}
    row_actions = {
        "create": actions.create_disease,
        "change": actions.change_disease,
        "archive": actions.archive_disease,
        "restore": actions.restore_disease,
    }
    form = DiseaseForm
    field_choices = {"codes": codes_in_force}
    autocomplete_fields = ("codes",)
    editable_fields = ("name", "description", "synonyms", "codes")
    shown_fields: ClassVar[tuple[Column, ...]] = ("code_links", "created_at", "updated_at", "archived_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Disease]:
        return super().get_queryset(request).prefetch_related(Prefetch("codes", Code.objects.order_by("code")))

    def search(self, request: HttpRequest, rows: DiseaseQuerySet, text: str) -> QuerySet:
        return rows.about(text)

    @admin.display(description="codes")
    def code_names(self, disease: Disease) -> str:
        return ", ".join(code.code for code in disease.codes.all())

    @admin.display(description="its codes")
    def code_links(self, disease: Disease) -> SafeString | str:
        return link_lines(disease.codes.all())
