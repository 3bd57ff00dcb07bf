"""What all views of the evidence have in common: rows of the table of rights (DESIGN, who may do what)."""

from typing import Any

from accounts.models import CLINICAL, Role
from core.models import Record
from core.views import RecordViewSet
from imagery.models.visibility import Evidence

DOCTORS = frozenset({Role.DOCTOR})
READ = dict.fromkeys(("list", "retrieve", "history"), CLINICAL)
BYTES = dict.fromkeys(("file", "preview", "thumbnail", "deidentification"), CLINICAL)
WRITE = dict.fromkeys(("create", "update", "partial_update", "destroy", "restore"), DOCTORS)


class FilteredByRole(RecordViewSet):
    """Research sees less of evidence, and cannot filter by fields that it does not see."""

    research_filterset_class: Any = None
    whole_filterset_class: Any = None

    @property
    def filterset_class(self) -> Any:
        doctor = Role.DOCTOR in getattr(self.by, "roles", DOCTORS)
        return self.whole_filterset_class if doctor else self.research_filterset_class

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        return rows.with_openness(self.by) if self.action == "list" else rows

    def shows_whole(self, record: Record) -> bool:
        return isinstance(record, Evidence) and record.is_open_to(self.by)
