"""Patients in the admin."""

import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin

from core.admin import RecordForm, links
from imagery import actions
from imagery.admin.base import EvidenceAdmin
from imagery.models import Identity, Patient, Study

IDENTITY = ("name", "record_number", "issuer", "birth_date", "address", "telephone")


class PatientForm(RecordForm):
    """A patient and what names them; encrypted at rest, and shown to who keeps the patient alone."""

    name = forms.CharField(max_length=324, required=False, help_text="DICOM (0010,0010), e.g. Doe^Jane.")
    record_number = forms.CharField(max_length=64, required=False, help_text="DICOM (0010,0020).")
    issuer = forms.CharField(max_length=64, required=False, help_text="Who gave the record number, DICOM (0010,0021).")
    birth_date = forms.DateField(required=False, help_text="DICOM (0010,0030).")
    address = forms.CharField(max_length=1000, required=False, help_text="DICOM (0010,1040).")
    telephone = forms.CharField(max_length=64, required=False, help_text="DICOM (0010,2154).")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_new:
            known = self.instance.facts
            self.initial.update({name: known.get(name) or "" for name in IDENTITY})

    @property
    def facts(self) -> dict[str, Any]:
        told = super().facts
        identity = {name: as_sealed(told.pop(name)) for name in IDENTITY if name in told}
        return {**told, "identity": {name: value for name, value in identity.items() if value or not self.is_new}}


def as_sealed(value: Any) -> Any:
    """As it is kept: a date in ISO 8601."""
    return value.isoformat() if isinstance(value, datetime.date) else value


@admin.register(Patient)
class PatientAdmin(EvidenceAdmin):
    list_display = ("pseudonym", "sex", "owner", "withdrawn_at", "created_at", "archived_at")
    research_columns = ("pseudonym", "sex")
    search_fields: ClassVar[Any] = ("pseudonym__exact",)
    research_search = search_fields
    search_help_text = "Exactly a pseudonym or an id; of your own patients also a record number."
    acts: ClassVar[Any] = {
        "add": actions.create_patient,
        "change": actions.change_patient,
        "archive": actions.archive_patient,
        "restore": actions.restore_patient,
        "withdraw": actions.withdraw_patient,
    }
    actions = ("archive", "restore", "withdraw")
    form = PatientForm
    editable = ("sex", *IDENTITY)
    shown = ("pseudonym", "owner", "their_studies", "withdrawn_at", "created_at", "updated_at", "archived_at")
    research_fields = ("pseudonym", "sex", "their_studies")

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).select_related("identity")

    def get_fields(self, request: Any, obj: Any = None) -> Any:
        """Whoever does not change a patient is not told what names them."""
        fields = super().get_fields(request, obj)
        return fields if obj is None or self.has_change_permission(request, obj) else self.research_fields

    def find(self, request: Any, queryset: Any, words: str) -> Any:
        if not words.strip():
            return queryset
        named = Patient.objects.filter(pseudonym=words.strip()).values_list("pk", flat=True)
        numbered = Identity.objects.of_number(request.user, words.strip()).filter(patient__owner=request.user)
        return queryset.filter(pk__in=[*named, *numbered.values_list("patient", flat=True)])

    @admin.action(description="Withdraw consent to research", permissions=["archive"])
    def withdraw(self, request: Any, queryset: Any) -> None:
        self.each(request, queryset, "withdraw", "withdrawn from research")

    @admin.display(description="studies")
    def their_studies(self, patient: Patient) -> Any:
        viewer = patient.viewer  # type: ignore[attr-defined]  # the admin tells a row for whom it is shown
        return links(Study.objects.visible_to(viewer).filter(patient=patient).live())
