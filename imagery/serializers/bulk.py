"""How many uploads at once, and what became of each, look on the wire."""

from typing import Any

from rest_framework import serializers

from core.schema import ErrorSerializer
from imagery import actions
from imagery.importing.parts import Part, Sent
from imagery.importing.zips import FILES, limits_of_a_request, members
from imagery.serializers.images import AboutSerializer

NONE_TAKEN = {"detail": "None of these files was taken: `results` says why.", "code": "none_taken", "fields": {}}


class BatchSerializer(AboutSerializer):
    """What `POST /studies/upload/` takes: `archive`, or `files` as often as there are files."""

    archive = serializers.FileField(
        required=False,
        allow_empty_file=True,
        help_text=f"A zip archive of at most {FILES:,} PNG, JPEG or DICOM Part 10 files, stored or deflated. "
        "Its folders mean nothing.",
    )
    files = serializers.ListField(
        child=serializers.FileField(allow_empty_file=True),
        required=False,
        allow_empty=False,
        help_text="Up to 100 PNG, JPEG or DICOM Part 10 files, each recognised by content.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("archive" in attrs) == ("files" in attrs):
            raise serializers.ValidationError("Send either `archive` or `files`.")
        return attrs

    def create(self, validated_data: dict[str, Any]) -> list[actions.Outcome]:
        archive, files = validated_data.pop("archive", None), validated_data.pop("files", ())
        parts: list[Part] = [Sent(file) for file in files]
        if archive is not None:
            parts += members(archive.fileno(), limits_of_a_request())
        return [actions.take(part=part, **validated_data) for part in parts]


class OutcomeSerializer(serializers.Serializer):
    """What became of one file."""

    name = serializers.CharField(help_text="As you call it. Harrison keeps no names of files.")
    outcome = serializers.ChoiceField(
        choices=actions.OUTCOMES, help_text="already there: you have uploaded these bytes before."
    )
    code = serializers.CharField(help_text="Why it was refused or skipped, in a word; empty otherwise.")
    detail = serializers.CharField(help_text="The same in a sentence.")
    image = serializers.UUIDField(source="image.pk", default=None, allow_null=True, help_text="Id of the image.")
    study = serializers.UUIDField(
        source="image.study_id", default=None, allow_null=True, help_text="Id of the study it is in."
    )


class ReportSerializer(serializers.Serializer):
    """What became of every file, in the order in which they came."""

    stored = serializers.IntegerField(help_text="How many are new.")
    already_there = serializers.IntegerField(help_text="How many you had uploaded before.")
    refused = serializers.IntegerField(help_text="How many were refused.")
    skipped = serializers.IntegerField(help_text="How many were passed over: DICOMDIR, hidden files, links.")
    results = OutcomeSerializer(many=True, help_text="File by file.")


class NoneTakenSerializer(ErrorSerializer):
    """The one shape of every error; when the files could be looked at, with the same report."""

    stored = serializers.IntegerField(required=False, help_text="0.")
    already_there = serializers.IntegerField(required=False, help_text="0.")
    refused = serializers.IntegerField(required=False, help_text="How many were refused.")
    skipped = serializers.IntegerField(required=False, help_text="How many were passed over.")
    results = OutcomeSerializer(many=True, required=False, help_text="File by file.")


def report(outcomes: list[actions.Outcome]) -> dict[str, Any]:
    """The body of the answer: counts, and file by file; an error as well when nothing was taken."""
    results = OutcomeSerializer(outcomes, many=True).data
    counts = {name.replace(" ", "_"): 0 for name in actions.OUTCOMES}
    for outcome in outcomes:
        counts[outcome.outcome.replace(" ", "_")] += 1
    taken = counts["stored"] or counts["already_there"]
    return ({} if taken else NONE_TAKEN) | counts | {"results": results}
