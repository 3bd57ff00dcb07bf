"""The vocabulary in the admin: code systems to read, diseases for researchers to edit."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.models import CLINICAL, EVERYONE, Role
from core.admin import (
    ArchivableAdmin,
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
from disease.models import Code, CodeKind, CodeMapping, CodeSystem, Disease

RESEARCHERS = frozenset({Role.RESEARCHER})
READ_BY_EVERYONE = {"view": EVERYONE}


@admin.register(CodeSystem)
class CodeSystemAdmin(RecordAdmin):
    """A release as published. `import_codes` loads it, and no one edits it."""

    list_display = ("title", "key", "release", "codes_changed_at")
    list_filter: ClassVar[Any] = ()
    search_fields: ClassVar[Any] = ("title",)
    search_help_text = "Part of a title or key."
    roles: ClassVar[Any] = READ_BY_EVERYONE
    shown_fields: ClassVar[Any] = ("key", "release", "title", "uri", "codes_changed_at")

    def search(self, request: HttpRequest, rows: Any, text: str) -> Any:
        return rows.filter(Q(title__icontains=text) | Q(key__icontains=text))


@admin.register(Code)
class CodeAdmin(RecordAdmin):
    list_display = ("code", "title", "system", "kind", "assignable", "valid_to")
    list_filter: ClassVar[Any] = ("system", choice_filter("kind", CodeKind.values), boolean_filter("assignable"))
    list_select_related = ("system",)
    search_fields: ClassVar[Any] = ("code",)
    search_help_text = "A code, or the beginnings of words of its title, such as J18 or pneum viral."
    ordering: ClassVar[Any] = ("system_id", "position")
    link_columns = ("system", "parent")
    roles: ClassVar[Any] = READ_BY_EVERYONE
    shown_fields: ClassVar[Any] = (
        "code", "title", linked("system"), "kind", "assignable", "valid_to", "ancestors", "children", "mapped_to",
        "notes",
    )  # fmt: skip

    def search(self, request: HttpRequest, rows: Any, text: str) -> Any:
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
    list_filter: ClassVar[Any] = (
        boolean_filter("approximate"),
        boolean_filter("no_map"),
        boolean_filter("combination"),
    )
    list_select_related = ("source", "target")
    link_columns = ("source", "target")
    search_fields: ClassVar[Any] = ("source",)
    search_help_text = "A whole code, such as J18.9."
    roles: ClassVar[Any] = READ_BY_EVERYONE
    shown_fields: ClassVar[Any] = (
        linked("source"), linked("target"), "meaning", "approximate", "no_map", "combination", "scenario",
        "choice_list",
    )  # fmt: skip

    def search(self, request: HttpRequest, rows: Any, text: str) -> Any:
        codes = list(Code.objects.filter(code=text))
        return rows.filter(Q(source__in=codes) | Q(target__in=codes))


class DiseaseForm(RecordForm):
    synonyms = LinesField(max_line_length=200, max_lines=50, required=False, help_text="Other names, one per line.")


def codes_in_force() -> QuerySet[Code]:
    return Code.objects.live().filter(assignable=True, valid_to__isnull=True)


class DiseaseAdmin(EditableAdmin, ArchivableAdmin):
    """Diseases for researchers to edit; `label` registers it with the labels that mean a disease."""

    list_display = ("name", "code_names", "synonyms", "updated_at", "archived_at")
    search_fields: ClassVar[Any] = ("name",)
    search_help_text = "Part of a name or synonym, or a whole code."
    sortable_by: ClassVar[Any] = ("name", "updated_at")
    ordering: ClassVar[Any] = ("name", "id")
    link_columns = ("codes",)
    roles: ClassVar[Any] = {"view": CLINICAL, **dict.fromkeys(("add", "change", "archive"), RESEARCHERS)}
    row_actions: ClassVar[Any] = {
        "create": actions.create_disease,
        "change": actions.change_disease,
        "archive": actions.archive_disease,
        "restore": actions.restore_disease,
    }
    form = DiseaseForm
    field_choices: ClassVar[Any] = {"codes": codes_in_force}
    autocomplete_fields = ("codes",)
    editable_fields: ClassVar[Any] = ("name", "description", "synonyms", "codes")
    shown_fields: ClassVar[Any] = ("code_links", "created_at", "updated_at", "archived_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Disease]:
        return super().get_queryset(request).prefetch_related(Prefetch("codes", Code.objects.order_by("code")))

    def search(self, request: HttpRequest, rows: Any, text: str) -> Any:
        return rows.about(text)

    @admin.display(description="codes")
    def code_names(self, disease: Disease) -> str:
        return ", ".join(code.code for code in disease.codes.all())

    @admin.display(description="its codes")
    def code_links(self, disease: Disease) -> SafeString | str:
        return link_lines(disease.codes.all())
