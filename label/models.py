"""Labels and annotations: the terms that readers use, and their statements about images."""

from typing import Any, ClassVar, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from core.models import Record, RecordQuerySet, versioned
from disease.models import Disease, DiseaseQuerySet
from imagery.models import Image
from imagery.models.visibility import Evidence, EvidenceQuerySet
from label.geometry import check_geometry


class LabelQuerySet(RecordQuerySet):
    def meaning(self, diseases: DiseaseQuerySet) -> Self:
        """Return the labels that mean one of these diseases."""
        links = Label.diseases.through.objects.filter(disease__in=diseases.order_by().values("pk"))
        return self.filter(pk__in=links.values("label"))

    def about(self, text: str) -> Self:
        """Return the labels with this text in name or definition, or that mean a disease of this name or code."""
        named = self.filter(Q(name__icontains=text) | Q(definition__icontains=text))
        return named | self.meaning(Disease.objects.about(text))


@versioned()
class Label(Record):
    """One term of the vocabulary that readers use; it means one or more diseases."""

    name = models.CharField(max_length=200, help_text="The term, e.g. Consolidation.")
    definition = models.TextField(
        blank=True, max_length=4000, help_text="When to use it, in words that two readers understand alike."
    )
    diseases = models.ManyToManyField(Disease, blank=True, related_name="labels", help_text="Diseases that it means.")

    objects: ClassVar[Any] = LabelQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["-id"], condition=Q(archived_at__isnull=False), name="label_archived"),
            models.Index(fields=["name", "id"], name="label_by_name"),
            models.Index(fields=["updated_at", "id"], name="label_by_change"),
        ]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                condition=Q(archived_at__isnull=True),
                name="label_name_is_unique_in_use",
                violation_error_message="A label of this name already exists.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class State(models.TextChoices):
    """No annotation at all means "not asked"."""

    PRESENT = "present"
    ABSENT = "absent"
    UNCERTAIN = "uncertain"
    NOT_ASSESSABLE = "not_assessable"


class AnnotationQuerySet(EvidenceQuerySet):
    """Annotations, visible to everyone who sees their image."""

    study = "image__study"
    part = "image__"

    def _in_research(self) -> Q:
        """Match annotations of images in research; a subquery per row lets an index give the page in order."""
        return Q(models.Exists(Image.objects.order_by().in_research().filter(pk=models.OuterRef("image"))))


@versioned()
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
    confidence = models.FloatField(
        null=True, blank=True, help_text="How sure the reader is, from 0 to 1; empty if not stated."
    )
    comment = models.TextField(blank=True, max_length=4000, help_text="Free text of the reader; not shown to research.")

    objects: ClassVar[Any] = AnnotationQuerySet.as_manager()

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
                fields=["image", "label", "annotator"],
                condition=Q(geometry__isnull=True, archived_at__isnull=True),
                name="one_whole_image_annotation_per_reader",
                violation_error_message="You have annotated the whole image with this label. Change your annotation.",
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
        """Raise `ValidationError` unless the geometry is one, and lies in the image."""
        if self.geometry is not None:
            try:
                check_geometry(
                    self.geometry, rows=self.image.rows, columns=self.image.columns, frames=self.image.frames
                )
            except ValueError as exc:
                raise ValidationError({"geometry": str(exc)}) from exc
