"""The API contract of images, uploads, previews and redactions."""

from typing import Any, cast

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.bodies import BodySerializer
from core.disclosure import note_patients
from core.fields import Link, PersonField, Ref, TrueOrFalse, ValidatedData
from dicom.deidentification.manifest import Box
from imagery.models import Image, MediaType, Patient, Release, Study
from imagery.models.studies import public_body_part, public_modality
from imagery.models.visibility import COPIED_AS
from imagery.serializers.evidence import EvidenceSerializer

MAX_DRAWN_BOXES = 1000  # boxes × frames of one redaction


class ImageListSerializer(EvidenceSerializer):
    research_fields: tuple[str, ...] = (
        "id",
        "url",
        "study_url",
        "series_url",
        "preview_url",
        "file_url",
        "study",
        "series",
        "modality",
        "body_part",
        "media_type",
        "rows",
        "columns",
        "frames",
    )
    research_terms = {"modality": public_modality, "body_part": public_body_part}

    id = serializers.UUIDField(read_only=True, help_text="Its id, a UUID.")
    url = Link("image-detail", help_text="Its address.")
    study_url = Link("study-detail", "study_id", help_text="Address of its study.")
    series_url = Link("series-detail", "series_id", help_text="Address of its series.")
    preview_url = Link("image-preview", help_text="Address of a PNG of its first frame.")
    file_url = Link("image-file", help_text="Address of its bytes; for research those of the copy.")
    study = serializers.UUIDField(source="study_id", read_only=True, help_text="Id of its study.")
    series = serializers.UUIDField(source="series_id", read_only=True, help_text="Id of its series.")
    modality = serializers.CharField(read_only=True, help_text="DICOM (0008,0060).")
    body_part = serializers.CharField(read_only=True, help_text="DICOM (0018,0015).")
    media_type = serializers.ChoiceField(
        choices=MediaType.choices,
        read_only=True,
        help_text="Recognised by content; for research that of the copy: of a JPEG image/png.",
    )
    rows = serializers.IntegerField(read_only=True, help_text="Height in pixels; 0 for an object without a picture.")
    columns = serializers.IntegerField(read_only=True, help_text="Width in pixels; 0 for an object without a picture.")
    frames = serializers.IntegerField(read_only=True, help_text="How many frames.")
    release_state = serializers.ChoiceField(
        choices=Release.choices,
        read_only=True,
        help_text="quarantined, released to research, refused, or no_picture (its pixels cannot be shown).",
    )
    owner = PersonField(help_text="The doctor who uploaded it.")
    created_at = serializers.DateTimeField(read_only=True, help_text="When it was uploaded (UTC).")
    archived_at = serializers.DateTimeField(read_only=True, allow_null=True, help_text="When it was archived (UTC).")

    def to_representation(self, image: Any) -> dict[str, Any]:
        shown = super().to_representation(image)
        return shown if "owner" in shown else shown | {"media_type": COPIED_AS[shown["media_type"]]}


class ShownPatientSerializer(serializers.Serializer):
    """The patient of an image, as far as a doctor needs to see that it is the right one."""

    id = serializers.UUIDField(help_text="Id of the patient.")
    pseudonym = serializers.CharField(help_text="The random public name in research.")
    name = serializers.SerializerMethodField(help_text="DICOM (0010,0010).")

    def get_name(self, patient: Patient) -> str:
        return str(patient.facts.get("name", ""))


class ImageSerializer(ImageListSerializer):
    uid = serializers.CharField(read_only=True, help_text="SOP Instance UID, DICOM (0008,0018).")
    size = serializers.IntegerField(read_only=True, help_text="Length of the original in bytes.")
    sha256 = serializers.CharField(read_only=True, help_text="SHA-256 of the original, in hexadecimal.")
    release_reason = serializers.CharField(read_only=True, help_text="Why it is not released, in sentences.")

    patient = serializers.SerializerMethodField(help_text="Whom it shows; null for all but the patient's doctor.")

    @extend_schema_field(ShownPatientSerializer(allow_null=True))
    def get_patient(self, image: Image) -> dict[str, Any] | None:
        patient = image.study.patient
        if patient is None or not patient.is_open_to(self.context["request"].user):
            return None
        return dict(ShownPatientSerializer(patient).data)


class OwnStudy(Ref):
    """A study of the person of the request. A form that comes back shows whose it is."""

    def describe_value(self, value: object) -> str:
        """Return the study's patient and day, or nothing if this is no study of this person."""
        try:
            study = cast(Study, self.to_internal_value(value))
        except serializers.ValidationError:
            return ""
        note_patients([study.patient_id])
        name = study.patient.facts.get("name") or study.patient.pseudonym if study.patient else "an unknown patient"
        return f"This study is of {name}, {study.date or study.created_at.date()}."


class AboutSerializer(BodySerializer):
    """The facts that a user may send with a file that does not contain them."""

    study = OwnStudy(
        Study,
        scope="owned_by",
        required=False,
        help_text="Id of a study of yours to put a picture in; DICOM finds its own.",
    )
    patient = Ref(Patient, scope="owned_by", required=False, help_text="Id of a patient of yours.")
    modality = serializers.RegexField(
        r"^[A-Z0-9_ ]{1,16}$", required=False, help_text="DICOM (0008,0060), e.g. CR; used when the file does not say.",
        error_messages={"invalid": "Send at most 16 capital letters, digits, spaces and underscores, such as CR."},
    )  # fmt: skip
    body_part = serializers.CharField(
        max_length=16, required=False, help_text="DICOM (0018,0015), e.g. CHEST; used when the file does not say."
    )
    description = serializers.CharField(
        max_length=1000, required=False, help_text="Of the study; used when it is new and the file does not say."
    )


