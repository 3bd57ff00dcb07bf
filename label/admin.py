"""Labels in the admin for researchers to edit, and annotations to read."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.models import CLINICAL, Role, User
from core.admin import EMPTY, ArchivableAdmin, EditableAdmin, choice_filter, link, link_lines, linked
from disease.admin import DiseaseAdmin
from disease.models import Disease
from imagery.admin import EvidenceAdmin, frame_preview
from label import actions
from label.models import Annotation, Label, LabelQuerySet, State

DOCTORS = frozenset({Role.DOCTOR})
RESEARCHERS = frozenset({Role.RESEARCHER})


@admin.register(Label)
class LabelAdmin(EditableAdmin, ArchivableAdmin):
    list_display = ("name", "definition", "disease_names", "updated_at", "archived_at")
    search_fields = ("name",)
    search_help_text = "Part of a name, of a definition or of a disease, or a whole code."
    sortable_by = ("name", "updated_at")
    ordering = ("name", "id")
    link_columns = ("diseases",)
    roles = {"view": CLINICAL, **dict.fromkeys(("add", "change", "archive"), RESEARCHERS)}
    row_actions = {
        "create": actions.create_label,
        "change": actions.change_label,
        "archive": actions.archive_label,
        "restore": actions.restore_label,
    }
    field_choices = {"diseases": Disease.objects.live}
    autocomplete_fields = ("diseases",)
    editable_fields = ("name", "definition", "diseases")
    shown_fields = ("meaning", "created_at", "updated_at", "archived_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Label]:
        return super().get_queryset(request).prefetch_related("diseases__codes")

    def search(self, request: HttpRequest, rows: LabelQuerySet, text: str) -> QuerySet:
        return rows.about(text)

    @admin.display(description="diseases")
    def disease_names(self, label: Label) -> str:
        return ", ".join(disease.name for disease in label.diseases.all())

    @admin.display(description="diseases and codes")
    def meaning(self, label: Label) -> SafeString:
        lines = ((link(disease), code_links(disease)) for disease in label.diseases.all())
        return format_html('<ul class="links">{}</ul>', format_html_join("", "<li>{}: {}</li>", lines))


@admin.register(Disease)
class LabelledDiseaseAdmin(DiseaseAdmin):
    row_actions = {**DiseaseAdmin.row_actions, "archive": actions.archive_disease}
    shown_fields = ("label_links", *DiseaseAdmin.shown_fields)

    @admin.display(description="labels that mean it")
    def label_links(self, disease: Disease) -> SafeString | str:
        return link_lines(Label.objects.live().filter(diseases=disease))


def code_links(disease: Disease) -> SafeString | str:
    codes = sorted(disease.codes.all(), key=lambda code: code.code)
    return format_html_join(", ", "{}", ((link(code, code.code),) for code in codes)) or EMPTY


@admin.register(Annotation)
class AnnotationAdmin(EvidenceAdmin):
    """Annotations to read. Their readers archive and restore them here, and change them through the API."""

    patient_path = "image__study__patient_id"
    list_display = ("label", "state", "place", "confidence", "annotator", linked("image"), "created_at", "archived_at")
    list_filter = (*EvidenceAdmin.list_filter, choice_filter("state", State.values))
    list_select_related = ("label", "annotator", "image")
    research_list_display = (
        "label", "state", "place", "confidence", "annotator", linked("image", "research_title"),
    )  # fmt: skip
    research_list_filter = (choice_filter("state", State.values),)
    search_fields = ("label",)
    research_search_fields = search_fields
    search_help_text = "A reader's username, part of a label's name, or the id of an image, study or annotation."
    id_columns = ("pk", "image", "image__study")
    link_columns = ("image", "label", "annotator")
    roles = {"view": CLINICAL, "archive": DOCTORS}
    owner_field = "annotator"
    is_owners_alone = True
    row_actions = {"archive": actions.archive_annotation, "restore": actions.restore_annotation}
    shown_fields = (
        "preview", linked("image"), linked("label"), "annotator", "state", "geometry", "confidence", "comment",
        "created_at", "updated_at", "archived_at",
    )  # fmt: skip
    research_fields = (
        "preview", linked("image", "research_title"), linked("label"), "annotator", "state", "geometry", "confidence",
    )  # fmt: skip

    def search(self, request: HttpRequest, rows: QuerySet, text: str) -> QuerySet:
        if reader := User.objects.filter(username=text).first():
            return rows.filter(annotator=reader)
        labels = Label.objects.called(text).order_by()
        return rows.filter(label__in=list(labels.values_list("pk", flat=True)))

    @admin.display(description="place")
    def place(self, annotation: Annotation) -> str:
        geometry = annotation.geometry
        return f"{geometry['type']}, frame {geometry['frame']}" if geometry else "whole image"

    @admin.display(description="preview")
    def preview(self, annotation: Annotation) -> SafeString:
        return frame_preview(annotation.image, annotation.geometry["frame"] if annotation.geometry else 0)
