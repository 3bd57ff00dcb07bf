"""The base of every table in the admin: scope first, rights by table, saves and archiving through actions."""

from typing import Any, ClassVar

import reversion
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.template.response import TemplateResponse

from core import history
from core.actions import revision_made
from core.admin import past
from core.admin.filters import Archived, BoundedPages, Made
from core.admin.finding import Findable
from core.admin.forms import RecordForm
from core.exceptions import Conflict

MOST = 500  # rows that one bulk action takes


class RecordAdmin(Findable):
    """Declares who may do what (`roles`) by which action (`acts`); what is not listed is refused.

    A person sees the rows that are visible to them, and of a row that they do not see whole `research_fields` alone.
    """

    addable: tuple[str, ...] = ()  # fields of a new row; without them, the editable ones
    editable: tuple[str, ...] = ()
    shown: tuple[Any, ...] = ()
    research_columns: tuple[Any, ...] = ()
    research_filter: tuple[Any, ...] = ()
    untold: frozenset[str] = frozenset()  # fields that the past leaves out

    form = RecordForm
    list_filter: ClassVar[Any] = (Archived, Made)
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPages
    ordering: ClassVar[Any] = ("-id",)
    sortable_by: ClassVar[Any] = ()
    actions: tuple[str, ...] = ("archive", "restore")

    class Media:
        css = {"all": ("core/admin.css",)}

    # --- which rows, and what of them ---

    def get_queryset(self, request: Any) -> Any:
        rows = self.model._default_manager.all()
        rows = rows.visible_to(request.user) if hasattr(rows, "visible_to") else rows
        rows = rows.with_openness(request.user) if hasattr(rows, "with_openness") else rows
        return rows.order_by(*self.ordering)

    def get_object(self, request: Any, object_id: str, from_field: Any = None) -> Any:
        """A row in scope, locked while a form of it is being saved."""
        row = super().get_object(request, object_id, from_field)
        if row is None:
            return None
        if request.method == "POST" and transaction.get_connection().in_atomic_block:
            row = self.get_queryset(request).select_for_update(of=("self",)).get(pk=row.pk)
        return self.shown_to(request.user, row)

    def shown_to(self, user: Any, row: Any) -> Any:
        """The row, which knows for whom it is shown."""
        row.viewer = user
        return row

    def get_list_display(self, request: Any) -> Any:
        """When a row was archived is told where there may be such rows."""
        columns = self.research_columns if self.sees_partly(request) else self.list_display
        return columns if request.GET.get("archived") else [each for each in columns if each != "archived_at"]

    def get_list_filter(self, request: Any) -> Any:
        return self.research_filter if self.sees_partly(request) else self.list_filter

    def get_fields(self, request: Any, obj: Any = None) -> Any:
        if obj is None:
            return self.addable or self.editable
        if not self.is_whole(obj):
            return self.research_fields
        return (*self.editable, *self.shown, *(("seen",) if self.has_change_permission(request, obj) else ()))

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        if obj is None:
            return ()
        return self.shown if self.is_whole(obj) else self.research_fields

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.by, form.admin = request.user, self  # type: ignore[attr-defined]  # a class of this request alone
        return form

    # --- what happens ---

    def state_of(self, row: Any) -> str:
        """Names the state of a row that somebody sees when they open its form."""
        return str(row.version)

    def act_whole(self, form: Any, *, by: Any) -> Any:
        """Where a form means several actions, all of them happen or none."""
        before = revision_made.get()
        try:
            with transaction.atomic():
                return self.act(form, by=by)
        except BaseException:
            revision_made.set(before)  # what was undone is not what the request did
            raise

    def act(self, form: Any, *, by: Any) -> Any:
        """Do what a form says. The row is read anew, for the form has written into its own."""
        if form.is_new:
            return self.acts["add"](by=by, **form.facts)
        row = self.model._default_manager.get(pk=form.instance.pk)
        return self.acts["change"](by=by, **{str(self.opts.model_name): row}, **form.facts)

    def save_model(self, *args: Any) -> None:
        """The form has done it."""

    def save_related(self, *args: Any) -> None:
        """The form has done it."""

    def log_addition(self, *args: Any) -> Any:
        """There is one record of changes, and it is not Django's."""

    def log_change(self, *args: Any) -> Any:
        """See `log_addition`."""

    @admin.action(description="Archive what is chosen", permissions=["archive"])
    def archive(self, request: Any, queryset: Any) -> None:
        self.each(request, queryset, "archive", "archived")

    @admin.action(description="Restore what is chosen", permissions=["archive"])
    def restore(self, request: Any, queryset: Any) -> None:
        self.each(request, queryset, "restore", "restored")

    def each(self, request: Any, queryset: Any, what: str, done: str) -> None:
        """Call an action for one row after the other, and say what was refused, and why."""
        chosen = list(queryset.order_by("pk").values_list("pk", flat=True)[: MOST + 1])
        if len(chosen) > MOST:
            self.message_user(request, f"Choose {MOST} or fewer at once; nothing was {done}.", messages.ERROR)
            return
        refused = [sentence for sentence in (self.one(request, pk, what) for pk in chosen) if sentence]
        if len(refused) < len(chosen):
            self.message_user(request, f"{len(chosen) - len(refused)} {done}.", messages.SUCCESS)
        for sentence in refused:
            self.message_user(request, sentence, messages.WARNING)

    def one(self, request: Any, pk: Any, what: str) -> str:
        """Do it to one row, locked; gives what there is to say when it is refused."""
        with transaction.atomic():
            row = self.get_queryset(request).select_for_update(of=("self",)).filter(pk=pk).first()
            if row is None:
                return ""
            try:
                if not self.has_archive_permission(request, self.shown_to(request.user, row)):
                    raise Conflict("This is somebody else's.")
                self.acts[what](by=request.user, **{str(self.opts.model_name): row})
            except (Conflict, PermissionDenied) as exc:
                return f"{row}: {exc}"
        return ""

    # --- its past ---

    def past_fields(self, request: Any, row: Any) -> set[str]:
        """Which fields' past this person may read; none of a row that they do not see whole."""
        fields = [*self.opts.concrete_fields, *self.opts.many_to_many]
        return {field.name for field in fields if not isinstance(field, models.FileField)} - self.untold

    def has_past(self, row: Any) -> bool:
        return reversion.is_registered(self.model) and self.is_whole(row)

    def history_view(self, request: Any, object_id: str, extra_context: Any = None) -> Any:
        """Every recorded change, newest first; `before` names where the next page begins."""
        row = self.get_object(request, object_id)
        if row is None or not self.has_past(row):
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        versions = history.versions_of(row)
        before = request.GET.get("before", "")
        if before.isascii() and before.isdigit():
            versions = versions.filter(pk__lt=int(before[:18]))
        page = list(versions[: past.PAGE + 1])
        context = {
            **self.admin_site.each_context(request),
            "title": f"History of {row}",
            "entries": past.told(page[: past.PAGE], self.past_fields(request, row), self.model, request.user),
            "older": page[past.PAGE - 1].pk if len(page) > past.PAGE else None,
            "object": row,
            "opts": self.opts,
        }
        return TemplateResponse(request, "core/history.html", context)

    def render_change_form(self, request: Any, context: Any, *args: Any, **kwargs: Any) -> Any:
        row = kwargs.get("obj")
        context |= {"has_past": row is not None and self.has_past(row)}
        context |= {"may_archive": row is not None and self.has_archive_permission(request, row)}
        return super().render_change_form(request, context, *args, **kwargs)
