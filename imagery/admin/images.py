"""Images, and how their research copies were made, in the admin."""

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import CLINICAL
from core.admin import RecordAdmin, choice_filter, linked
from imagery import actions
from imagery.admin.base import MODALITIES, EvidenceAdmin, may_see_partly, research_body_part, research_modality, viewer
from imagery.models import Deidentification, Image, MediaType, Release

PREVIEW_SIZE = 400  # pixels


def frame_preview(image: Image, frame: int = 0) -> SafeString:
    """Show a frame, with a link to its full size. The API serves it, checks rights and records the request."""
    url = f"{reverse('image-preview', kwargs={'pk': image.pk})}?frame={frame}"
    return format_html(
        '<a href="{0}"><img class="preview" src="{0}&size={1}" alt="Frame {2} of the image"></a>',
        url, PREVIEW_SIZE, frame,
    )  # fmt: skip


@admin.register(Image)
class ImageAdmin(EvidenceAdmin):
    patient_path = "study__patient_id"
    list_display = (
        "thumbnail", "research_title", "pixels", "release_state", linked("study"), "owner", "created_at",
        "archived_at",
    )  # fmt: skip
    list_filter = (
        *EvidenceAdmin.list_filter, choice_filter("modality", MODALITIES),
        choice_filter("release_state", Release.values), choice_filter("media_type", MediaType.values),
    )  # fmt: skip
    research_list_display = ("thumbnail", "research_title", "pixels", linked("study", "research_title"))
    research_list_filter = (choice_filter("modality", MODALITIES), choice_filter("media_type", MediaType.values))
    list_select_related = ("owner", "study__patient")
    list_per_page = 25
    search_fields = ("uid",)
    search_help_text = "The id of an image, series or study, a whole SOP Instance UID or SHA-256, or a username."
    name_columns = ("uid", "sha256")
    id_columns = ("pk", "series", "study")
    link_columns = ("series", "study")
    row_actions = {
        "archive": actions.archive_image,
        "restore": actions.restore_image,
        "release": actions.release_image,
    }
    actions = ("archive", "restore", "release")
    shown_fields = (
        "preview", "modality", "body_part", "pixels", linked("study"), linked("series"), "release_state",
        "release_reason", "owner", "uid", "media_type", "size_in_words", "sha256", "created_at", "archived_at",
    )  # fmt: skip
    research_fields = (
        "preview", research_modality, research_body_part, "pixels", linked("study", "research_title"),
        linked("series", "research_title"),
    )  # fmt: skip
    history_excluded = frozenset({"original", "research"})

    @admin.action(description="Release the selected images to research", permissions=["archive"])
    def release(self, request: HttpRequest, queryset: QuerySet[Image]) -> None:
        self.apply(request, queryset, "release", "released")

    @admin.display(description="image")
    def thumbnail(self, image: Image) -> SafeString | str:
        """Show the small picture of the research copy."""
        if not image.research:
            return image.research_title
        url = reverse("image-thumbnail", kwargs={"pk": image.pk})
        return format_html('<img class="thumb" loading="lazy" src="{}" alt="{}">', url, image.research_title)

    @admin.display(description="preview")
    def preview(self, image: Image) -> SafeString | str:
        if image.release_state == Release.NO_PICTURE:
            return f"No picture. {image.release_reason}"
        return frame_preview(image)

    @admin.display(description="pixels")
    def pixels(self, image: Image) -> str:
        return f"{image.columns} × {image.rows}" + (f" × {image.frames}" if image.frames > 1 else "")

    @admin.display(description="size")
    def size_in_words(self, image: Image) -> str:
        return filesizeformat(image.size)


@admin.register(Deidentification)
class DeidentificationAdmin(RecordAdmin):
    """How a research copy was made. The manifest quotes no removed value."""

    patient_path = "image__study__patient_id"
    list_display = ("__str__", linked("image", "research_title"))
    list_filter = ()
    ordering = ("id",)
    roles = {"view": CLINICAL}
    id_columns = ("pk", "image")
    link_columns = ("image",)
    search_fields = ("image",)
    search_help_text = "The id of an image."
    shown_fields = (linked("image", "research_title"), "manifest")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Deidentification]:
        """Look copies up by their images: most of the table is not a doctor's."""
        images = Image.objects.order_by().looked_up_for(viewer(request))
        return super().get_queryset(request).filter(image__in=images).select_related("image")

    def has_history(self, request: HttpRequest, row: Model) -> bool:
        """Hide the times of changes from researchers."""
        return not may_see_partly(request)
