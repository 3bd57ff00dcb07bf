"""The vocabulary's meaning: releases of classifications, their codes, crosswalks, and the diseases that use them."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models.functions import Lower

from core.models import Record, RecordQuerySet, keeps_its_past


@keeps_its_past()
class CodeSystem(Record):
    """One release of a classification. A new release is a new row beside the old one."""

    key = models.SlugField(max_length=40, help_text="Short name of the classification, e.g. icd-10-cm.")
    release = models.CharField(max_length=40, help_text="The edition, e.g. 2026-04 or v32.")
    title = models.CharField(max_length=200, help_text="Full name, e.g. ICD-10-CM, April 2026.")
    uri = models.URLField(
        blank=True,
        help_text="The system's FHIR URI, e.g. http://hl7.org/fhir/sid/icd-10-cm (HL7 terminology registry).",
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["key", "release"],
                name="code_system_release_is_unique",
                violation_error_message="This release of the classification is already there.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.release}"


class CodeKind(models.TextChoices):
    CHAPTER = "chapter"
    BLOCK = "block"
    CATEGORY = "category"
    SUBCATEGORY = "subcategory"
    CODE = "code"


class Code(Record):
    """One entry of a release. Loaded as published and never edited, so it has no history of its own."""

    system = models.ForeignKey(
        CodeSystem, on_delete=models.PROTECT, related_name="codes", help_text="The release it is an entry of."
    )
    code = models.CharField(max_length=40, help_text="As printed, with its dot: J18.9 (ICD-10-CM), 486 (ICD-9-CM).")
    title = models.CharField(max_length=400, help_text="The entry's title as published.")
    kind = models.CharField(max_length=12, choices=CodeKind, help_text="chapter, block, category, subcategory or code.")
    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="children",
        help_text="The entry it stands under.",
    )
    assignable = models.BooleanField(help_text="Whether a diagnosis may be coded with it; headings may not.")
    valid_to = models.DateField(null=True, blank=True, help_text="The last day it was in force; empty while it is.")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["system", "code"],
                name="code_is_unique_in_its_system",
                violation_error_message="This code is already there.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class CodeMapping(Record):
    """A link between codes of two systems, with the flags of the CMS General Equivalence Mappings (GEM)."""

    source = models.ForeignKey(
        Code, on_delete=models.PROTECT, related_name="mappings", help_text="The code that is translated."
    )
    target = models.ForeignKey(
        Code,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="mapped_from",
        help_text="What it becomes; empty when there is no map.",
    )
    approximate = models.BooleanField(help_text="GEM flag 1: source and target do not mean quite the same.")
    no_map = models.BooleanField(help_text="GEM flag 2: the target system has nothing for the source.")
    combination = models.BooleanField(help_text="GEM flag 3: the source means several targets together.")
    scenario = models.PositiveSmallIntegerField(
        default=0, help_text="GEM flag 4: which set of a combination; 0 when it is none."
    )
    choice_list = models.PositiveSmallIntegerField(
        default=0, help_text="GEM flag 5: the place in that set; one target of each place is chosen; 0 when it is none."
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "target", "scenario", "choice_list"],
                name="code_mapping_is_unique",
                violation_error_message="This mapping is already there.",
            ),
            models.UniqueConstraint(
                fields=["source"],
                condition=models.Q(no_map=True),
                name="code_mapping_says_no_map_once",
                violation_error_message="That this code has no map is already there.",
            ),
            models.CheckConstraint(
                condition=models.Q(no_map=True, target__isnull=True) | models.Q(no_map=False, target__isnull=False),
                name="code_mapping_has_a_target_or_none",
                violation_error_message="A mapping has a target, or says that there is none.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} → {self.target_id}"


class DiseaseQuerySet(RecordQuerySet):
    def with_codes(self) -> Self:
        codes = Code.objects.select_related("system").order_by("system__key", "code")
        return self.prefetch_related(models.Prefetch("codes", queryset=codes))


@keeps_its_past()
class Disease(Record):
    """What the institution calls a condition; carries any number of codes of any system."""

    name = models.CharField(max_length=200, help_text="The condition's name, e.g. Pneumonia.")
    description = models.TextField(blank=True, max_length=4000, help_text="What it is, in a sentence or two.")
    codes = models.ManyToManyField(
        Code, blank=True, related_name="diseases", help_text="Its codes, of any classification."
    )

    objects: ClassVar[Any] = DiseaseQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                condition=models.Q(archived_at__isnull=True),
                name="disease_name_is_unique_in_use",
                violation_error_message="There is already a disease of this name.",
            )
        ]

    def __str__(self) -> str:
        return self.name
