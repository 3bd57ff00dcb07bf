"""Filters of labels and annotations, and of images by their annotations."""

import django_filters
from django.db.models import Exists, OuterRef

from core.filters import BooleanFilter, RecordFilter
from disease.filters import UnderFilter
from disease.models import CodeQuerySet, Disease
from imagery.filters import ImageFilter, WholeImageFilter
from imagery.models.visibility import ImageQuerySet
from label.models import Annotation, AnnotationQuerySet, Label, LabelQuerySet, State


class LabelFilter(UnderFilter):
    name = django_filters.CharFilter(method="filter_name", max_length=200, label="Part of the name, whatever its case.")
    disease = django_filters.UUIDFilter(field_name="diseases", label="Labels that mean this disease (its id).")

    class Meta:
        model = Label
        fields: list[str] = []

    def filter_name(self, queryset: LabelQuerySet, name: str, value: str) -> LabelQuerySet:
        return queryset.called(value)

    def filter_codes(self, queryset: LabelQuerySet, codes: CodeQuerySet) -> LabelQuerySet:
        return queryset.meaning(Disease.objects.live().coded(codes))


class AnnotationFilter(UnderFilter):
    image = django_filters.UUIDFilter(field_name="image_id", label="Id of the image.")
    study = django_filters.UUIDFilter(field_name="image__study_id", label="Id of the image's study.")
    label = django_filters.UUIDFilter(field_name="label_id", label="Id of the label.")
    annotator = django_filters.UUIDFilter(field_name="annotator_id", label="Id of the doctor who annotated the image.")
    state = django_filters.ChoiceFilter(choices=State.choices, label="present, absent, uncertain or not_assessable.")

    class Meta:
        model = Annotation
        fields: list[str] = []

    def filter_codes(self, queryset: AnnotationQuerySet, codes: CodeQuerySet) -> AnnotationQuerySet:
        labels = Label.objects.meaning(Disease.objects.live().coded(codes))
        return queryset.filter(label__in=list(labels.order_by().values_list("pk", flat=True)))


class ByAnnotationFilter(RecordFilter):
    """Filter images by their annotations in use. All parameters together describe one annotation."""

    label = django_filters.UUIDFilter(method="filter_nothing", label="Id of a label that it is annotated with.")
    annotation_state = django_filters.ChoiceFilter(
        method="filter_nothing", choices=State.choices, label="The state of that annotation."
    )
    annotated_by_me = BooleanFilter(
        method="filter_nothing", label="true: that annotation is yours; false: there is no such annotation of yours."
    )

    def filter_nothing(self, images: ImageQuerySet, name: str, value: object) -> ImageQuerySet:
        return images

    def filter_queryset(self, images: ImageQuerySet) -> ImageQuerySet:
        images = super().filter_queryset(images)
        query = self.form.cleaned_data
        wanted = {"label": query.get("label"), "state": query.get("annotation_state")}
        annotations = Annotation.objects.live().filter(**{name: value for name, value in wanted.items() if value})
        mine = annotations.filter(annotator=self.request.user)
        by_me = query.get("annotated_by_me")
        if by_me is False:
            return images.filter(~Exists(mine.filter(image=OuterRef("pk"))))
        if by_me:
            return images.filter(pk__in=mine.order_by().values("image"))
        return images.filter(pk__in=annotations.order_by().values("image")) if any(wanted.values()) else images


class AnnotatedImageFilter(ByAnnotationFilter, ImageFilter):
    pass


class AnnotatedWholeImageFilter(ByAnnotationFilter, WholeImageFilter):
    pass
