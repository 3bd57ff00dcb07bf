"""Rows of the table of rights that all views of the evidence share."""

from typing import Any

from accounts.models import CLINICAL, EVERYONE, Role
from core.models import Record
from core.views import RecordViewSet
from imagery.models.visibility import Evidence

DOCTORS = frozenset({Role.DOCTOR})
READ = dict.fromkeys(("list", "retrieve"), CLINICAL) | {"history": EVERYONE}
BYTES = dict.fromkeys(("file", "preview", "thumbnail", "deidentification"), CLINICAL)
WRITE = dict.fromkeys(("create", "update", "partial_update", "destroy", "restore"), DOCTORS)


class EvidenceViewSet(RecordViewSet):
    """Rows that doctors see whole if they own or share them, and research sees in part."""

    @property
    def list_ordering(self) -> tuple[str, ...]:  # type: ignore[override]  # depends on the person
        """Newest first for doctors. By id for research, which must not learn when evidence was uploaded."""
        by_id = Role.RESEARCHER in self.by.roles and not self.by.is_superuser
        return ("id",) if by_id else ("-created_at", "-id")

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        return rows.with_openness(self.by) if self.action == "list" else rows

    def shows_whole(self, record: Record) -> bool:
        return isinstance(record, Evidence) and record.is_open_to(self.by)


class FilteredByRole(EvidenceViewSet):
    """Research cannot filter by fields that it does not see."""

    research_filterset_class: Any = None
    whole_filterset_class: Any = None

    @property
    def filterset_class(self) -> Any:
        is_doctor = Role.DOCTOR in getattr(self.by, "roles", DOCTORS)
        return self.whole_filterset_class if is_doctor else self.research_filterset_class
