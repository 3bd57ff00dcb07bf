"""Form fields of the admin."""

from django import forms
from django.core.exceptions import ValidationError


class LinesField(forms.CharField):
    """A list of words, one per line."""

    widget = forms.Textarea

    def __init__(self, *, max_line_length: int, max_lines: int, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]  # those of `CharField`
        self.max_line_length, self.max_lines = max_line_length, max_lines

    def prepare_value(self, value: object) -> object:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: object) -> list[str]:  # type: ignore[override]  # of words
        lines = [line.strip() for line in str(super().to_python(value)).splitlines() if line.strip()]
        if len(lines) > self.max_lines:
            raise ValidationError(f"Enter at most {self.max_lines} lines.")
        if any(len(line) > self.max_line_length for line in lines):
            raise ValidationError(f"A line has at most {self.max_line_length} characters.")
        return lines

    def run_validators(self, value: list[str]) -> None:
        super().run_validators("\n".join(value))

    def has_changed(self, initial: object, data: object) -> bool:
        return (initial or []) != self.to_python(data or "")
