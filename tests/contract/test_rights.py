"""Who may do what: every route × method × person, as DESIGN §4 says it. A clinician could sign this table."""

from itertools import product

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import Role
from core.models import new_id
from tests.kit import factories as make
from tests.kit.api import routes_of_the_api
from tests.kit.database import rolled_back

pytestmark = pytest.mark.on_both

PEOPLE = ("nobody", "doctor", "colleague", "stranger", "researcher", "auditor")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

# fmt: off
#                                  nobody doctor colleague stranger researcher auditor
RIGHTS = {
    ("GET",    "api-root"):           (200, 200, 200, 200, 200, 200),
    ("GET",    "schema"):             (401, 200, 200, 200, 200, 200),
    ("GET",    "docs"):               (401, 200, 200, 200, 200, 200),
    ("POST",   "login"):              (200, 200, 200, 200, 200, 200),
    ("POST",   "logout"):             (401, 204, 204, 204, 204, 204),
    ("POST",   "logout-all"):         (401, 204, 204, 204, 204, 204),
    ("GET",    "me"):                 (401, 200, 200, 200, 200, 200),

    # the vocabulary's meaning
    ("GET",    "code-system-list"):   (401, 200, 200, 200, 200, 200),
    ("GET",    "code-system-detail"): (401, 200, 200, 200, 200, 200),
    ("GET",    "code-list"):          (401, 200, 200, 200, 200, 200),
    ("GET",    "code-detail"):        (401, 200, 200, 200, 200, 200),
    ("GET",    "mapping-list"):       (401, 200, 200, 200, 200, 200),
    ("GET",    "mapping-detail"):     (401, 200, 200, 200, 200, 200),
    ("GET",    "disease-list"):       (401, 200, 200, 200, 200, 403),
    ("POST",   "disease-list"):       (401, 403, 403, 403, 201, 403),
    ("GET",    "disease-detail"):     (401, 200, 200, 200, 200, 403),
    ("PUT",    "disease-detail"):     (401, 403, 403, 403, 200, 403),
    ("PATCH",  "disease-detail"):     (401, 403, 403, 403, 200, 403),
    ("DELETE", "disease-detail"):     (401, 403, 403, 403, 204, 403),
    ("GET",    "disease-suggested-codes"): (401, 200, 200, 200, 200, 403),
    ("POST",   "disease-merge"):      (401, 403, 403, 403, 200, 403),
    ("GET",    "fhir-lookup"):        (401, 200, 200, 200, 200, 200),
    ("GET",    "fhir-translate"):     (401, 200, 200, 200, 200, 200),
    ("GET",    "fhir-expand"):        (401, 200, 200, 200, 200, 200),
    ("POST",   "disease-restore"):    (401, 403, 403, 403, 200, 403),
    ("GET",    "disease-history"):    (401, 200, 200, 200, 200, 200),

    # the evidence
    ("GET",    "patient-list"):       (401, 200, 200, 200, 200, 403),
    ("POST",   "patient-list"):       (401, 201, 201, 201, 403, 403),
    ("GET",    "patient-detail"):     (401, 200, 404, 404, 200, 403),
    ("PUT",    "patient-detail"):     (401, 200, 404, 404, 403, 403),
    ("PATCH",  "patient-detail"):     (401, 200, 404, 404, 403, 403),
    ("DELETE", "patient-detail"):     (401, 204, 404, 404, 403, 403),
    ("POST",   "patient-restore"):    (401, 200, 404, 404, 403, 403),
    ("GET",    "patient-history"):    (401, 200, 404, 404, 404, 200),
    ("POST",   "patient-withdraw"):   (401, 200, 404, 404, 403, 403),
    ("GET",    "study-list"):         (401, 200, 200, 200, 200, 403),
    ("POST",   "study-list"):         (401, 201, 201, 201, 403, 403),
    ("GET",    "study-detail"):       (401, 200, 200, 404, 200, 403),
    ("PUT",    "study-detail"):       (401, 200, 403, 404, 403, 403),
    ("PATCH",  "study-detail"):       (401, 200, 403, 404, 403, 403),
    ("DELETE", "study-detail"):       (401, 204, 403, 404, 403, 403),
    ("POST",   "study-restore"):      (401, 200, 403, 404, 403, 403),
    ("GET",    "study-history"):      (401, 200, 200, 404, 404, 200),
    ("POST",   "study-share"):        (401, 200, 403, 404, 403, 403),
    ("POST",   "study-unshare"):      (401, 200, 403, 404, 403, 403),
    ("POST",   "study-upload"):       (401, 201, 201, 201, 403, 403),
    ("GET",    "series-list"):        (401, 200, 200, 200, 200, 403),
    ("GET",    "series-detail"):      (401, 200, 200, 404, 200, 403),
    ("GET",    "series-history"):     (401, 200, 200, 404, 404, 200),
    ("GET",    "image-list"):         (401, 200, 200, 200, 200, 403),
    ("POST",   "image-list"):         (401, 201, 201, 201, 403, 403),
    ("GET",    "image-detail"):       (401, 200, 200, 404, 200, 403),
    ("DELETE", "image-detail"):       (401, 204, 403, 404, 403, 403),
    ("POST",   "image-restore"):      (401, 200, 403, 404, 403, 403),
    ("GET",    "image-history"):      (401, 200, 200, 404, 404, 200),
    ("GET",    "image-file"):         (401, 200, 200, 404, 200, 403),
    ("GET",    "image-preview"):      (401, 200, 200, 404, 200, 403),
    ("GET",    "image-thumbnail"):    (401, 200, 200, 404, 200, 403),
    ("GET",    "image-deidentification"): (401, 200, 200, 404, 200, 403),
    ("GET",    "image-text-boxes"):   (401, 200, 404, 404, 403, 403),
    ("POST",   "image-redact"):       (401, 200, 403, 404, 403, 403),
    ("POST",   "image-remake"):       (401, 200, 403, 404, 403, 403),
    ("POST",   "image-release"):      (401, 200, 403, 404, 403, 403),

    # the judgement
    ("GET",    "label-list"):         (401, 200, 200, 200, 200, 403),
    ("POST",   "label-list"):         (401, 403, 403, 403, 201, 403),
    ("GET",    "label-detail"):       (401, 200, 200, 200, 200, 403),
    ("PUT",    "label-detail"):       (401, 403, 403, 403, 200, 403),
    ("PATCH",  "label-detail"):       (401, 403, 403, 403, 200, 403),
    ("DELETE", "label-detail"):       (401, 403, 403, 403, 409, 403),  # in use
    ("POST",   "label-restore"):      (401, 403, 403, 403, 200, 403),
    ("GET",    "label-history"):      (401, 200, 200, 200, 200, 200),
    ("GET",    "annotation-list"):    (401, 200, 200, 200, 200, 403),
    ("POST",   "annotation-list"):    (401, 201, 201, 400, 403, 403),  # the image does not exist for the stranger
    ("GET",    "annotation-detail"):  (401, 200, 200, 404, 200, 403),
    ("PUT",    "annotation-detail"):  (401, 200, 403, 404, 403, 403),
    ("PATCH",  "annotation-detail"):  (401, 200, 403, 404, 403, 403),
    ("DELETE", "annotation-detail"):  (401, 204, 403, 404, 403, 403),
    ("POST",   "annotation-restore"): (401, 200, 403, 404, 403, 403),
    ("GET",    "annotation-history"): (401, 200, 200, 404, 200, 200),

    # teams: for those in them, and their lead
    ("GET",    "team-list"):          (401, 200, 200, 200, 403, 403),
    ("POST",   "team-list"):          (401, 201, 201, 201, 403, 403),
    ("GET",    "team-detail"):        (401, 200, 200, 404, 403, 403),
    ("PUT",    "team-detail"):        (401, 200, 403, 404, 403, 403),
    ("PATCH",  "team-detail"):        (401, 200, 403, 404, 403, 403),
    ("DELETE", "team-detail"):        (401, 204, 403, 404, 403, 403),
    ("POST",   "team-restore"):       (401, 200, 403, 404, 403, 403),
    ("GET",    "team-history"):       (401, 200, 200, 404, 403, 200),
    ("POST",   "team-let-in"):        (401, 200, 403, 404, 403, 403),
    ("POST",   "team-step-out"):      (401, 200, 200, 404, 403, 403),

    # the record of requests
    ("GET",    "event-list"):         (401, 403, 403, 403, 403, 200),
    ("GET",    "event-detail"):       (401, 403, 403, 403, 403, 200),
    ("GET",    "patient-access-report"): (401, 403, 403, 403, 403, 200),
}
# fmt: on

