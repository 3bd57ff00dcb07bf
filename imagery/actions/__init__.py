"""The actions on patients, studies and images."""

from imagery.actions.batches import UPLOAD_OUTCOMES, Outcome, PartResult, upload_part
from imagery.actions.copies import redact_image, remake_copy
from imagery.actions.images import archive_image, release_image, restore_image
from imagery.actions.patients import archive_patient, change_patient, create_patient, restore_patient, withdraw_patient
from imagery.actions.studies import (
    archive_study,
    change_study,
    create_study,
    restore_study,
    share_study,
    unshare_study,
)
from imagery.actions.uploads import add_image, get_or_upload_image, upload_image

__all__ = [
    "UPLOAD_OUTCOMES",
    "Outcome",
    "PartResult",
    "add_image",
    "archive_image",
    "archive_patient",
    "archive_study",
    "change_patient",
    "change_study",
    "create_patient",
    "create_study",
    "get_or_upload_image",
    "redact_image",
    "release_image",
    "remake_copy",
    "restore_image",
    "restore_patient",
    "restore_study",
    "share_study",
    "unshare_study",
    "upload_image",
    "upload_part",
    "withdraw_patient",
]
