"""Patients in the admin. Only the doctor who keeps a patient, and superusers, read the identity."""

from collections.abc import Callable

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from core.admin import EMPTY
from imagery import actions
from imagery.admin.base import EvidenceAdmin, viewer
from imagery.models import Identity, Patient


def identity_field(name: str) -> Callable[[Patient], str]:
    """Make a column that shows one decrypted field of the identity."""

    @admin.display(description=name.replace("_", " "))
    def column(patient: Patient) -> str:
        return patient.facts.get(name) or EMPTY

    column.__name__ = name
    return column


@admin.register(Patient)
class PatientAdmin(EvidenceAdmin):
    patient_path = "id"
    list_display = ("pseudonym", "sex", "owner", "withdrawn_at", "created_at", "archived_at")
    research_list_display = ("pseudonym", "sex")
    search_fields = ("pseudonym",)
    research_search_fields = search_fields
    search_help_text = "A whole pseudonym or id, or the record number of a patient of yours."
    row_actions = {
        "archive": actions.archive_patient,
        "restore": actions.restore_patient,
        "withdraw": actions.withdraw_patient,
    }
    actions = ("archive", "restore", "withdraw")
    shown_fields = (
        "pseudonym", "sex", identity_field("name"), identity_field("record_number"), identity_field("issuer"),
        identity_field("birth_date"), identity_field("address"), identity_field("telephone"), "owner", "withdrawn_at",
        "created_at", "updated_at", "archived_at",
    )  # fmt: skip
    research_fields = ("pseudonym", "sex")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Patient]:
        return super().get_queryset(request).select_related("owner", "identity")

    def search(self, request: HttpRequest, rows: QuerySet, text: str) -> QuerySet:
        named = Patient.objects.filter(pseudonym=text).values_list("pk", flat=True)
        numbered = Identity.objects.of_number(viewer(request), text).filter(patient__owner=viewer(request))
        return rows.filter(pk__in=[*named, *numbered.values_list("patient", flat=True)])

    @admin.action(description="Withdraw the selected patients' consent to research", permissions=["archive"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Patient]) -> None:
        self.apply(request, queryset, "withdraw", "withdrawn from research")
