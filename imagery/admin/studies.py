"""Studies and series in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.safestring import SafeString

from core.admin import EMPTY, choice_filter, link, linked
from imagery import actions
from imagery.admin.base import MODALITIES, EvidenceAdmin, research_body_part, research_modality, viewer
from imagery.models import Patient, Series, Study


@admin.register(Study)
class StudyAdmin(EvidenceAdmin):
    patient_path = "patient_id"
    list_display = ("__str__", "date", "patient_link", "age", "owner", "created_at", "archived_at")
    research_list_display = ("research_title", "age")
    search_fields = ("uid",)
    search_help_text = "The id of a study or patient, a whole Study Instance UID, or the username of an owner."
    id_columns = ("pk", "patient")
    link_columns = ("patient",)
    row_actions = {"archive": actions.archive_study, "restore": actions.restore_study}
    shown_fields = (
        "description", "date", "patient_link", "age", "owner", "shared_with", "uid", "created_at", "updated_at",
        "archived_at",
    )  # fmt: skip
    research_fields = ("patient_link", "age")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Study]:
        """Note of each study whether its patient is visible: a study may be shared without its patient."""
        patients = Patient.objects.visible_to(viewer(request)).order_by().filter(pk=OuterRef("patient_id"))
        return (
            super()
            .get_queryset(request)
            .select_related("owner", "patient")
            .annotate(visible_patient=Subquery(patients.values("pk")[:1]))
        )

    @admin.display(description="patient")
    def patient_link(self, study: Any) -> SafeString | str:
        return link(study.patient) if study.visible_patient else EMPTY


@admin.register(Series)
class SeriesAdmin(EvidenceAdmin):
    patient_path = "study__patient_id"
    list_display = ("__str__", "modality", "body_part", linked("study"), "owner", "created_at", "archived_at")
    list_filter = (*EvidenceAdmin.list_filter, choice_filter("modality", MODALITIES))
    list_select_related = ("owner", "study__patient")
    research_list_display = ("research_title", linked("study", "research_title"))
    research_list_filter = (choice_filter("modality", MODALITIES),)
    search_fields = ("uid",)
    search_help_text = "The id of a series or study, a whole Series Instance UID, or the username of an owner."
    id_columns = ("pk", "study")
    link_columns = ("study",)
    roles = {"view": EvidenceAdmin.roles["view"]}
    actions = ()
    shown_fields = (
        "modality", "body_part", linked("study"), "owner", "uid", "created_at", "archived_at",
    )  # fmt: skip
    research_fields = (research_modality, research_body_part, linked("study", "research_title"))
