"""The evidence in the admin: what is there and whose it is, never whom it shows."""

from typing import Any, ClassVar

from django.contrib import admin

from core.admin import RecordAdmin
from imagery.models import Deidentification, Image, Patient, Series, Study


@admin.register(Patient)
class PatientAdmin(RecordAdmin):
    list_display = ("pseudonym", "owner", "created_at", "archived_at")
    list_select_related = ("owner",)
    search_fields = ("pseudonym",)


@admin.register(Study)
class StudyAdmin(RecordAdmin):
    list_display = ("id", "owner", "patient", "created_at", "archived_at")
    list_select_related = ("owner", "patient")
    search_fields = ("id", "owner__username")


@admin.register(Series)
class SeriesAdmin(RecordAdmin):
    list_display = ("id", "modality", "body_part", "created_at", "archived_at")
    list_filter: ClassVar[Any] = ("modality", "archived_at")


@admin.register(Image)
class ImageAdmin(RecordAdmin):
    list_display = ("id", "media_type", "rows", "columns", "frames", "size", "owner", "created_at", "archived_at")
    list_filter: ClassVar[Any] = ("media_type", "release_state", "archived_at")
    list_select_related = ("owner",)
    search_fields = ("id", "sha256", "owner__username")


@admin.register(Deidentification)
class DeidentificationAdmin(RecordAdmin):
    list_display = ("image", "created_at", "updated_at")
