"""The judgement in the admin: the terms, and what readers say of images with them."""

from typing import Any, ClassVar

from django.contrib import admin
from django.utils.html import format_html, format_html_join

from accounts.models import CLINICAL, Role, User
from core.admin import Archived, JSONField, Made, RecordAdmin, RecordForm, link, linked, listing, one_of
from disease.models import Disease
from imagery.admin import preview
from imagery.models import Image
from label import actions
from label.models import Annotation, Label, State

DOCTORS = frozenset({Role.DOCTOR})
RESEARCHERS = frozenset({Role.RESEARCHER})


@admin.register(Label)
class LabelAdmin(RecordAdmin):
    """Owned by researchers, read by doctors."""

    list_display = ("name", "definition", "means", "updated_at", "archived_at")
    search_fields: ClassVar[Any] = ("name", "definition", "diseases")
    search_help_text = "Part of a name, of its definition or of a disease, or exactly a code."
    sortable_by: ClassVar[Any] = ("name", "updated_at")
    ordering: ClassVar[Any] = ("name", "id")
    related = ("diseases",)
    roles: ClassVar[Any] = {"view": CLINICAL, **dict.fromkeys(("add", "change", "archive"), RESEARCHERS)}
    acts: ClassVar[Any] = {
        "add": actions.create_label,
        "change": actions.change_label,
        "archive": actions.archive_label,
        "restore": actions.restore_label,
    }
    editable = ("name", "definition", "diseases")
    autocomplete_fields = ("diseases",)
    shown = ("meaning", "said", "created_at", "updated_at", "archived_at")

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).prefetch_related("diseases__codes")

    def find(self, request: Any, queryset: Any, words: str) -> Any:
        return queryset.about(words.strip()) if words.strip() else queryset

    @admin.display(description="diseases")
    def means(self, label: Label) -> str:
        return ", ".join(disease.name for disease in label.diseases.all())

    @admin.display(description="what it means")
    def meaning(self, label: Label) -> Any:
        """Label → diseases → codes, each a link."""
        lines = ((link(disease), codes(disease)) for disease in label.diseases.all())
        return format_html('<ul class="links">{}</ul>', format_html_join("", "<li>{}: {}</li>", lines))

    @admin.display(description="what was said with it")
    def said(self, label: Label) -> Any:
        return listing(Annotation, "annotations", label=label)


def codes(disease: Disease) -> Any:
    found = sorted(disease.codes.all(), key=lambda code: code.code)
    return format_html_join(", ", "{}", ((link(code, code.code),) for code in found)) or "–"


class AnnotationForm(RecordForm):
    class Meta:
        field_classes: ClassVar[Any] = {"geometry": JSONField}


@admin.register(Annotation)
class AnnotationAdmin(RecordAdmin):
    """A reader changes what they have said; an image that does not exist for somebody takes its annotations with it."""

    list_display = (
        "label",
        "state",
        "where",
        "confidence",
        "annotator",
        linked("image"),
        "created_at",
        "archived_at",
    )
    research_columns = list_display
    list_filter: ClassVar[Any] = (Archived, Made, one_of("state", tuple(State.values)))
    research_filter = list_filter
    list_select_related = ("image", "label", "annotator")
    search_fields: ClassVar[Any] = ("label", "annotator")
    research_search = search_fields
    search_help_text = "A reader's username, else part of a label's name, or the id of an image, study or annotation."
    ids = ("pk", "image", "image__study")
    related = ("image", "label", "annotator")
    roles: ClassVar[Any] = {"view": CLINICAL, **dict.fromkeys(("add", "change", "archive"), DOCTORS)}
    acts: ClassVar[Any] = {
        "add": actions.annotate,
        "change": actions.revise,
        "archive": actions.archive_annotation,
        "restore": actions.restore_annotation,
    }
    owner = "annotator"
    form = AnnotationForm
    addable = ("image", "label", "state", "geometry", "confidence", "comment")
    editable = ("state", "geometry", "confidence", "comment")
    autocomplete_fields = ("image", "label")
    shown = ("shows", linked("image"), linked("label"), "annotator", "created_at", "updated_at", "archived_at")
    research_fields = (
        "shows", linked("image"), linked("label"), "annotator", "state", "geometry", "confidence", "created_at",
        "updated_at", "archived_at",
    )  # fmt: skip

    def choices(self, user: Any, name: str, model: Any) -> Any:
        return Image.objects.open_to(user).live() if name == "image" else super().choices(user, name, model)

    def find(self, request: Any, queryset: Any, words: str) -> Any:
        """Search by the reader of this name, or else by part of a label's name."""
        text = words.strip()
        if not text:
            return queryset
        if reader := User.objects.filter(username=text).first():
            return queryset.filter(annotator=reader)
        labels = Label.objects.filter(name__icontains=text).order_by()
        return queryset.filter(label__in=list(labels.values_list("pk", flat=True)))

    def shown_to(self, user: Any, row: Any) -> Any:
        row.is_open = row.is_open_to(user)
        return super().shown_to(user, row)

    def has_past(self, row: Any) -> bool:
        return True

    def past_fields(self, request: Any, row: Any) -> set[str]:
        return super().past_fields(request, row) - (set() if self.is_whole(row) else {"comment"})

    @admin.display(description="where")
    def where(self, annotation: Annotation) -> str:
        found = annotation.geometry
        return f"{found['type']}, frame {found['frame']}" if found else "whole image"

    @admin.display(description="the image")
    def shows(self, annotation: Annotation) -> Any:
        frame = annotation.geometry["frame"] if annotation.geometry else 0
        return format_html("{}", preview(annotation.image, frame=frame))
