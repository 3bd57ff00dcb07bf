"""Queries whose plans are tested: one for every filter and order of every list, by people who see few or many rows."""

from django.conf import settings

from accounts.models import Team, User
from disease.models import Code, CodeMapping, CodeSystem, Disease
from events.models import Event
from imagery.models import Deidentification, Image, Patient, Series, Study
from label.models import Annotation, Label

# SQLite keeps no histogram: it cannot know that a value is rare.
POSTGRESQL = "postgresql" in settings.DATABASES["default"]["ENGINE"]
# A word is searched in the whole vocabulary, which does not grow with use.
WORD_SEARCHES = {("disease-list", "name"), ("label-list", "name")}
EVIDENCE_LISTS = ("patient-list", "study-list", "series-list", "image-list", "annotation-list")

#   route             person        query; {…} is the id of that row
CASES = [
    *((route, person, {}) for route in EVIDENCE_LISTS for person in ("doctor", "busy", "researcher", "root")),
    *((route, "researcher", {"archived": "true"}) for route in EVIDENCE_LISTS),
    *((route, "doctor", {"archived": "true"}) for route in EVIDENCE_LISTS),
    ("code-system-list", "doctor", {}),
    ("code-system-list", "doctor", {"key": "few"}),
    ("code-system-list", "doctor", {"archived": "true"}),
    ("code-list", "doctor", {}),
    ("code-list", "doctor", {"system": "few"}),
    ("code-list", "doctor", {"release": "few"}),
    ("code-list", "doctor", {"code": "C77"}),
    ("code-list", "doctor", {"kind": "chapter"}),
    ("code-list", "doctor", {"assignable": "false"}),
    ("code-list", "doctor", {"under": "C77", "equivalent": "true"}),
    ("code-list", "doctor", {"search": "c77"}),
    ("code-list", "doctor", {"archived": "true"}),
    ("mapping-list", "doctor", {}),
    ("mapping-list", "doctor", {"source": "{code}"}),
    ("mapping-list", "doctor", {"target": "{code}"}),
    ("mapping-list", "doctor", {"archived": "true"}),
    ("disease-list", "doctor", {}),
    ("disease-list", "doctor", {"code": "C77", "system": "many", "equivalent": "true"}),
    ("disease-list", "doctor", {"under": "C77"}),
    ("disease-list", "doctor", {"archived": "true"}),
    ("label-list", "doctor", {}),
    ("label-list", "doctor", {"disease": "{disease}"}),
    ("label-list", "doctor", {"under": "C77", "system": "many", "equivalent": "true"}),
    ("label-list", "doctor", {"archived": "true"}),
    ("patient-list", "researcher", {"pseudonym": "P-77"}),
    ("patient-list", "busy", {"record_number": "none"}),
    ("study-list", "researcher", {"modality": "NM"}),
    ("study-list", "busy", {"patient": "{patient}"}),
    ("study-list", "doctor", {"date_from": "2025-01-01"}),
    ("study-list", "doctor", {"date_to": "2019-01-01"}),
    ("series-list", "busy", {"study": "{study}"}),
    ("series-list", "researcher", {"modality": "NM"}),
    ("series-list", "researcher", {"body_part": "SKULL"}),
    ("image-list", "busy", {"study": "{study}"}),
    ("image-list", "busy", {"series": "{series}"}),
    ("image-list", "researcher", {"modality": "NM"}),
    ("image-list", "researcher", {"body_part": "SKULL"}),
    ("image-list", "researcher" if POSTGRESQL else "doctor", {"media_type": "image/png"}),
    ("image-list", "busy", {"release_state": "quarantined"}),
    ("image-list", "doctor", {"study_date_from": "2025-01-01"}),
    ("image-list", "doctor", {"study_date_to": "2019-01-01"}),
    ("image-list", "doctor", {"size_min": 10**9}),
    ("image-list", "doctor", {"size_max": 10**5}),
    ("image-list", "researcher", {"label": "{label}"}),
    ("image-list", "doctor", {"annotation_state": "uncertain"}),
    ("image-list", "doctor", {"label": "{label}", "annotation_state": "uncertain", "annotated_by_me": "true"}),
    ("annotation-list", "busy", {"image": "{image}"}),
    ("annotation-list", "busy", {"study": "{study}"}),
    ("annotation-list", "researcher", {"label": "{label}"}),
    ("annotation-list", "researcher", {"annotator": "{doctor}"}),
    ("annotation-list", "researcher", {"state": "uncertain"}),
    ("annotation-list", "researcher", {"under": "C0", "system": "many", "equivalent": "true"}),
    ("annotation-list", "researcher", {"under": "C1"}),
    ("annotation-list", "doctor", {"under": "C1", "state": "uncertain"}),
    ("team-list", "doctor", {}),
    ("event-list", "auditor", {}),
    ("event-list", "auditor", {"user": "{doctor}"}),
    ("event-list", "auditor", {"username": "few"}),
    ("event-list", "auditor", {"status": 412}),
    ("event-list", "auditor", {"status_from": 500}),
    ("event-list", "auditor", {"status_to": 199}),
    ("event-list", "auditor", {"method": "PATCH"}),
    ("event-list", "auditor", {"patient": "{patient}"}),
    ("event-list", "auditor", {"refused": "true"}),
    ("event-list", "auditor", {"route": "api/v1/nowhere/"}),
    ("event-list", "auditor", {"verb": "nothing"}),
    ("event-list", "auditor", {"failed_login": "no one"}),
    ("event-list", "auditor", {"object_id": "{image}"}),
    ("event-list", "auditor", {"after": "2100-01-01T00:00Z"}),
    ("event-list", "auditor", {"before": "2000-01-01T00:00Z"}),
]


