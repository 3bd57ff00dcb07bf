"""Answers carry addresses: from a study one reaches its images and their previews without making up an address."""

import json

import pytest
from django.urls import reverse

from tests.kit import factories as make
from tests.kit.api import body, routes_of_the_api, upload
from tests.kit.files import real

pytestmark = pytest.mark.on_both
BROWSER = {"Accept": "text/html"}


@pytest.fixture
def evidence(api, label, researcher):
    """Upload a released image and annotate it."""
    id = upload(api, real("CT_small.dcm")).json()["id"]
    api.post(reverse("annotation-list"), {"image": id, "label": str(label.pk), "state": "present"})
    return id


def links_of(row: dict) -> dict[str, str]:
    return {name: address for name, address in row.items() if name == "url" or name.endswith("_url")}


def broken_links(client, address: str, kinds: set[str]) -> list[str]:
    """Follow every link from here on, and return those that do not answer 200; `kinds` collects their names."""
    queue, seen, broken = [address], set(), []
    while queue:
        address = queue.pop()
        answer = client.get(address)
        content = body(answer) if answer.streaming else answer.content
        if answer.status_code != 200:
            broken.append(f"{address}: {answer.status_code}")
        elif answer.headers["Content-Type"] == "application/json":
            row = json.loads(content)
            for name, link in [pair for part in (row, *row.get("results", [])) for pair in links_of(part).items()]:
                kinds.add(name)
                if link and link not in seen:
                    queue.append(link)
                    seen.add(link)
    return broken


LINKS = {
    "url", "study_url", "series_url", "patient_url", "images_url", "preview_url", "file_url", "annotations_url",
    "image_url", "label_url", "studies_url",
}  # fmt: skip


def test_from_a_study_every_link_leads_somewhere(api, research_client, evidence):
    for client in (api, research_client):
        kinds: set[str] = set()
        assert broken_links(client, reverse("study-list"), kinds) == []
        assert kinds == LINKS


def test_a_list_and_its_details_show_the_same_links(api, evidence):
    for name in ("study", "series", "image", "patient", "annotation"):
        (row,) = api.get(reverse(f"{name}-list")).json()["results"]
        assert links_of(row) == links_of(api.get(row["url"]).json()), name


def test_each_row_of_each_list_has_its_own_address(client_of, evidence):
    for factory in (make.CodeMappingFactory, make.EventFactory, make.TeamFactory, make.DiseaseFactory):
        factory()
    client = client_of(make.UserFactory(username="root", is_superuser=True))
    wrong = {}
    for route in sorted(route for route in routes_of_the_api() if route.endswith("-list")):
        results = client.get(reverse(route)).json()["results"]
        expected = [f"http://localhost{reverse(route)}{row['id']}/" for row in results]
        if not results or [row["url"] for row in results] != expected:
            wrong[route] = results
    assert wrong == {}


def test_the_links_of_answers_have_the_scheme_and_the_host_of_the_request(client_of, doctor, evidence, settings):
    settings.ALLOWED_HOSTS = ["xray.example"]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    headers = {"Host": "xray.example", "X-Forwarded-Proto": "https"}
    for address in (reverse("image-list"), reverse("image-detail", args=[evidence])):
        answer = client_of(doctor).get(address, headers=headers).json()
        row = answer.get("results", [answer])[0]
        assert {link.partition("/api/v1/")[0] for link in links_of(row).values()} == {"https://xray.example"}


def test_links_are_links_in_the_browsable_api(api, evidence):
    study = api.get(reverse("study-list")).json()["results"][0]
    page = api.get(reverse("study-list"), headers=BROWSER).content.decode()
    assert f'<a href="{study["images_url"]}" rel="nofollow">' in page
    page = api.get(study["images_url"], headers=BROWSER).content.decode()
    assert f'/api/v1/images/{evidence}/preview/" rel="nofollow">' in page


def test_the_answer_to_a_creation_has_the_links_of_the_row(api, label, evidence):
    answer = api.post(reverse("patient-list"), {"sex": "F"})
    assert (
        answer.json()["url"] == answer.headers["Location"] == f"http://localhost/api/v1/patients/{answer.json()['id']}/"
    )
