"""What all views of the evidence have in common: rows of the table of rights (DESIGN, who may do what)."""

from typing import Any

from accounts.models import CLINICAL, Role
from core.views import RecordViewSet

DOCTORS = frozenset({Role.DOCTOR})
READ = dict.fromkeys(("list", "retrieve", "history"), CLINICAL)
BYTES = dict.fromkeys(("file", "preview", "thumbnail", "deidentification"), CLINICAL)
WRITE = dict.fromkeys(("create", "update", "partial_update", "destroy", "restore"), DOCTORS)


class FilteredByRole(RecordViewSet):
    """For research a filter by what research may not know does not exist."""

    research_filterset_class: Any = None
    whole_filterset_class: Any = None

    @property
    def filterset_class(self) -> Any:
        doctor = Role.DOCTOR in getattr(self.by, "roles", DOCTORS)
        return self.whole_filterset_class if doctor else self.research_filterset_class
