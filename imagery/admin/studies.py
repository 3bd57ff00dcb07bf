"""Studies and series in the admin."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Exists, OuterRef

from accounts.models import Team
from core.admin import Archived, Made, link, linked, links, listing, one_of, short
from imagery import actions
from imagery.admin.base import MODALITIES, READ, EvidenceAdmin
from imagery.models import Image, Patient, Series, Study


@admin.register(Study)
class StudyAdmin(EvidenceAdmin):
    list_display = (
        "name",
        "description",
        "date",
        "to_patient",
        "age",
        "owner",
        "created_at",
        "archived_at",
    )
    research_columns = ("name", "to_patient", "age")
    search_fields: ClassVar[Any] = ("owner", "uid")
    search_help_text = "The id of a study or patient, exactly a Study Instance UID, or its owner's username."
    ids = ("pk", "patient")
    related = ("patient",)
    acts: ClassVar[Any] = {
        "add": actions.create_study,
        "change": actions.change_study,
        "archive": actions.archive_study,
        "restore": actions.restore_study,
    }
    addable = ("patient", "date", "description")
    editable = ("patient", "date", "description", "shared_with")
    autocomplete_fields = ("patient", "shared_with")
    shown = (
        "to_patient", "age", "owner", "uid", "their_series", "to_images", "created_at", "updated_at", "archived_at",
    )  # fmt: skip
    research_fields = ("id", "to_patient", "age", "their_series", "to_images")

    def get_queryset(self, request: Any) -> Any:
        """A study may be shared whose patient is not."""
        known = Patient.objects.visible_to(request.user).filter(pk=OuterRef("patient_id"))
        return super().get_queryset(request).select_related("patient").annotate(knows_patient=Exists(known))

    def choices(self, user: Any, name: str, model: Any) -> Any:
        return Team.objects.visible_to(user).live() if name == "shared_with" else super().choices(user, name, model)

    def act(self, form: Any, *, by: Any) -> Any:
        """Teams are shared with, and unshared, one by one."""
        if form.is_new:
            return super().act(form, by=by)
        study, facts = Study.objects.get(pk=form.instance.pk), form.facts
        there = set(study.shared_with.all())
        wanted = set(facts.pop("shared_with", there))
        actions.change_study(by=by, study=study, **facts)
        for team in wanted - there:
            actions.share_study(by=by, study=study, team=team)
        for team in there - wanted:
            actions.unshare_study(by=by, study=study, team=team)
        return study

    @admin.display(description="study")
    def name(self, study: Study) -> str:
        return short(study)

    @admin.display(description="patient")
    def to_patient(self, study: Study) -> Any:
        return link(study.patient) if study.knows_patient else "–"  # type: ignore[attr-defined]

    @admin.display(description="series")
    def their_series(self, study: Study) -> Any:
        viewer = study.viewer  # type: ignore[attr-defined]  # the admin tells a row for whom it is shown
        return links(Series.objects.visible_to(viewer).filter(study=study))

    @admin.display(description="images")
    def to_images(self, study: Study) -> Any:
        return listing(Image, "images", study=study)


@admin.register(Series)
class SeriesAdmin(EvidenceAdmin):
    """Made by uploads; to read."""

    roles: ClassVar[Any] = READ
    list_display = ("modality", "body_part", linked("study"), "owner", "created_at", "archived_at")
    research_columns = ("modality", "body_part", linked("study"))
    list_filter: ClassVar[Any] = (Archived, Made, one_of("modality", MODALITIES))
    research_filter = list_filter
    list_select_related = ("study",)
    search_fields: ClassVar[Any] = ("owner", "uid")
    search_help_text = "The id of a series or study, exactly a Series Instance UID, or its owner's username."
    ids = ("pk", "study")
    related = ("study",)
    actions = ()
    shown = ("modality", "body_part", linked("study"), "to_images", "owner", "uid", "created_at", "archived_at")
    research_fields = ("modality", "body_part", linked("study"), "to_images")

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).select_related("study")

    @admin.display(description="images")
    def to_images(self, series: Series) -> Any:
        return listing(Image, "images", series=series)
