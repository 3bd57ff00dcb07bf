"""The judgement in the admin."""

from typing import Any, ClassVar

from django.contrib import admin

from core.admin import RecordAdmin
from label.models import Annotation, Label


@admin.register(Label)
class LabelAdmin(RecordAdmin):
    list_display = ("name", "created_at", "updated_at", "archived_at")
    search_fields = ("name",)


@admin.register(Annotation)
class AnnotationAdmin(RecordAdmin):
    list_display = ("id", "image", "label", "state", "annotator", "created_at", "archived_at")
    list_filter: ClassVar[Any] = ("state", "archived_at")
    list_select_related = ("image", "label", "annotator")
    search_fields = ("image__id", "label__name", "annotator__username")
