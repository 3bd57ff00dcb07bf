"""The diseases that use codes."""

from typing import ClassVar, Self

from django.db import models

from core.models import NamedRecord, NamedRecordQuerySet, versioned
from core.text import fold
from disease.models.codes import Code, CodeQuerySet


class DiseaseQuerySet(NamedRecordQuerySet):
    def with_codes(self) -> Self:
        codes = Code.objects.select_related("system").order_by("system__key", "code")
        return self.prefetch_related(models.Prefetch("codes", queryset=codes))

    def coded(self, codes: CodeQuerySet) -> Self:
        """Return the diseases that carry one of these codes."""
        links = Disease.codes.through.objects.filter(code__in=codes.order_by().values("pk"))
        return self.filter(pk__in=links.values("disease"))

    def called(self, text: str) -> Self:
        """Return the diseases whose name or a synonym contains this text, whatever its case."""
        return self.filter(names__contains=fold(text))

    def about(self, text: str) -> Self:
        """Return the diseases of this name, and those that carry exactly this code of any classification."""
        return self.called(text) | self.coded(Code.objects.filter(code=text))


@versioned("folded_name", "names")
class Disease(NamedRecord):
    """A condition as the institution names it; carries any number of codes of any system."""

    name = models.CharField(max_length=200, help_text="The condition's name, e.g. Pneumonia.")
    description = models.TextField(blank=True, max_length=4000, help_text="What it is, in a sentence or two.")
    synonyms = models.JSONField(default=list, blank=True, help_text='Other names for it, e.g. ["lung infection"].')
    names = models.TextField(
        blank=True, editable=False, help_text="Name and synonyms, folded, one per line, for search."
    )
    codes = models.ManyToManyField(
        Code, blank=True, related_name="diseases", help_text="Its codes, of any classification."
    )

    objects: ClassVar = DiseaseQuerySet.as_manager()
    derived = (*NamedRecord.derived, "names")

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["-id"], condition=models.Q(archived_at__isnull=False), name="disease_archived"),
            models.Index(fields=["name", "id"], name="disease_by_name"),
            models.Index(fields=["updated_at", "id"], name="disease_by_change"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["folded_name"],
                condition=models.Q(archived_at__isnull=True),
                name="disease_name_is_unique_in_use",
                violation_error_message="A disease of this name already exists.",
            )
        ]

    def clean(self) -> None:
        super().clean()
        self.names = "\n".join(fold(name) for name in [self.name, *self.synonyms])
