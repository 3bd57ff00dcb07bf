"""Labels and annotations: the terms that readers use, and their statements about images."""

from typing import ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from core.models import NamedRecord, NamedRecordQuerySet, versioned
from core.text import fold
from disease.models import Disease, DiseaseQuerySet
from imagery.models import Image
from imagery.models.visibility import Evidence, EvidenceQuerySet
from label.geometry import check_geometry
from label.places import place_of
from label.states import State, refuse_contradiction


class LabelQuerySet(NamedRecordQuerySet):
    def meaning(self, diseases: DiseaseQuerySet) -> Self:
        """Return the labels that mean one of these diseases."""
        links = Label.diseases.through.objects.filter(disease__in=diseases.order_by().values("pk"))
        return self.filter(pk__in=links.values("label"))

    def about(self, text: str) -> Self:
        """Return the labels with this text in name or definition, or that mean a disease of this name or code."""
        return self.filter(search_text__contains=fold(text)) | self.meaning(Disease.objects.about(text))


@versioned("folded_name", "search_text")
class Label(NamedRecord):
    """One term of the vocabulary that readers use; it means one or more diseases."""

    name = models.CharField(max_length=200, help_text="The term, e.g. Consolidation.")
    definition = models.TextField(
        blank=True, max_length=4000, help_text="When to use it, in words that two readers understand alike."
    )
    search_text = models.TextField(editable=False, help_text="Name and definition, folded, for search.")
    diseases = models.ManyToManyField(Disease, blank=True, related_name="labels", help_text="Diseases that it means.")

    objects: ClassVar = LabelQuerySet.as_manager()
    derived = (*NamedRecord.derived, "search_text")

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["-id"], condition=Q(archived_at__isnull=False), name="label_archived"),
            models.Index(fields=["name", "id"], name="label_by_name"),
            models.Index(fields=["updated_at", "id"], name="label_by_change"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["folded_name"],
                condition=Q(archived_at__isnull=True),
                name="label_name_is_unique_in_use",
                violation_error_message="A label of this name already exists.",
            )
        ]

    def clean(self) -> None:
        super().clean()
        self.search_text = f"{self.folded_name}\n{fold(self.definition)}"


class AnnotationQuerySet(EvidenceQuerySet):
    """Annotations, visible to everyone who sees their image."""

    study = "image__study"
    part = "image__"

    def _in_research(self) -> Q:
        """Match annotations of images in research; a subquery per row lets an index give the page in order."""
        return Q(models.Exists(Image.objects.order_by().in_research().filter(pk=models.OuterRef("image"))))


@versioned("place")
class Annotation(Evidence):
    """One reader's statement about one image."""

    image = models.ForeignKey(
        Image, on_delete=models.PROTECT, related_name="annotations", db_index=False, help_text="The annotated image."
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="The owner of the image.",
    )
    label = models.ForeignKey(
        Label, on_delete=models.PROTECT, related_name="annotations", db_index=False, help_text="The term."
    )
    annotator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        db_index=False,
        on_delete=models.PROTECT,
        related_name="annotations",
        help_text="The doctor who annotated the image.",
    )
    state = models.CharField(max_length=16, choices=State, help_text="present, absent, uncertain or not_assessable.")
    geometry = models.JSONField(
        null=True, blank=True, help_text="Where, in pixels of a frame (origin top left); empty for the whole image."
    )
    place = models.CharField(
        max_length=64,
        blank=True,
        editable=False,
        help_text="Digest of the geometry, the same for the same shape; empty for the whole image.",
    )
    confidence = models.FloatField(
        null=True, blank=True, help_text="How sure the reader is, from 0 to 1; empty if not stated."
    )
    comment = models.TextField(blank=True, max_length=4000, help_text="Free text of the reader; not shown to research.")

    objects: ClassVar = AnnotationQuerySet.as_manager()
    derived = ("place",)

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [
            models.Index(fields=["owner", "-created_at", "-id"], name="annotation_by_owner"),
            models.Index(fields=["annotator", "-created_at", "-id"], name="annotation_by_annotator"),
            models.Index(fields=["-created_at", "-id"], name="annotation_by_time"),
            models.Index(fields=["image"], name="annotation_by_image"),
            # Research lists by id.
            models.Index(fields=["label", "id"], name="annotation_by_label_alone"),
            models.Index(fields=["label", "state", "id"], name="annotation_by_label"),
            models.Index(fields=["state", "id"], name="annotation_by_state"),
            models.Index(fields=["id"], condition=Q(archived_at__isnull=False), name="annotation_archived"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["image", "label", "annotator", "place"],
                condition=Q(archived_at__isnull=True),
                name="one_annotation_of_a_place_per_reader",
                violation_error_message="You already annotated this place with this label. Change your annotation.",
            ),
            models.CheckConstraint(
                condition=Q(geometry__isnull=True, place="") | Q(geometry__isnull=False) & ~Q(place=""),
                name="annotation_has_a_place_if_it_has_a_geometry",
                violation_error_message="The place of an annotation is that of its geometry.",
            ),
            models.CheckConstraint(
                condition=Q(confidence__isnull=True) | Q(confidence__range=(0, 1)),
                name="annotation_confidence_is_a_fraction",
                violation_error_message="Confidence lies between 0 and 1.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=State.values),
                name="annotation_state_is_known",
                violation_error_message="The state is present, absent, uncertain or not_assessable.",
            ),
        ]

    def __str__(self) -> str:
        """Describe the annotation for people who see it whole."""
        return self._describe(str(self.image))

    @property
    def research_title(self) -> str:
        """Describe the annotation without dates."""
        return self._describe(self.image.research_title)

    def _describe(self, image: str) -> str:
        return f"{self.label}: {self.state.replace('_', ' ')} ({self.annotator}, {image})"

    def clean(self) -> None:
        """Raise `ValidationError` unless the geometry is one, and lies in the image; name its place."""
        if self.geometry is not None:
            try:
                check_geometry(
                    self.geometry, rows=self.image.rows, columns=self.image.columns, frames=self.image.frames
                )
            except ValueError as exc:
                raise ValidationError({"geometry": str(exc)}) from exc
        self.place = place_of(self.geometry)

    def refuse_conflicts(self) -> None:
        """Raise `Conflict` if another annotation of this reader contradicts this one. The action locks the label."""
        if self.archived:
            return
        same_question = {name: getattr(self, f"{name}_id") for name in ("image", "label", "annotator")}
        for other in Annotation.objects.live().filter(**same_question).exclude(pk=self.pk).order_by("created_at", "id"):
            refuse_contradiction(self, other)
