"""The API contract of studies and series."""

from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import Team
from accounts.serializers import TeamNameSerializer
from core.bodies import BodySerializer
from core.columns import select_columns
from core.fields import IsoDateField, Link, PersonField, Ref, ValidatedData
from imagery import actions
from imagery.models import Patient, Series, Study
from imagery.models.studies import public_body_part, public_modality
from imagery.serializers.evidence import EvidenceSerializer


class SeriesSerializer(EvidenceSerializer):
    research_fields: tuple[str, ...] = ("id", "url", "study_url", "images_url", "study", "modality", "body_part")
    research_terms = {"modality": public_modality, "body_part": public_body_part}

    id = serializers.UUIDField(read_only=True, help_text="Its id, a UUID.")
    url = Link("series-detail", help_text="Its address.")
    study_url = Link("study-detail", "study_id", help_text="Address of its study.")
    images_url = Link("image-list", filter="series", help_text="Address of the list of its images.")
    study = serializers.UUIDField(source="study_id", read_only=True, help_text="Id of the study it is part of.")
    modality = serializers.CharField(
        read_only=True, help_text="DICOM (0008,0060), e.g. CR, DX, CT, MR, US; OT when unknown."
    )
    body_part = serializers.CharField(read_only=True, help_text="DICOM (0018,0015), e.g. CHEST.")
    uid = serializers.CharField(read_only=True, help_text="Series Instance UID, DICOM (0020,000E).")
    created_at = serializers.DateTimeField(read_only=True, help_text="When it was made (UTC).")
    archived_at = serializers.DateTimeField(read_only=True, allow_null=True, help_text="When it was archived (UTC).")


class StudyFields(EvidenceSerializer):
    """The fields of lists and details of studies."""

    research_fields: tuple[str, ...] = ("id", "url", "patient_url", "series_url", "images_url", "patient", "age")

    id = serializers.UUIDField(read_only=True, help_text="Its id, a UUID.")
    url = Link("study-detail", help_text="Its address.")
    patient_url = Link("patient-detail", "patient_id", allow_null=True, help_text="Address of the patient, if known.")
    series_url = Link("series-list", filter="study", help_text="Address of the list of its series.")
    images_url = Link("image-list", filter="study", help_text="Address of the list of its images.")
    owner = PersonField(help_text="The doctor who uploaded it.")
    patient = Ref(Patient, scope="owned_by", allow_null=True, required=False, help_text="Id of the patient, if known.")
    age = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="Of the patient, in whole years; 90 means 90 or more."
    )
    date = IsoDateField(allow_null=True, required=False, help_text="DICOM (0008,0020).")
    description = serializers.CharField(
        max_length=1000, allow_blank=True, required=False, help_text="DICOM (0008,1030). Free text."
    )
    archived_at = serializers.DateTimeField(read_only=True, allow_null=True, help_text="When it was archived (UTC).")


class StudyListSerializer(StudyFields):
    research_fields: tuple[str, ...] = (*StudyFields.research_fields, "series_count", "images_count")

    series_count = serializers.IntegerField(read_only=True, help_text="How many series in use you may know of.")
    images_count = serializers.IntegerField(read_only=True, help_text="How many images in use you may know of.")


class StudySerializer(StudyFields):
    research_fields: tuple[str, ...] = (*StudyFields.research_fields, "series")

    uid = serializers.CharField(read_only=True, help_text="Study Instance UID, DICOM (0020,000D).")
    series = serializers.SerializerMethodField(help_text="Its series.")
    shared_with = TeamNameSerializer(many=True, read_only=True, help_text="The teams that see it.")
    created_at = serializers.DateTimeField(read_only=True, help_text="When it was made (UTC).")
    updated_at = serializers.DateTimeField(read_only=True, help_text="When it was last changed (UTC).")

    @extend_schema_field(SeriesSerializer(many=True))
    def get_series(self, study: Study) -> list[dict[str, object]]:
        """Series in order of creation, which research must not learn."""
        viewer = self.context["request"].user
        series = Series.objects.filter(study=study).visible_to(viewer).with_openness(viewer)
        series = series if self.is_open(study) else series.order_by("id")
        rows = select_columns(series, SeriesSerializer)
        return list(SeriesSerializer(rows, many=True, context=self.context).data)

    def create(self, validated_data: ValidatedData) -> Study:
        return actions.create_study(**validated_data)

    def update(self, study: Study, validated_data: ValidatedData) -> Study:
        return actions.change_study(study=study, **validated_data)


class ShareSerializer(BodySerializer):
    team = Ref(Team, help_text="Id of a team that you are in.")


class UnshareSerializer(BodySerializer):
    """A team that one has left, or that is archived, can be named too: the study is its owner's to take back."""

    team = serializers.UUIDField(help_text="Id of a team that the study is shared with.")

    def validate_team(self, id: UUID) -> Team:
        team = self.context["study"].shared_with.filter(pk=id).first()
        if team is None:
            raise serializers.ValidationError("There is no such object.")
        return team
