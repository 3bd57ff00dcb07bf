"""A researcher looks everywhere for what was planted: every route, every header, every byte."""

import re
import sys
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import get_resolver, reverse

from dicom.sandbox import pool
from imagery import actions, files
from imagery.models import Deidentification, Image, Patient, Series, Study
from imagery.serializers import StudyListSerializer, StudySerializer
from label.models import Annotation, Label
from tests.kit import factories as make
from tests.kit import planted

NAME = "Zzyzx^Quillon"
SIGNS = ["Zzyzx", "Quillon", "MRN-90125", "Nowhere Lane", "555-8675", "19440229", "1944-02-29", "Acme Clinic"]
ROWS = {
    "patient": Patient, "study": Study, "series": Series, "image": Image, "annotation": Annotation, "label": Label,
}  # fmt: skip


@pytest.fixture
def evidence(api, doctor, tmp_path):
    """A CT that is full of identifiers, and a picture that waits; both judged in writing."""
    path = planted.planted_file(tmp_path / "ct.dcm", planted.plants("Zzyzx"), depth=3)
    dataset = planted.dcmread(path)
    dataset.PatientName, dataset.PatientID, dataset.PatientBirthDate = NAME, "MRN-90125", "19440229"
    dataset.PatientAddress, dataset.PatientTelephoneNumbers = "1 Nowhere Lane", "555-8675"
    dataset.InstitutionName, dataset.StudyDescription, dataset.StudyDate = "Acme Clinic", f"Seen: {NAME}", "20200229"
    stream = BytesIO()
    dataset.save_as(stream)
    for content in (stream.getvalue(), make.png()):
        upload = {"file": SimpleUploadedFile(f"{NAME}.dcm", content), "description": f"Of {NAME}"}
        image = Image.objects.get(pk=api.post(reverse("image-list"), upload, format="multipart").json()["id"])
        make.AnnotationFactory(image=image, annotator=doctor, comment=f"{NAME} again")
    actions.change_study(by=doctor, study=image.study, description=f"Known as {NAME}")


def addresses() -> list[str]:
    """Every route of the API, of every row that there is; and questions that an inquisitive researcher would ask."""
    (v1,) = [found for found in get_resolver().url_patterns if str(found.pattern) == "api/v1/"]
    found = []
    for pattern in v1.url_patterns:
        kind = re.sub(r"-(detail|history|restore|file|.*)$", "", pattern.name)
        if "<uuid:pk>" in str(pattern.pattern):
            rows = ROWS[kind].objects.all() if kind in ROWS else []
            found += [reverse(pattern.name, kwargs={"pk": row.pk}) for row in rows]
        else:
            found.append(reverse(pattern.name))
    lists = [reverse(f"{kind}-list") for kind in ROWS]
    return found + [f"{where}?{name}=x" for where in lists for name in ("record_number", "name", "search", "ordering")]


def crawl(client) -> list[tuple[str, str]]:
    """Where something planted was seen, and what. Answers in the browser's form are looked at as well."""
    seen = []
    for where in addresses():
        for headers in ({}, {"Accept": "text/html"}):
            answer = client.get(where, headers=headers)
            content = b"".join(answer.streaming_content) if answer.streaming else answer.content
            told = str(answer.headers).encode() + content
            seen += [(where, sign) for sign in SIGNS if sign.encode() in told]
    return seen


def test_the_crawl_meets_the_evidence(evidence, research_client):
    answers = [research_client.get(where) for where in addresses()]
    found = [answer for answer in answers if answer.status_code == 200]
    for answer in found:
        b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert any(answer.headers.get("Content-Disposition", "").endswith('.dcm"') for answer in found)


def test_a_researcher_finds_nothing_of_whom_the_images_show(evidence, research_client):
    assert crawl(research_client) == []


def test_the_crawl_sees_a_description_that_is_shown(evidence, research_client, monkeypatch):
    for serializer in (StudyListSerializer, StudySerializer):
        monkeypatch.setattr(serializer, "research_fields", (*serializer.research_fields, "description"))
    assert {sign for _, sign in crawl(research_client)} >= {"Zzyzx"}


def test_the_crawl_sees_an_original_that_is_served(evidence, research_client, monkeypatch):
    def original(image, *, copy):
        return files.originals(), image.original, image.sha256

    monkeypatch.setattr("imagery.views.downloads.stored_file", original)
    assert {sign for _, sign in crawl(research_client)} >= {"Quillon", "MRN-90125", "Nowhere Lane", "19440229"}


# The process that cleans, with one rule of the standard's table switched off: this attribute stays as it is.
CARELESS = """
from dicom import worker
from dicom.deidentification import header
clean = header.clean_element
header.clean_element = lambda dataset, tag, *rest: dataset[tag] if tag == {} else clean(dataset, tag, *rest)
worker.main()
"""


@pytest.fixture
def careless(request, monkeypatch):
    monkeypatch.setattr(pool, "COMMAND", [sys.executable, "-P", "-c", CARELESS.format(request.param)])
    monkeypatch.setattr(pool, "_shared_pool", pool.Pool())
    yield
    pool.shared_pool().close()


@pytest.mark.parametrize(
    ("careless", "sign"),
    [(0x00080080, "Acme Clinic"), (0x00081030, "Zzyzx"), (0x00100030, "19440229")],
    indirect=["careless"],
    ids=["Institution Name", "Study Description", "Patient's Birth Date"],
)
def test_the_crawl_sees_in_the_bytes_what_one_rule_less_leaves(careless, evidence, sign, research_client):
    seen = crawl(research_client)
    assert sign in {sign for _, sign in seen} and {where.split("/")[-2] for where, _ in seen} == {"file"}


def test_the_crawl_of_the_doctor_who_keeps_them_finds_them(evidence, doctor, client_of):
    assert crawl(client_of(doctor)) != []


def test_the_copy_has_none_of_the_planted_attributes(evidence):
    image = Image.objects.get(media_type="application/dicom")
    kept = [one for one in planted.plants("Zzyzx") if one.tag not in planted.LEFT_ON_PURPOSE]
    assert planted.found(files.research_copies().path(image.research), kept) == []


def test_the_manifest_quotes_nothing(evidence):
    told = str(Deidentification.objects.values_list("manifest", flat=True))
    assert not [sign for sign in SIGNS if sign in told]


def test_the_key_is_not_on_the_command_line_of_the_child(settings):
    assert settings.PROJECT_KEY.decode() not in " ".join(pool.COMMAND)