class UploadSerializer(AboutSerializer):
    """The body of `POST /images/`; the answer is an image."""

    file = serializers.FileField(help_text="PNG, JPEG or DICOM Part 10, recognised by content. The name is not kept.")


class FrameSerializer(serializers.Serializer):
    """The query parameter that chooses a frame."""

    frame = serializers.IntegerField(min_value=0, default=0, help_text="Which frame, from 0.")


class PreviewSerializer(FrameSerializer):
    """The query parameters of a preview."""

    size = serializers.IntegerField(
        min_value=1, max_value=4096, required=False, help_text="Longest side in pixels; only ever smaller."
    )
    window = serializers.RegexField(
        r"^-?\d{1,6}(\.\d{1,6})?,\d{1,6}(\.\d{1,6})?$", required=False,
        help_text="center,width in the file's units (Hounsfield for CT); width above 0.",
        error_messages={"invalid": "Send center,width as two numbers, such as -600,1500."},
    )  # fmt: skip

    redacted = TrueOrFalse(
        default=False, help_text="true: the research copy; false: the image as it is. Research sees no other."
    )

    def validate_window(self, text: str) -> tuple[float, float]:
        center, width = (float(part) for part in text.split(","))
        if width <= 0:
            raise serializers.ValidationError(f"The width of a window is above 0, not {width:g}.")
        return center, width


class BoxSerializer(BodySerializer):
    """A rectangle in pixels of the image as displayed, from its top left."""

    left = serializers.IntegerField(min_value=0, max_value=20_000, help_text="Pixels from the left edge.")
    top = serializers.IntegerField(min_value=0, max_value=20_000, help_text="Pixels from the top edge.")
    width = serializers.IntegerField(min_value=1, max_value=20_000, help_text="Pixels.")
    height = serializers.IntegerField(min_value=1, max_value=20_000, help_text="Pixels.")


class RedactionBoxSerializer(BoxSerializer):
    """A box to black out. A proposed box can be sent as it was proposed."""

    confidence = serializers.FloatField(
        required=False, help_text="Of a proposed box. It has no effect and is not stored."
    )

    def validate(self, attrs: ValidatedData) -> ValidatedData:
        return {name: value for name, value in attrs.items() if name != "confidence"}


class RedactionSerializer(BodySerializer):
    """Which boxes to black out, on which frames."""

    frames = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=1999),
        required=False,
        max_length=2000,
        help_text="Frames counted from 0; without it, every frame.",
    )
    boxes = serializers.ListField(
        child=RedactionBoxSerializer(),
        allow_empty=False,
        max_length=100,
        help_text="The rectangles; boxes × frames are at most 1,000. They replace all earlier boxes.",
    )

    def boxes_on_frames(self) -> list[Box]:
        """Return each box on each of the frames, once."""
        frames = self.validated_data.get("frames") or [None]
        boxes = (Box(frame=frame, **box) for frame in frames for box in self.validated_data["boxes"])
        return list(dict.fromkeys(boxes))

    def validate(self, attrs: ValidatedData) -> ValidatedData:
        """Take frames and boxes as sets, and bound their product."""
        boxes = {tuple(sorted(box.items())) for box in attrs["boxes"]}
        number = len(boxes) * max(len(set(attrs.get("frames") or ())), 1)
        if number > MAX_DRAWN_BOXES:
            sentence = f"At most {MAX_DRAWN_BOXES:,} boxes × frames; this is {number:,}. Draw fewer."
            raise serializers.ValidationError({"boxes": sentence})
        return attrs


class ProposedBoxSerializer(BoxSerializer):
    confidence = serializers.FloatField(help_text="How sure the model is that there is text, from 0 to 1.")


class ProposalSerializer(serializers.Serializer):
    """Proposed boxes, in the form that `redact` takes."""

    frames = serializers.ListField(child=serializers.IntegerField(), help_text="The frame.")
    boxes = serializers.ListField(child=ProposedBoxSerializer(), help_text="Where there may be text.")


class ManifestSerializer(serializers.Serializer):
    """The record of how a research copy was made."""

    profile = serializers.CharField(help_text="The profile of the standard, with its edition.")
    options = serializers.DictField(child=serializers.CharField(), help_text="Codes of CID 7050 with their meanings.")
    engine = serializers.CharField(help_text="The program that made the copy.")
    version = serializers.CharField(help_text="The engine's version.")
    key_id = serializers.CharField(help_text="The project key that replaced UIDs and shifted dates.")
    media_type = serializers.CharField(help_text="Of the copy: a JPEG becomes image/png.")
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="How many attributes met each action.")
    removed = serializers.ListField(child=serializers.CharField(), help_text="Tags left out, without their values.")
    sha256 = serializers.CharField(help_text="Of the copy.")
    boxes = serializers.ListField(child=serializers.DictField(), help_text="The boxes that were blacked out.")
