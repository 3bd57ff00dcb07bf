"""Patients, studies, series and images: previews, sharing, archiving, and what research sees."""

from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image as Picture
from pydicom import dcmread

from imagery import actions
from imagery.models import Patient
from tests.kit import factories as make
from tests.kit.api import body, preview, upload, where
from tests.kit.files import real

pytestmark = pytest.mark.on_both


@pytest.fixture
def ct(api):
    return upload(api, real("CT_small.dcm")).json()


# --- Files and previews -----------------------------------------------------------------------------------------------


def test_no_browser_runs_or_caches_a_file(api, image):
    answer = api.get(where("image-file", image))
    body(answer)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{image.pk}.png"'


def test_a_preview_is_a_png_of_a_frame_in_a_size_and_a_window(api, ct):
    complete = Picture.open(BytesIO(preview(api, ct).content))
    assert (complete.format, complete.size) == ("PNG", (128, 128))
    assert Picture.open(BytesIO(preview(api, ct, size=32).content)).size == (32, 32)
    assert preview(api, ct, window="40,400").content != preview(api, ct, window="-600,1500").content
    frames = upload(api, real("examples_ybr_color.dcm")).json()
    assert preview(api, frames, frame=0).content != preview(api, frames, frame=frames["frames"] - 1).content


def test_a_window_is_as_narrow_in_a_request_as_in_a_file(api, ct):
    assert preview(api, ct, window="0.45,0.91").status_code == 200
    for window in ("40,0", "40,0.0", "40", "40,-1"):
        assert preview(api, ct, window=window).status_code == 400


