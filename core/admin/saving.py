"""Saving in the admin: a form is checked by Django, and saved by an action."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import APIException

from core.admin.record import RecordAdmin
from core.errors import as_api_exception, describe_error
from core.exceptions import Conflict

STALE = "This was changed since you opened it: open it again, see what changed, and repeat your change."
REFUSALS = (Conflict, ValidationError, PermissionDenied, IntegrityError)


class RecordForm(forms.ModelForm):
    """A form that refuses to overwrite a state which the person has not seen."""

    field_choices: Mapping[str, Callable[[], QuerySet]] = {}
    refusal: Exception | None = None  # by the action that this form was given to

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen"] = self.state
        for name in self.field_choices.keys() & self.fields.keys():
            field: Any = self.fields[name]
            field.queryset = self._choices(name, field.queryset)

    def _choices(self, name: str, rows: QuerySet) -> QuerySet:
        """Return what a person may choose, and what the saved row has already."""
        chosen = [] if self.is_new else getattr(self.instance, name).values_list("pk", flat=True)
        return rows.filter(Q(pk__in=self.field_choices[name]().order_by().values("pk")) | Q(pk__in=list(chosen)))

    @property
    def is_new(self) -> bool:
        return self.instance._state.adding

    @property
    def state(self) -> str:
        return str(self.instance.version)

    def clean(self) -> dict[str, object] | None:
        cleaned = super().clean()
        if not self.is_new and self.cleaned_data.get("seen") != self.state:
            raise ValidationError(STALE)
        if self.refusal:
            self._add_refusal(self.refusal)
        return cleaned

    def _add_refusal(self, refusal: Exception) -> None:
        """Show the error beside its field, in the words of the API."""
        answer = describe_error(as_api_exception(refusal) or APIException())
        for name, sentences in (answer["fields"] or {NON_FIELD_ERRORS: [answer["detail"]]}).items():
            self.add_error(name if name in self.fields else None, sentences)

    @property
    def facts(self) -> dict[str, object]:
        """Return the arguments of the action: of a new row every field, otherwise the changed ones."""
        names = self.cleaned_data.keys() if self.is_new else self.changed_data
        return {name: self.cleaned_data[name] for name in names if name != "seen"}


class EditableAdmin(RecordAdmin):
    """Saves with `row_actions["create"]` and `row_actions["change"]`, each of which is one revision."""

    row_actions: ClassVar[Mapping[str, Callable[..., Model]]]
    field_choices: ClassVar[Mapping[str, Callable[[], QuerySet]]] = {}
    form = RecordForm

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.field_choices = self.field_choices
        form.refusal = getattr(request, "refusal", None)
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, str | list[str]]:
        """Start an empty form empty: an address could name rows that this person may not see."""
        return {}

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Model | None:
        """Lock the row while its form is being saved."""
        row = super().get_object(request, object_id, from_field)
        if row is not None and request.method == "POST" and transaction.get_connection().in_atomic_block:
            return self.get_queryset(request).select_for_update(of=("self",)).get(pk=row.pk)
        return row

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the form again, with what was typed and an error, if the action refuses."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except REFUSALS as exc:
            if request.method != "POST" or hasattr(request, "refusal"):
                raise
            request.refusal = exc  # type: ignore[attr-defined]  # `get_form` hands it to the form
            return super().changeform_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Model, form: RecordForm, change: bool) -> None:
        """Call the action with a row read from the database, because the form has already changed `obj`."""
        if change:
            row = self.model._default_manager.get(pk=obj.pk)
            self.row_actions["change"](by=request.user, **{str(self.opts.model_name): row}, **form.facts)
        else:
            obj.pk = self.row_actions["create"](by=request.user, **form.facts).pk

    def save_related(self, *args: object) -> None:
        """The action has saved the relations too."""

    def log_addition(self, *args: object) -> Any:
        """Changes are recorded by reversion, not by LogEntry."""

    def log_change(self, *args: object) -> Any:
        """Changes are recorded by reversion, not by LogEntry."""
