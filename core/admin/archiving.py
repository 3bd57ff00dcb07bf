"""Archive and restore in the admin: on many rows in a list, or by a button on the page of one."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from rest_framework.exceptions import APIException

from core.admin.record import RecordAdmin
from core.errors import as_api_exception, describe_error
from core.exceptions import Conflict

MAX_SELECTED = 500  # rows


class ArchivableAdmin(RecordAdmin):
    """Offers bulk actions, each of which calls one of `row_actions` for one row after the other."""

    row_actions: ClassVar[Mapping[str, Callable[..., object]]]
    actions: Any = ("archive", "restore")

    @admin.action(description="Archive the selected rows", permissions=["archive"])
    def archive(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.apply(request, queryset, "archive", "archived")

    @admin.action(description="Restore the selected rows", permissions=["archive"])
    def restore(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.apply(request, queryset, "restore", "restored")

    def apply(self, request: HttpRequest, queryset: QuerySet, name: str, participle: str) -> None:
        """Call an action for each selected row, and tell the person which rows were refused, and why."""
        selected = list(queryset.order_by("pk").values_list("pk", flat=True)[: MAX_SELECTED + 1])
        if len(selected) > MAX_SELECTED:
            sentence = f"Nothing was {participle}: select {MAX_SELECTED} rows or fewer."
            return self.message_user(request, sentence, messages.ERROR)
        refusals = [refusal for pk in selected if (refusal := self.apply_to_one(request, pk, name))]
        if done := len(selected) - len(refusals):
            self.message_user(request, f"{done} {participle}.", messages.SUCCESS)
        for refusal in refusals:
            self.message_user(request, refusal, messages.WARNING)

    def apply_to_one(self, request: HttpRequest, pk: object, name: str) -> str:
        """Call an action for one locked row. Return a sentence if it is refused."""
        with transaction.atomic():
            row = self.get_queryset(request).select_for_update(of=("self",)).get(pk=pk)
            if not self.has_archive_permission(request, row):
                return f"{self.title_for(request, row)}: Only its owner may do this."
            try:
                self.row_actions[name](by=request.user, **{str(self.opts.model_name): row})
            except (Conflict, PermissionDenied, ValidationError) as exc:
                error = describe_error(as_api_exception(exc) or APIException())
                return f"{self.title_for(request, row)}: {error['detail']}"
        return ""
