"""Images, their bytes and their previews."""

from typing import Any

from django.db import transaction
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import parsers, status
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from core.bodies import NoBodySerializer
from core.negotiation import IgnoreAccept
from core.parsers import BoundedJSONParser
from core.schema import ErrorSerializer
from core.views import ArchivableViewSet
from imagery import actions, files, previews, text_boxes
from imagery.filters import ImageFilter, WholeImageFilter
from imagery.intake import explain_unreadable
from imagery.models import Deidentification, Image
from imagery.serializers import (
    FrameSerializer,
    ImageListSerializer,
    ImageSerializer,
    ManifestSerializer,
    PreviewSerializer,
    ProposalSerializer,
    RedactionSerializer,
    UploadSerializer,
)
from imagery.views.downloads import COLUMNS_READ, answer_file, answer_preview, refuse_without_picture
from imagery.views.rights import BYTES, DOCTORS, READ, FilteredByRole

IF_NONE_MATCH = OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="The `ETag` of your bytes.")
NOT_MODIFIED = OpenApiResponse(description="You have these bytes.")
WRITE_IMAGES = ("create", "destroy", "restore", "redact", "remake", "release")


class ImageViewSet(FilteredByRole, ArchivableViewSet):
    """Uploaded objects, their bytes and their previews."""

    queryset = Image.objects.all()
    list_serializer_class = ImageListSerializer
    create_serializer_class = UploadSerializer
    serializer_class = ImageSerializer
    research_filterset_class = ImageFilter
    whole_filterset_class = WholeImageFilter
    roles = READ | BYTES | dict.fromkeys((*WRITE_IMAGES, "text_boxes"), DOCTORS)
    archive_action = actions.archive_image
    restore_action = actions.restore_image
    owner = "owner"
    patient_path = "study__patient_id"
    record: Image
    query_parameters = {"preview": {"frame", "size", "window", "redacted"}, "text_boxes": {"frame"}}
    parser_classes = [parsers.MultiPartParser]

    def get_queryset(self) -> Any:
        """Allow changes only to images that the user sees whole, whatever other roles they have."""
        images = super().get_queryset()
        if self.action == "list":
            return images
        if self.action in BYTES:
            return images.only(*COLUMNS_READ)
        images = images.select_related("owner", "study")
        if self.action == "text_boxes":
            return images.owned_by(self.by)
        return images if self.action in READ else images.open_to(self.by)

    @extend_schema(
        request={"multipart/form-data": UploadSerializer},
        responses={
            201: ImageSerializer,
            200: OpenApiResponse(ImageSerializer, "You uploaded these bytes before: the existing image."),
        },
        summary="Upload an image",
        description="Uploads one PNG, JPEG or DICOM Part 10 file. DICOM files find or create their study and series; "
        "a picture gets a study of its own unless one is named.",
    )
    def create(self, request: Request) -> Response:
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        image, added = actions.get_or_upload_image(by=self.by, **body.validated_data)
        return self.describe_created(image, status.HTTP_201_CREATED if added else status.HTTP_200_OK)

    @extend_schema(
        parameters=[
            IF_NONE_MATCH,
            OpenApiParameter("Range", str, OpenApiParameter.HEADER, description="One range of bytes, RFC 9110 14.1.2."),
            OpenApiParameter("If-Range", str, OpenApiParameter.HEADER, description="The `ETag` of your bytes."),
        ],
        responses={
            (200, "application/octet-stream"): OpenApiTypes.BINARY,
            (206, "application/octet-stream"): OpenApiTypes.BINARY,
            304: NOT_MODIFIED,
            416: OpenApiResponse(ErrorSerializer, "The range lies outside of the file."),
        },
        summary="Download an image",
        description="The bytes as uploaded; for research those of the de-identified copy. The `ETag` is their SHA-256.",
    )
    @action(detail=True, content_negotiation_class=IgnoreAccept)
    def file(self, request: Request, pk: str) -> HttpResponseBase:
        image = self.get_object()
        return answer_file(request, image, copy=not image.is_open_to(self.by))

    @extend_schema(
        parameters=[IF_NONE_MATCH, PreviewSerializer],
        responses={(200, "image/png"): OpenApiTypes.BINARY, 304: NOT_MODIFIED},
        summary="Preview a frame",
        description="A PNG of one frame; DICOM goes through its VOI LUT and is inverted for MONOCHROME1. "
        "Research sees the de-identified copy, and so does its owner with `redacted=true`.",
    )
    @action(detail=True, content_negotiation_class=IgnoreAccept)
    def preview(self, request: Request, pk: str) -> HttpResponseBase:
        image = self.get_object()
        query = PreviewSerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        redacted = query.validated_data.pop("redacted")
        return answer_preview(
            request, image, copy=redacted or not image.is_open_to(self.by), field="frame", **query.validated_data
        )

    @extend_schema(
        parameters=[IF_NONE_MATCH],
        responses={(200, "image/png"): OpenApiTypes.BINARY, 304: NOT_MODIFIED},
        summary="Preview the research copy in small",
        description="A small PNG of the first frame of the research copy, 256 pixels at its longer side.",
    )
    @action(detail=True, content_negotiation_class=IgnoreAccept)
    def thumbnail(self, request: Request, pk: str) -> HttpResponseBase:
        return answer_preview(request, self.get_object(), copy=True, size=previews.THUMBNAIL_SIDE)

    @extend_schema(
        responses=ManifestSerializer,
        summary="Read how a research copy was made",
        description="What was done to make the research copy. It quotes no removed value.",
    )
    @action(detail=True)
    def deidentification(self, request: Request, pk: str) -> Response:
        done = get_object_or_404(Deidentification, image=self.get_object())
        return Response(ManifestSerializer(done.manifest).data)

    @extend_schema(
        request=RedactionSerializer,
        responses=ImageSerializer,
        summary="Black out parts of an image",
        description="Makes a new research copy with these boxes in black. It waits until its owner releases it.",
    )
    @action(detail=True, methods=["post"], parser_classes=[BoundedJSONParser], serializer_class=RedactionSerializer)
    def redact(self, request: Request, pk: str) -> Response:
        image = self._unlocked_image()
        redaction = RedactionSerializer(data=request.data)
        redaction.is_valid(raise_exception=True)
        return self._answer(actions.redact_image(by=self.by, image=image, boxes=redaction.boxes_on_frames()))

    @extend_schema(
        parameters=[FrameSerializer],
        responses={200: ProposalSerializer, 501: OpenApiResponse(ErrorSerializer, "Text detection is not installed.")},
        summary="Propose boxes around text",
        description="Proposes boxes where one frame of the original may show text, in the form that `redact` takes. "
        "It reads, redacts and releases nothing, and it may miss text: check the image yourself.",
    )
    @action(detail=True, url_path="text-boxes", url_name="text-boxes")
    def text_boxes(self, request: Request, pk: str) -> Response:
        image = self.get_object()
        query = FrameSerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        frame = query.validated_data["frame"]
        refuse_without_picture(image)
        with explain_unreadable("frame"):
            png = previews.draw_preview(files.originals(), image.original, image.sha256, frame=frame)
        boxes = text_boxes.propose_text_boxes(png)
        return Response(ProposalSerializer({"frames": [frame], "boxes": boxes}).data)

    @extend_schema(
        request=None,
        responses=ImageSerializer,
        summary="Remake a research copy",
        description="Remakes the research copy, with its boxes, if it is missing or has another patient's pseudonym. A "
        "released image is released again if its copy shows the same.",
    )
    @action(detail=True, methods=["post"], serializer_class=NoBodySerializer)
    def remake(self, request: Request, pk: str) -> Response:
        return self._answer(actions.remake_copy(by=self.by, image=self._unlocked_image()))

    @extend_schema(
        request=None,
        responses=ImageSerializer,
        summary="Release an image to research",
        description="Releases the research copy to research.",
    )
    @action(detail=True, methods=["post"], serializer_class=NoBodySerializer)
    @transaction.atomic
    def release(self, request: Request, pk: str) -> Response:
        return self._answer(actions.release_image(by=self.by, image=self.get_object()))

    def _unlocked_image(self) -> Image:
        """Read an image without keeping it locked, for slow actions, which check it again."""
        with transaction.atomic():
            return self.get_object()

    def _answer(self, image: Image) -> Response:
        self.record = image
        return Response(ImageSerializer(image, context=self.get_serializer_context()).data)
