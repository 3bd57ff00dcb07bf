"""The API contract of uploading many files at once."""

from rest_framework import serializers

from core.fields import ValidatedData
from core.schema import ErrorSerializer
from imagery import actions
from imagery.actions import Outcome, PartResult
from imagery.importing.parts import FormFile, Part
from imagery.importing.zips import MAX_FILES, open_archive, request_limits
from imagery.serializers.images import AboutSerializer

NONE_TAKEN = {"detail": "None of these files was taken: `results` says why.", "code": "none_taken", "fields": {}}


class BatchSerializer(AboutSerializer):
    """The body of `POST /studies/upload/`: `archive`, or `files` as often as there are files."""

    archive = serializers.FileField(
        required=False,
        allow_empty_file=True,
        help_text=f"A zip archive of at most {MAX_FILES:,} PNG, JPEG or DICOM Part 10 files, stored or deflated. "
        "Its folders mean nothing.",
    )
    files = serializers.ListField(
        child=serializers.FileField(allow_empty_file=True),
        required=False,
        allow_empty=False,
        help_text="Up to 100 PNG, JPEG or DICOM Part 10 files, each recognised by content.",
    )

    def validate(self, attrs: ValidatedData) -> ValidatedData:
        if ("archive" in attrs) == ("files" in attrs):
            raise serializers.ValidationError("Send either `archive` or `files`.")
        return attrs

    def create(self, validated_data: ValidatedData) -> list[PartResult]:
        archive, files = validated_data.pop("archive", None), validated_data.pop("files", ())
        parts: list[Part] = [FormFile(file) for file in files]
        if archive is not None:
            parts += open_archive(archive.file, request_limits())
        return [actions.upload_part(part=part, **validated_data) for part in parts]


class PartResultSerializer(serializers.Serializer):
    name = serializers.CharField(help_text="The name that you sent. Harrison stores no names of files.")
    outcome = serializers.ChoiceField(
        choices=[outcome.value for outcome in actions.UPLOAD_OUTCOMES],
        help_text="already there: you have uploaded these bytes before.",
    )
    code = serializers.CharField(help_text="Why it was refused or skipped, in a word; empty otherwise.")
    detail = serializers.CharField(help_text="The same in a sentence.")
    image = serializers.UUIDField(source="image.pk", default=None, allow_null=True, help_text="Id of the image.")
    study = serializers.UUIDField(source="image.study_id", default=None, allow_null=True, help_text="Id of its study.")


class ReportSerializer(serializers.Serializer):
    """The outcome for every file, in the order in which they were sent."""

    stored = serializers.IntegerField(help_text="How many are new.")
    already_there = serializers.IntegerField(help_text="How many you had uploaded before.")
    refused = serializers.IntegerField(help_text="How many were refused.")
    skipped = serializers.IntegerField(help_text="How many were skipped: DICOMDIR, hidden files, links.")
    results = PartResultSerializer(many=True, help_text="File by file.")


class NoneTakenSerializer(ErrorSerializer):
    """An error, with the same report if the files could be read."""

    stored = serializers.IntegerField(required=False, help_text="0.")
    already_there = serializers.IntegerField(required=False, help_text="0.")
    refused = serializers.IntegerField(required=False, help_text="How many were refused.")
    skipped = serializers.IntegerField(required=False, help_text="How many were skipped.")
    results = PartResultSerializer(many=True, required=False, help_text="File by file.")


def report_results(results: list[PartResult]) -> dict[str, object]:
    """Return the body of the answer: counts and results, and an error if no file was taken."""
    counts = {outcome.replace(" ", "_"): 0 for outcome in actions.UPLOAD_OUTCOMES}
    for result in results:
        counts[result.outcome.replace(" ", "_")] += 1
    taken = any(result.outcome in (Outcome.STORED, Outcome.EXISTING) for result in results)
    return ({} if taken else NONE_TAKEN) | counts | {"results": PartResultSerializer(results, many=True).data}
