"""The admin's forms: filled in by a person, done by an action, refused with a sentence."""

import json
from typing import Any, NoReturn

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.db.models import Q

from core.errors import as_api_exception, describe_error
from core.exceptions import Conflict
from core.parsers import is_too_deep

STALE = "This was changed since you opened it: open it again, see what changed, and repeat your change."


class RecordForm(forms.ModelForm):
    """A form whose action is done once every field and every rule is met; what the action refuses is the form's error.

    The admin sets who asks (`by`) and itself (`admin`) on the class that it makes for a request.
    """

    by: Any = None
    admin: Any = None

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen"] = self.admin.state_of(self.instance)
        for name, field in self.fields.items():
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = self.choices(name, field)

    def choices(self, name: str, field: Any) -> Any:
        """What may be chosen: what this person may name, and what is chosen already."""
        wanted = self.admin.choices(self.by, name, field.queryset.model)
        return field.queryset.model._default_manager.filter(
            Q(pk__in=wanted.values("pk")) | Q(pk__in=self.chosen_already(name))
        )

    def chosen_already(self, name: str) -> list[Any]:
        """What the saved row has; `initial` is not asked, for the address of a page fills it."""
        if self.is_new:
            return []
        now = self.instance._meta.get_field(name).value_from_object(self.instance)
        return [getattr(row, "pk", row) for row in (now if isinstance(now, list) else [now])]

    def clean_seen(self) -> str:
        """Nobody overwrites what they have not seen."""
        if not self.is_new and self.cleaned_data["seen"] != self.admin.state_of(self.instance):
            raise ValidationError(STALE)
        return self.cleaned_data["seen"]

    @property
    def is_new(self) -> bool:
        return self.instance._state.adding

    @property
    def facts(self) -> dict[str, Any]:
        """What was filled in: everything of a new thing, of another what the person changed."""
        told = [name for name in self.cleaned_data if name != "seen" and (self.is_new or name in self.changed_data)]
        return {name: self.cleaned_data[name] for name in told}

    def _post_clean(self) -> None:
        if self.errors:
            self._tell_stale()
            return
        super()._post_clean()  # type: ignore[misc]  # the last of the form's own checks
        if not self.errors:
            self._act()

    def _tell_stale(self) -> None:
        """A hidden field's error is the whole form's."""
        for sentence in self.errors.pop("seen", ()):
            self.add_error(None, sentence)

    def _act(self) -> None:
        try:
            self.instance = self.admin.act_whole(self, by=self.by)
        except (Conflict, ValidationError, PermissionDenied, IntegrityError) as exc:
            for name, sentences in told(exc).items():
                self.add_error(name if name in self.fields else None, sentences)


def told(exc: Exception) -> dict[str, list[str]]:
    """What an action refused, by field, as the API would tell it."""
    answer = describe_error(as_api_exception(exc))  # type: ignore[arg-type]
    return answer["fields"] or {"": [answer["detail"]]}


class StrictDecoder(json.JSONDecoder):
    """As people type it: bounded in depth, and without NaN."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(parse_constant=self.refuse, **kwargs)

    def decode(self, text: str, *where: Any) -> Any:
        try:
            found = super().decode(text, *where)
        except RecursionError:
            self.refuse("This depth")
        return self.refuse("This depth") if is_too_deep(found) else found

    @staticmethod
    def refuse(word: str) -> NoReturn:
        raise json.JSONDecodeError(f"{word} is not taken", word, 0)


class JSONField(forms.JSONField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "decoder": StrictDecoder})

    def prepare_value(self, value: Any) -> Any:
        return "" if value is None else super().prepare_value(value)


class Lines(forms.CharField):
    """A list of words, one a line."""

    widget = forms.Textarea

    def __init__(self, *, longest: int, most: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.longest, self.most = longest, most

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = [line.strip() for line in str(super().to_python(value)).splitlines() if line.strip()]
        if len(lines) > self.most:
            raise ValidationError(f"At most {self.most} lines.")
        if any(len(line) > self.longest for line in lines):
            raise ValidationError(f"A line has at most {self.longest} characters.")
        return lines

    def run_validators(self, value: Any) -> None:
        super().run_validators("\n".join(value))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (initial or []) != self.to_python(data or "")
