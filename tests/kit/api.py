"""Requests that many tests make."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import get_resolver, reverse


def routes_of_the_api() -> set[str]:
    (v1,) = [pattern for pattern in get_resolver().url_patterns if str(pattern.pattern) == "api/v1/"]
    return {pattern.name for pattern in v1.url_patterns}


def where(route: str, row) -> str:
    """The address of a row: a model, a JSON object with an id, or an id."""
    return reverse(route, kwargs={"pk": row["id"] if isinstance(row, dict) else getattr(row, "pk", row)})


def upload(client, content: bytes, name: str = "a", **fields):
    return client.post(reverse("image-list"), {"file": SimpleUploadedFile(name, content)} | fields, format="multipart")


def send(client, content=None, /, **fields):
    """Upload a zip, or whatever else the fields say."""
    archive = {} if content is None else {"archive": SimpleUploadedFile("all.zip", content)}
    return client.post(reverse("study-upload"), archive | fields, format="multipart")


def side_by_side(client, *contents, **fields):
    """Upload several files with one request."""
    files = [SimpleUploadedFile(f"{number}.dcm", content) for number, content in enumerate(contents)]
    return send(client, files=files, **fields)


def preview(client, image, **query):
    return client.get(where("image-preview", image), query)


def body(answer) -> bytes:
    return b"".join(answer.streaming_content)