def test_a_preview_is_sent_whatever_the_client_accepts(api, image):
    answer = api.get(where("image-preview", image), headers={"Accept": "image/png"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")


@pytest.mark.parametrize("route", ["image-file", "image-preview", "image-thumbnail", "image-deidentification"])
@pytest.mark.parametrize("who", ["doctor", "researcher"])
def test_an_answer_of_bytes_reads_its_row_once(who, route, request, client_of, image):
    make.DeidentificationFactory(image=image)
    client = client_of(request.getfixturevalue(who))
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(where(route, image))
    answer.close()
    assert answer.status_code == 200
    assert sum('FROM "imagery_image"' in query["sql"] for query in queries) == 1


# --- Research ---------------------------------------------------------------------------------------------------------

COUNTS = {"series_count", "images_count", "annotations_count"}  # of lists alone
RESEARCH = {
    "image-list": {"id", "study", "series", "modality", "body_part", "media_type", "rows", "columns", "frames"},
    "study-list": {"id", "patient", "age"} | COUNTS,
    "series-list": {"id", "study", "modality", "body_part"},
    "patient-list": {"id", "pseudonym", "sex"},
}
LINKS = {
    "image-list": {"url", "study_url", "series_url", "preview_url", "file_url", "annotations_url"},
    "study-list": {"url", "patient_url", "series_url", "images_url"},
    "series-list": {"url", "study_url", "images_url"},
    "patient-list": {"url", "studies_url"},
}


@pytest.mark.parametrize("route", RESEARCH)
def test_research_sees_these_fields_and_nothing_more(route, ct, researcher, client_of):
    client = client_of(researcher)
    (row,) = client.get(reverse(route)).json()["results"]
    detail = client.get(where(route.replace("list", "detail"), row)).json()
    assert row.keys() == RESEARCH[route] | LINKS[route]
    more = {"series"} if route == "study-list" else set()
    assert detail.keys() == RESEARCH[route] - COUNTS | LINKS[route] | more


def test_research_reads_no_name_no_date_and_no_uid(ct, researcher, client_of):
    header = dcmread(BytesIO(real("CT_small.dcm")))
    secrets = [str(header.PatientName), header.PatientID, "2004-01-19", header.StudyInstanceUID, header.SOPInstanceUID]
    client = client_of(researcher)
    for route, key in [("image", ct["id"]), ("study", ct["study"]), ("series", ct["series"])]:
        for view in ("detail", "history"):
            answer = client.get(where(f"{route}-{view}", key)).content.decode()
            shown = answer.replace('"username":"doctor"', "") if view == "history" else answer
            assert not [secret for secret in [*secrets, "doctor"] if secret in shown], (route, view)


def test_research_does_not_see_a_study_and_a_series_whose_only_image_is_archived(image, api, researcher, client_of):
    addresses = {where("study-detail", image.study), where("series-detail", image.series), where("image-detail", image)}

    def seen_by(client):
        return {address for address in addresses if client.get(address).status_code == 200}

    client = client_of(researcher)
    assert seen_by(client) == addresses
    assert api.delete(where("image-detail", image)).status_code == 204
    assert (seen_by(client), seen_by(api)) == (set(), addresses)


def test_a_doctor_who_is_a_researcher_sees_their_own_whole_and_changes_nothing_else(image, client_of):
    both = make.UserFactory(roles=["doctor", "researcher"])
    own = make.ImageFactory(study=make.StudyFactory(owner=both))
    client = client_of(both)
    assert "sha256" in client.get(where("image-detail", own)).json()
    assert client.get(where("image-detail", image)).json().keys() == RESEARCH["image-list"] | LINKS["image-list"]
    for route in ("image-release", "image-redact", "image-restore"):
        assert client.post(where(route, image), {}).status_code == 404


def test_a_superuser_sees_everything_whole(image, client_of):
    admin = make.UserFactory(is_superuser=True)
    assert "sha256" in client_of(admin).get(where("image-detail", image)).json()


def test_pseudonyms_cannot_be_guessed_from_each_other():
    one, two = make.PatientFactory(), make.PatientFactory()
    assert one.pseudonym != two.pseudonym and len(one.pseudonym) == 22


# --- Archive and restore ----------------------------------------------------------------------------------------------


def test_an_archived_study_takes_its_images_out_of_research_and_out_of_use(api, ct, researcher, client_of):
    api.delete(where("study-detail", ct["study"]))
    for route, key in [("image", ct["id"]), ("study", ct["study"]), ("series", ct["series"])]:
        assert client_of(researcher).get(where(f"{route}-detail", key)).status_code == 404
    assert api.get(where("image-detail", ct)).status_code == 200
    live, archived = (
        api.get(reverse("image-list"), {"archived": flag}).json()["results"] for flag in ("false", "true")
    )
    assert (live, [image["id"] for image in archived]) == ([], [ct["id"]])
    assert api.post(where("image-restore", ct)).status_code == 409
    assert api.patch(where("study-detail", ct["study"]), {"description": "Other"}).status_code == 409


def test_a_patient_outlives_their_studies(api, doctor):
    patient = make.PatientFactory(owner=doctor)
    study = make.StudyFactory(owner=doctor, patient=patient)
    assert api.delete(where("patient-detail", patient)).status_code == 409
    for row in (study, patient):
        row.change(archived_at="2026-01-01T00:00Z")
    assert api.post(where("study-restore", study)).status_code == 409


# --- Sharing ----------------------------------------------------------------------------------------------------------


def test_a_study_is_gone_for_the_team_once_unshared_or_archived(api, doctor, team, study, colleague, client_of):
    client, address = client_of(colleague), where("study-detail", study)
    assert client.get(address).status_code == 200
    api.post(where("study-unshare", study), {"team": team.pk})
    assert client.get(address).status_code == 404
    api.post(where("study-share", study), {"team": team.pk})
    assert client.get(address).status_code == 200
    actions.archive_study(by=doctor, study=study)
    assert client.get(address).status_code == 404


def test_a_study_is_shared_with_ones_own_teams_and_unshared_with_any(api, study, team, doctor):
    answer = api.post(where("study-share", study), {"team": make.TeamFactory().pk})
    assert answer.status_code == 400 and "team" in answer.json()["fields"]
    team.members.remove(doctor)
    assert api.post(where("study-unshare", study), {"team": team.pk}).status_code == 200
    assert not study.shared_with.exists()


def test_patients_are_not_shared(api):
    Patient.objects.create(owner=make.DoctorFactory())
    assert api.get(reverse("patient-list")).json()["results"] == []
