"""What the admin of patients, studies, series and images has in common."""

from functools import reduce
from operator import or_
from typing import Any, ClassVar

from django.db.models import Q

from accounts.models import CLINICAL, Role, User
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
    names: tuple[str, ...] = ("uid",)  # columns that name a row: each has an index that begins with it

    def choices(self, user: Any, name: str, model: Any) -> Any:
        """In a form one names one's own."""
        rows = model._default_manager
        return rows.owned_by(user).live() if hasattr(rows, "owned_by") else super().choices(user, name, model)

    def find(self, request: Any, queryset: Any, words: str) -> Any:
        """Exactly the name of an owner, else exactly what names a row; research asks for neither."""
        text = words.strip()
        if not text or not self.get_search_fields(request):
            return queryset
        if owner := User.objects.filter(username=text).first():
            return queryset.filter(owner=owner)
        named = [Q(**{name: text}) & ~Q(**{name: ""}) for name in self.names]  # as the index says it, for SQLite
        return queryset.filter(reduce(or_, named))

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).select_related("owner")