ROUTES = sorted({name for _, name in RIGHTS})


@pytest.fixture(scope="module")
def people(shared_database):
    doctors = {name: make.DoctorFactory(username=name) for name in ("doctor", "colleague", "stranger")}
    others = {role: make.UserFactory(username=role, roles=[role]) for role in (Role.RESEARCHER, Role.AUDITOR)}
    return {"nobody": None} | doctors | others


@pytest.fixture(scope="module")
def rows(people):
    """One row of every table, by the name that its routes begin with; the doctor's, where it can be somebody's."""
    doctor = people["doctor"]
    team = make.TeamFactory(name="Chest", lead=doctor, members=[people["colleague"]])
    study = make.StudyFactory(owner=doctor, description="Jane Doe, cough")
    study.shared_with.set([team])
    annotation = make.AnnotationFactory(image=make.ImageFactory(study=study), annotator=doctor)
    return {
        "annotation": annotation,
        "code": make.CodeFactory(),
        "deidentification": make.DeidentificationFactory(image=annotation.image),
        "code-system": make.CodeSystemFactory(),
        "disease": make.DiseaseFactory(),
        "event": make.EventFactory(),
        "image": annotation.image,
        "label": annotation.label,
        "mapping": make.CodeMappingFactory(),
        "patient": make.PatientFactory(owner=doctor),
        "series": annotation.image.series,
        "study": study,
        "team": team,
    }


