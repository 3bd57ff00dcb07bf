"""The vocabulary's meaning in the admin."""

from typing import Any, ClassVar

from django.contrib import admin

from core.admin import RecordAdmin
from disease.models import Code, CodeMapping, CodeSystem, Disease


@admin.register(CodeSystem)
class CodeSystemAdmin(RecordAdmin):
    list_display = ("key", "release", "title")


@admin.register(Code)
class CodeAdmin(RecordAdmin):
    list_display = ("code", "title", "system", "kind", "assignable", "valid_to")
    list_filter: ClassVar[Any] = ("system", "kind", "assignable")
    list_select_related = ("system",)
    search_fields = ("code__startswith", "title")


@admin.register(CodeMapping)
class CodeMappingAdmin(RecordAdmin):
    list_display = ("source", "target", "approximate", "no_map", "combination", "scenario", "choice_list")
    list_filter: ClassVar[Any] = ("approximate", "no_map", "combination")
    list_select_related = ("source", "target")


@admin.register(Disease)
class DiseaseAdmin(RecordAdmin):
    list_display = ("name", "created_at", "updated_at", "archived_at")
    search_fields = ("name",)
