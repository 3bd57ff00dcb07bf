"""Releases of classifications, their codes, and the crosswalk between them."""

from functools import reduce
from operator import or_
from typing import ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from core.models import Record, RecordQuerySet, versioned
from disease.models.search import Matches, bounded_words, rank_of, search_words


@versioned()
class CodeSystem(Record):
    """One release of a classification. A new release is a new row beside the old one."""

    key = models.SlugField(max_length=40, help_text="Short name of the classification, e.g. icd-10-cm.")
    release = models.CharField(max_length=40, help_text="The edition, e.g. 2026-04 or v32.")
    title = models.CharField(max_length=200, help_text="Full name, e.g. ICD-10-CM, April 2026.")
    uri = models.URLField(
        blank=True,
        help_text="The system's FHIR URI, e.g. http://hl7.org/fhir/sid/icd-10-cm (HL7 terminology registry).",
    )

    codes_changed_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When an import last changed its codes or mappings (UTC)."
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["key", "release"],
                name="code_system_release_is_unique",
                violation_error_message="This release of the classification already exists.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.release}"


class CodeQuerySet(RecordQuerySet):
    def matching(self, text: str) -> Self:
        """Codes in which every word begins a word of code or title, best first: exact code, code, title, the rest.

        Reads the database's own full-text index: FTS5 on SQLite, GIN over `tsvector` on PostgreSQL.
        Raises `ValueError` for more than 200 characters or 8 different words.
        """
        words = bounded_words(text)
        if not words:
            return self.none()
        return self.filter(Matches(words)).annotate(rank=rank_of(text)).order_by("rank", "id")

    def of(self, system: str | None) -> Self:
        """Codes of one classification, or of all."""
        return self.filter(system__key=system) if system else self

    def or_equivalent(self) -> Self:
        """Return these codes and the codes that a crosswalk links to them, in either direction."""
        ids, links = self.order_by().values("pk"), CodeMapping.objects.order_by()
        targets = links.filter(source__in=ids, target__isnull=False).values("target")
        sources = links.filter(target__in=ids).values("source")
        return type(self)(self.model).filter(pk__in=ids.union(targets, sources))


def codes_below(code: str, *, system: str | None = None, equivalent: bool = False) -> CodeQuerySet:
    """Return a chapter, block, category or code with all codes below it, in each system that has it.

    Looks its places up at once. Raises `ValidationError` when no system has it.
    """
    tops = list(Code.objects.of(system).filter(code=code).values_list("system", "position", "last"))
    if not tops:
        raise ValidationError(f"There is no chapter, block, category or code {code[:40]}.")
    spans = [Q(system=system_id, position__range=(first, last)) for system_id, first, last in tops]
    codes: CodeQuerySet = Code.objects.filter(reduce(or_, spans))
    return codes.or_equivalent() if equivalent else codes


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
    valid_to = models.DateField(
        null=True, blank=True, help_text="The last day on which the code was in force; empty while it is."
    )
    notes = models.JSONField(
        default=dict, blank=True, help_text="Inclusion and exclusion notes by their kind, where the source has them."
    )
    position = models.PositiveIntegerField(
        default=0, help_text="Its place in its system read from the top, each entry before those below it."
    )
    last = models.PositiveIntegerField(
        default=0, help_text="The place of the last entry below it, so that all below it lie between the two."
    )
    words = models.TextField(blank=True, editable=False, help_text="The words by which search finds the code.")

    objects: ClassVar = CodeQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["system", "code"],
                name="code_is_unique_in_its_system",
                violation_error_message="This code already exists in its system.",
            )
        ]
        indexes = [
            models.Index(fields=["system", "position"], name="code_by_place"),
            models.Index(fields=["code"], name="code_by_code"),
            models.Index(fields=["system", "-id"], name="code_by_system"),
            models.Index(fields=["kind", "-id"], name="code_by_kind"),
            models.Index(fields=["assignable", "-id"], name="code_by_assignability"),
            models.Index(fields=["kind", "system", "position"], name="code_by_kind_and_place"),
            models.Index(fields=["assignable", "system", "position"], name="code_by_use_and_place"),
            models.Index(fields=["-id"], condition=Q(archived_at__isnull=False), name="code_archived"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    def clean(self) -> None:
        self.words = search_words(self.code, self.title)

    def ancestors(self) -> CodeQuerySet:
        """From the chapter down to the entry above this one."""
        above = Code.objects.filter(system=self.system_id, position__lt=self.position, last__gte=self.position)
        return above.order_by("position")


class CodeMappingQuerySet(RecordQuerySet):
    def proposed_for(self, codes: models.QuerySet) -> Self:
        """What the crosswalk makes of these codes, without themselves and without what is out of use."""
        mine = codes.values("pk")
        links = self.filter(source__in=mine, no_map=False, target__valid_to__isnull=True, target__assignable=True)
        return links.exclude(target__in=mine).select_related("source__system", "target__system").order_by("id")


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

    objects: ClassVar = CodeMappingQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["-id"], condition=Q(archived_at__isnull=False), name="code_mapping_archived"),
            models.Index(fields=["approximate", "-id"], name="code_mapping_by_exactness"),
            models.Index(fields=["no_map", "-id"], name="code_mapping_by_absence"),
            models.Index(fields=["combination", "-id"], name="code_mapping_by_combination"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "target", "scenario", "choice_list"],
                name="code_mapping_is_unique",
                violation_error_message="This mapping already exists.",
            ),
            models.UniqueConstraint(
                fields=["source"],
                condition=models.Q(no_map=True),
                name="code_mapping_says_no_map_once",
                violation_error_message="This code is already marked as having no map.",
            ),
            models.CheckConstraint(
                condition=models.Q(no_map=True, target__isnull=True) | models.Q(no_map=False, target__isnull=False),
                name="code_mapping_has_a_target_or_none",
                violation_error_message="A mapping has a target or says `no_map`.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} → {self.target_id}"

    @property
    def meaning(self) -> str:
        """The flags in plain words (CMS, General Equivalence Mappings, documentation and user's guide)."""
        if self.no_map:
            return "no map"
        closeness = "approximate" if self.approximate else "exact"
        return f"{closeness}, one of a combination" if self.combination else closeness