@pytest.fixture(autouse=True)
def no_text_anywhere(monkeypatch):
    """The extra that finds text in pictures has tests of its own."""
    monkeypatch.setattr("imagery.text_boxes.propose_text_boxes", lambda png: [])


@pytest.fixture(scope="module")
def bodies(rows):
    """What a valid request to each route carries; for a route that is not here, nothing."""
    said = {"image": rows["image"].pk, "label": make.LabelFactory().pk, "state": "absent"}
    return {
        "login": {"username": "doctor", "password": make.PASSWORD},
        "disease-list": {"name": "Measles"},
        "disease-detail": {"name": "Measles"},
        "patient-list": {"sex": "F"},
        "patient-detail": {"sex": "F"},
        "study-list": {"description": "Cough"},
        "study-detail": {"description": "Cough"},
        "study-share": {"team": rows["team"].pk},
        "study-unshare": {"team": rows["team"].pk},
        "image-redact": {"boxes": [{"left": 1, "top": 1, "width": 5, "height": 5}]},
        "label-list": {"name": "Nodule"},
        "label-detail": {"name": "Nodule"},
        "annotation-list": said,
        "annotation-detail": {"state": "uncertain"},
        "team-list": {"name": "Bones"},
        "team-detail": {"name": "Bones"},
        "team-let-in": {"username": "stranger"},
        "team-step-out": {"username": "colleague"},
        "disease-merge": {"into": make.DiseaseFactory().pk},
    }


def address(route: str, rows: dict) -> str:
    if route.startswith("fhir-"):
        code = make.CodeFactory(code="J18.9", system__uri="http://example.org/system")
        code_query = f"system={code.system.uri}&code=J18.9"
        return f"{reverse(route)}?{f'url={code.system.uri}' if route == 'fhir-expand' else code_query}"
    for name in sorted(rows, key=len, reverse=True):
        if route.startswith(f"{name}-") and not route.endswith(("-list", "-upload")):
            return reverse(route, kwargs={"pk": rows[name].pk})
    return reverse(route)


def ask(client, method: str, route: str, rows: dict, bodies: dict):
    if (method, route) in (("POST", "image-list"), ("POST", "study-upload")):
        body = {"file" if route == "image-list" else "files": SimpleUploadedFile("a.png", make.png(60_000))}
        return client.post(address(route, rows), body, format="multipart")
    answer = client.generic(
        method, address(route, rows), **encoded(client, bodies.get(route) if method != "DELETE" else None)
    )
    if answer.streaming:
        b"".join(answer.streaming_content)
    return answer


def encoded(client, body) -> dict:
    data, content_type = client._encode_data(body, format="json")
    return {"data": data, "content_type": content_type or "application/json"}


@pytest.mark.parametrize("route", ROUTES)
def test_each_person_gets_what_the_table_says(route, rows, bodies, people, client_of):
    answers = {}
    for method, who in product(METHODS, PEOPLE):
        with rolled_back():
            client = client_of(people[who])
            if route.startswith("logout") and people[who]:  # these end a token, not a session
                client = client_with_token(client_of, who)
            answers[method, who] = ask(client, method, route, rows, bodies).status_code
    assert answers == {(method, who): wanted(method, route, who) for method, who in answers}


def wanted(method: str, route: str, who: str) -> int:
    if (method, route) in RIGHTS:
        return RIGHTS[method, route][PEOPLE.index(who)]
    return 401 if who == "nobody" and route not in ("login", "api-root") else 405


def client_with_token(client_of, username: str):
    client = client_of(None)
    token = client.post(reverse("login"), {"username": username, "password": make.PASSWORD}).json()["token"]
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return client


def test_no_route_is_missing_from_the_matrix():
    assert routes_of_the_api() == set(ROUTES)


def test_what_one_may_not_see_answers_like_an_unknown_id(people, rows, client_of):
    client = client_of(people["stranger"])
    hidden = client.get(reverse("image-detail", kwargs={"pk": rows["image"].pk}))
    unknown = client.get(reverse("image-detail", kwargs={"pk": new_id()}))
    assert hidden.content == unknown.content