FOUND = ({}, {"q": "{image}"}, {"archived": "yes"}, {"archived": "all"}, {"since": "month"})
SORTED = ({"o": "1"}, {"o": "-1"}, {"o": "4"}, {"o": "-4"})

#   table              queries of its list in the admin
PAGES = {
    User: (
        {}, {"q": "few"}, {"o": "1"}, {"o": "8"}, {"groups__id__exact": "{group}"}, {"is_active__exact": "0"},
        {"is_staff__exact": "1"}, {"is_superuser__exact": "1"},
    ),
    Team: (*FOUND, {"q": "few"}),
    CodeSystem: ({}, {"q": "few"}, {"q": "{image}"}),
    Code: (
        {}, {"q": "C77"}, {"q": "{code}"}, {"system__id__exact": "{system}"}, {"kind": "chapter"},
        {"assignable": "no"}, {"parent__id__exact": "{code}"},
    ),
    CodeMapping: (
        {}, {"q": "C77"}, {"q": "{code}"}, {"approximate": "no"}, {"no_map": "yes"}, {"combination": "yes"},
        {"source__id__exact": "{code}"}, {"target__id__exact": "{code}"},
    ),
    Disease: (*FOUND, *SORTED, {"codes__id__exact": "{code}"}),
    Label: (*FOUND, *SORTED, {"diseases__id__exact": "{disease}"}),
    Event: (
        {}, {"q": "few"}, {"q": "{image}"}, {"since": "month"}, {"method": "PATCH"}, {"status": "412"},
        {"user__id__exact": "{doctor}"},
    ),
}  # fmt: skip
EVIDENCE = {
    Patient: (*FOUND, {"q": "few"}, {"q": "P-77"}),
    Study: (*FOUND, {"q": "few"}, {"q": "1.2.77"}, {"q": "{patient}"}, {"patient__id__exact": "{patient}"}),
    Series: (*FOUND, {"q": "few"}, {"q": "1.2.77"}, {"q": "{study}"}, {"modality": "NM"},
             {"study__id__exact": "{study}"}),
    Image: (
        *FOUND, {"q": "few"}, {"q": "77"}, {"q": "{study}"}, {"modality": "NM"}, {"release_state": "quarantined"},
        {"media_type": "image/png"}, {"study__id__exact": "{study}"}, {"series__id__exact": "{series}"},
    ),
    Deidentification: ({}, {"q": "few"}, {"q": "{image}"}, {"image__id__exact": "{image}"}),
    Annotation: (
        *FOUND, {"q": "few"}, {"q": "label"}, {"q": "{study}"}, {"state": "uncertain"},
        {"image__id__exact": "{image}"}, {"label__id__exact": "{label}"}, {"annotator__id__exact": "{doctor}"},
    ),
}  # fmt: skip
ADMIN = [
    *((model, "root", query) for model, queries in (PAGES | EVIDENCE).items() for query in queries),
    *((model, person, {}) for model in EVIDENCE for person in ("doctor", "researcher")),
]

#   form                field           person
LOOK_UPS = [
    (Label, "diseases", "researcher"),
    (Disease, "codes", "researcher"),
]
