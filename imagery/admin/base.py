"""What the admin of patients, studies, series and images has in common."""

from typing import Any, ClassVar

from accounts.models import CLINICAL, Role
from core.admin import Archived, Made, RecordAdmin

DOCTORS = frozenset({Role.DOCTOR})
MODALITIES = ("CR", "CT", "DX", "MG", "MR", "NM", "OT", "PT", "RF", "US", "XA")
READ = {"view": CLINICAL}
WRITE = dict.fromkeys(("add", "change", "archive"), DOCTORS)


class EvidenceAdmin(RecordAdmin):
    """Doctors change their own; research sees some fields of what is released, and no identity."""

    owner = "owner"
    partly = frozenset({Role.RESEARCHER})
    roles: ClassVar[Any] = READ | WRITE
    research_filter = (Archived, Made)
    related = ("patient", "study", "series")

    def choices(self, user: Any, name: str, model: Any) -> Any:
        """In a form one names one's own."""
        rows = model._default_manager
        return rows.owned_by(user).live() if hasattr(rows, "owned_by") else super().choices(user, name, model)

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).select_related("owner")
