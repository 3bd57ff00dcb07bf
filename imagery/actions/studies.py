"""Add, change, archive, restore and share studies."""

from typing import Any

from accounts.models import Team, User
from core.actions import recorded
from core.exceptions import Conflict
from imagery.actions.copies import remake_after_correction, requarantine_after_patient_change
from imagery.actions.patients import age_columns
from imagery.models import Study


@recorded("created")
def create_study(*, by: User, **fields: Any) -> Study:
    return Study.objects.create(owner=by, **fields, **age_columns(fields.get("patient"), fields.get("date")))


@recorded("changed")
def change_study(*, by: User, study: Study, **fields: Any) -> Study:
    if study.archived:
        raise Conflict("This study is archived. Restore it first.")
    before, age_before = study.patient_id, study.age
    age = age_columns(fields.get("patient", study.patient), fields.get("date", study.date))
    study.change(**fields, **age)
    if study.patient_id != before:
        requarantine_after_patient_change(by=by, study=study)
    elif study.age != age_before:
        remake_after_correction(by=by, study=study)
    return study


@recorded("archived")
def archive_study(*, by: User, study: Study) -> Study:
    return study.archive()


@recorded("restored")
def restore_study(*, by: User, study: Study) -> Study:
    if study.patient and study.patient.archived:
        raise Conflict("The patient of this study is archived. Restore the patient first.")
    if study.uid and (other := Study.objects.live().filter(owner=study.owner_id, uid=study.uid).first()):
        raise Conflict(f"Study {other.pk} is in use and has the UID of this one. Archive it first.")
    return study.restore()


@recorded("shared")
def share_study(*, by: User, study: Study, team: Team) -> Study:
    return study.change(shared_with=[*study.shared_with.all(), team])


@recorded("unshared")
def unshare_study(*, by: User, study: Study, team: Team) -> Study:
    return study.change(shared_with=[other for other in study.shared_with.all() if other != team])
