"""Images in the admin."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Exists, OuterRef
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html

from accounts.models import CLINICAL
from core.admin import Archived, Made, RecordAdmin, RecordForm, linked, one_of, short
from imagery import actions
from imagery.admin.base import MODALITIES, EvidenceAdmin
from imagery.admin.previews import preview, thumb
from imagery.models import Deidentification, Image, MediaType, Release


class UploadForm(RecordForm):
    """A file, and for a picture where it belongs; DICOM finds its own study."""

    file = forms.FileField(help_text="PNG, JPEG or DICOM Part 10, recognised by content. The name is not kept.")
    modality = forms.RegexField(r"^[A-Z0-9_ ]{1,16}$", required=False, help_text="E.g. CR; where the file is silent.")
    body_part = forms.CharField(max_length=16, required=False, help_text="E.g. CHEST; where the file is silent.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "study" in self.fields:
            self.fields["study"].required = False

    @property
    def facts(self) -> dict[str, Any]:
        return {name: value for name, value in super().facts.items() if value}


@admin.register(Image)
class ImageAdmin(EvidenceAdmin):
    """Bytes never change: one uploads, archives, restores and releases."""

    list_display = (
        "picture", "kind", "pixels", "release_state", linked("study"), "owner", "created_at", "archived_at",
    )  # fmt: skip
    research_columns = ("picture", "kind", "pixels", linked("study"))
    list_filter: ClassVar[Any] = (
        Archived, Made, one_of("modality", MODALITIES), one_of("release_state", tuple(Release.values)),
        one_of("media_type", tuple(MediaType.values)),
    )  # fmt: skip
    research_filter = list_filter
    list_select_related = ("owner", "study")
    list_per_page = 25
    search_fields: ClassVar[Any] = ("owner", "uid", "sha256")
    names = ("uid", "sha256")
    search_help_text = "The id of an image, series or study, a SOP Instance UID, a SHA-256, or a username."
    ids = ("pk", "series", "study")
    related = ("series", "study")
    acts: ClassVar[Any] = {
        "add": actions.upload_image,
        "archive": actions.archive_image,
        "restore": actions.restore_image,
        "release": actions.release_image,
    }
    actions = ("archive", "restore", "release")
    form = UploadForm
    addable = ("file", "study", "modality", "body_part")
    autocomplete_fields = ("study",)
    shown = (
        "shows", "kind", "pixels", linked("study"), linked("series"), "to_annotations", "release_state",
        "release_reason", "owner", "uid", "media_type", "size_in_words", "sha256", "created_at", "archived_at",
    )  # fmt: skip
    research_fields = ("shows", "kind", "pixels", linked("study"), linked("series"), "to_annotations")
    untold = frozenset({"original", "research"})

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).select_related("study")

    def add_view(self, request: Any, form_url: str = "", extra_context: Any = None) -> Any:
        """Not in a transaction, which would hold the database while the file is read."""
        return self._changeform_view(request, None, form_url, extra_context)  # type: ignore[attr-defined]

    def act_whole(self, form: Any, *, by: Any) -> Any:
        return self.act(form, by=by)

    @admin.action(description="Release to research", permissions=["archive"])
    def release(self, request: Any, queryset: Any) -> None:
        self.each(request, queryset, "release", "released")

    @admin.display(description="image")
    def picture(self, image: Image) -> Any:
        return thumb(image)

    @admin.display(description="preview")
    def shows(self, image: Image) -> Any:
        return preview(image)

    @admin.display(description="what")
    def kind(self, image: Image) -> str:
        return f"{image.modality} {image.body_part}".strip()

    @admin.display(description="pixels")
    def pixels(self, image: Image) -> str:
        return f"{image.columns} × {image.rows}" + (f" × {image.frames}" if image.frames > 1 else "")

    @admin.display(description="size")
    def size_in_words(self, image: Image) -> str:
        return filesizeformat(image.size)

    @admin.display(description="annotations")
    def to_annotations(self, image: Image) -> Any:
        """By address: the app that has them stands above this one."""
        address = reverse("admin:label_annotation_changelist")
        return format_html('<a href="{}?image__id__exact={}">annotations</a>', address, image.pk)


@admin.register(Deidentification)
class DeidentificationAdmin(RecordAdmin):
    """What was done to make a research copy; it quotes no removed value."""

    roles: ClassVar[Any] = {"view": CLINICAL}
    list_display = ("of", "created_at", "updated_at")
    list_filter: ClassVar[Any] = (Made,)
    list_select_related = ("image",)
    ids = ("pk", "image")
    actions = ()
    search_fields: ClassVar[Any] = ("image",)
    search_help_text = "The id of an image."
    shown = (linked("image"), "manifest", "created_at", "updated_at")

    def get_queryset(self, request: Any) -> Any:
        images = Image.objects.visible_to(request.user).order_by().filter(pk=OuterRef("image"))
        return super().get_queryset(request).filter(Exists(images)).select_related("image")

    def find(self, request: Any, queryset: Any, words: str) -> Any:
        return queryset.none() if words.strip() else queryset

    @admin.display(description="image")
    def of(self, done: Deidentification) -> str:
        return short(done.image)
