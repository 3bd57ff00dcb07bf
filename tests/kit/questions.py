"""What plans are tested with: every filter and every order of every list, asked by who sees few, many or all rows."""

from django.conf import settings

from accounts.models import Team, User
from disease.models import Code, CodeMapping, CodeSystem, Disease
from events.models import Event
from imagery.models import Deidentification, Image, Patient, Series, Study
from label.models import Annotation, Label

# SQLite keeps no histogram: it cannot know that a range is rare, and reads what a person owns. PostgreSQL knows.
POSTGRESQL = "postgresql" in settings.DATABASES["default"]["ENGINE"]
RANGES = [
    ("study-list", {"date_from": "2025-01-01"}),
    ("study-list", {"date_to": "2019-01-01"}),
    ("image-list", {"study_date_from": "2025-01-01"}),
    ("image-list", {"study_date_to": "2019-01-01"}),
    ("image-list", {"size_min": 10**9}),
    ("image-list", {"size_max": 10**5}),
]

# A place in a classification: a code, one that was said much, and a chapter of half of all codes. A page of the codes
# of a chapter reads the chapter: a classification does not grow with use.
HOW = ({}, {"system": "many"}, {"equivalent": "true"})
NARROW = [{"under": code, **how} for code in ("C77", "C0") for how in HOW]
UNDER = [*NARROW, *({"under": "C1", **how} for how in HOW)]

# Words are looked for in the whole vocabulary, which people make: of labels and diseases they are not asked here.
WORDS = {("disease-list", "name"), ("label-list", "name")}

#   route             who           what is asked; {…} is the id of that row
CASES = [
    ("code-system-list", "doctor", {}),
    ("code-system-list", "doctor", {"key": "few"}),
    ("code-system-list", "doctor", {"archived": "true"}),
    ("code-list", "doctor", {}),
    ("code-list", "doctor", {"system": "few"}),
    ("code-list", "doctor", {"release": "few"}),
    ("code-list", "doctor", {"code": "C77"}),
    ("code-list", "doctor", {"kind": "chapter"}),
    ("code-list", "doctor", {"assignable": "false"}),
    *(("code-list", "doctor", asked) for asked in NARROW),
    ("code-list", "doctor", {"search": "c77"}),
    ("code-list", "doctor", {"archived": "true"}),
    ("mapping-list", "doctor", {}),
    ("mapping-list", "doctor", {"source": "{code}"}),
    ("mapping-list", "doctor", {"target": "{code}"}),
    ("mapping-list", "doctor", {"archived": "true"}),
    ("disease-list", "doctor", {}),
    ("disease-list", "doctor", {"code": "C77"}),
    ("disease-list", "doctor", {"code": "C77", "system": "many", "equivalent": "true"}),
    *(("disease-list", "doctor", asked) for asked in UNDER),
    ("disease-list", "doctor", {"archived": "true"}),
    ("label-list", "doctor", {}),
    ("label-list", "doctor", {"disease": "{disease}"}),
    *(("label-list", "doctor", asked) for asked in UNDER),
    ("label-list", "doctor", {"archived": "true"}),
    *(
        (route, who, asked)
        for who in ("doctor", "busy", "researcher")
        for route, asked in [
            ("patient-list", {}),
            ("patient-list", {"pseudonym": "P-77"}),
            ("patient-list", {"archived": "true"}),
            ("study-list", {}),
            ("study-list", {"modality": "NM"}),
            ("study-list", {"patient": "{patient}"}),
            ("study-list", {"archived": "true"}),
            ("series-list", {}),
            ("series-list", {"study": "{study}"}),
            ("series-list", {"modality": "NM"}),
            ("series-list", {"body_part": "SKULL"}),
            ("series-list", {"archived": "true"}),
            ("image-list", {}),
            ("image-list", {"study": "{study}"}),
            ("image-list", {"series": "{series}"}),
            ("image-list", {"modality": "NM"}),
            ("image-list", {"body_part": "SKULL"}),
            ("image-list", {"media_type": "image/png"}),
            ("image-list", {"release_state": "quarantined"}),
            ("image-list", {"label": "{label}"}),
            ("image-list", {"annotation_state": "uncertain"}),
            ("image-list", {"label": "{label}", "annotation_state": "uncertain", "annotated_by_me": "true"}),
            ("image-list", {"archived": "true"}),
            ("annotation-list", {}),
            ("annotation-list", {"image": "{image}"}),
            ("annotation-list", {"study": "{study}"}),
            ("annotation-list", {"label": "{label}"}),
            ("annotation-list", {"state": "uncertain"}),
            *(("annotation-list", asked) for asked in UNDER),
            ("annotation-list", {"under": "C0", "state": "uncertain"}),
            ("annotation-list", {"archived": "true"}),
        ]
    ),
    *(
        (route, who, asked)
        for who in ("doctor", "busy")
        for route, asked in [
            ("patient-list", {"record_number": "none"}),
            *(RANGES if who == "doctor" or POSTGRESQL else []),
        ]
    ),
    ("annotation-list", "busy", {"annotator": "{doctor}"}),
    ("annotation-list", "researcher", {"annotator": "{doctor}"}),
    ("team-list", "doctor", {}),
    ("event-list", "auditor", {}),
    ("event-list", "auditor", {"user": "{doctor}"}),
    ("event-list", "auditor", {"username": "few"}),
    ("event-list", "auditor", {"status": 412}),
    ("event-list", "auditor", {"method": "PATCH"}),
    ("event-list", "auditor", {"object_id": "{image}"}),
    ("event-list", "auditor", {"after": "2100-01-01T00:00Z"}),
    ("event-list", "auditor", {"before": "2000-01-01T00:00Z"}),
]


FOUND = ({}, {"q": "{image}"}, {"archived": "yes"}, {"archived": "all"}, {"since": "month"})
SORTED = ({"o": "1"}, {"o": "-1"}, {"o": "4"}, {"o": "-4"})

#   what of            what is asked of its list in the admin
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
# Who owns half of all: on SQLite their lists are held above, where nothing is counted.
HIDDEN_FROM_RESEARCH = {"archived", "since", "release_state"}
READERS = ("root", "doctor", "researcher", *(["busy"] if POSTGRESQL else []))
ADMIN = [
    *((model, "root", asked) for model, questions in PAGES.items() for asked in questions),
    *(
        (model, who, asked)
        for model, questions in EVIDENCE.items()
        for asked in questions
        for who in READERS
        if who != "researcher" or not asked.keys() & HIDDEN_FROM_RESEARCH
    ),
]

#   whose form          its field       who fills it in
LOOK_UPS = [
    (Label, "diseases", "researcher"),
    (Disease, "codes", "researcher"),
]
