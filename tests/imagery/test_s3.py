"""The same evidence in a bucket: a real server that checks signatures, and one that fails, stalls or drops answers."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from django.core.exceptions import ImproperlyConfigured
from PIL import Image as Picture
from pydicom import dcmread

from core.exceptions import DependencyDown
from harrison import storages as chosen
from imagery.models import Image, Series, Study
from tests.kit import factories as make
from tests.kit.api import body, upload, where
from tests.kit.files import real
from tests.kit.ports import free_port


def names(storage) -> set[str]:
    return {file.name for folder in storage.folders() for file in storage.stored(folder)}


# --- The whole way ----------------------------------------------------------------------------------------------------


def test_a_dicom_file_goes_all_the_way(api, bucket, researcher, client_of):
    image = upload(api, real("CT_small.dcm")).json()
    copy = body(client_of(researcher).get(where("image-file", image)))
    assert body(api.get(where("image-file", image))) == real("CT_small.dcm")
    assert dcmread(BytesIO(copy)).PatientIdentityRemoved == "YES"
    assert Picture.open(BytesIO(api.get(where("image-preview", image)).content)).size == (128, 128)


@pytest.fixture
def redact(django_capture_on_commit_callbacks):
    def post(client, image):
        box = {"left": 0, "top": 0, "width": 20, "height": 30}
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(where("image-redact", image), {"boxes": [box]})

    return post


def test_a_picture_is_redacted_released_and_taken_away(api, bucket, redact, researcher, client_of):
    image = upload(api, make.png()).json()
    before = names(bucket[1])
    assert redact(api, image).status_code == 200
    assert len(names(bucket[1]) - before) == 1
    assert api.post(where("image-release", image)).status_code == 200
    assert body(client_of(researcher).get(where("image-file", image))).startswith(b"\x89PNG")


def test_originals_and_copies_lie_apart(api, bucket, told, nanio):
    upload(api, real("CT_small.dcm"))
    folder = nanio[1] / told["HARRISON_S3_BUCKET"]
    assert {path.name for path in folder.iterdir() if not path.name.startswith(".")} == {"originals", "research"}


def test_copies_lie_in_a_bucket_of_their_own_where_one_is_named(api, in_s3, nanio, monkeypatch):
    (nanio[1] / "apart").mkdir()
    monkeypatch.setenv("HARRISON_S3_RESEARCH_BUCKET", "apart")
    in_s3()
    upload(api, real("CT_small.dcm"))
    assert [path.name for path in (nanio[1] / "apart").iterdir() if not path.name.startswith(".")] == ["research"]


@pytest.mark.parametrize(
    ("asked", "meant"), [("bytes=0-3", slice(0, 4)), ("bytes=1000-", slice(1000, None)), ("bytes=-5", slice(-5, None))]
)
def test_a_part_of_a_file_is_fetched_alone(asked, meant, api, bucket, proxy):
    image = upload(api, real("CT_small.dcm")).json()
    answer = api.get(where("image-file", image), headers={"Range": asked})
    assert (answer.status_code, body(answer)) == (206, real("CT_small.dcm")[meant])
    assert proxy.seen[-1].headers["range"].startswith("bytes=")


def test_an_original_is_fetched_with_one_request(api, bucket, proxy):
    image = upload(api, make.png()).json()
    before = len(proxy.seen)
    body(api.get(where("image-file", image)))
    assert [request.method for request in proxy.seen[before:]] == ["GET"]


def test_nothing_that_arrives_stays_on_this_machine(api, bucket):
    image = upload(api, real("CT_small.dcm")).json()
    api.get(where("image-preview", image))
    assert [*bucket[0].incoming().iterdir(), *bucket[1].incoming().iterdir()] == []


# --- What the server is told ------------------------------------------------------------------------------------------


def test_the_server_is_told_to_encrypt_every_file(api, bucket, proxy):
    upload(api, real("CT_small.dcm"))
    puts = [request.headers for request in proxy.seen if request.method == "PUT"]
    assert [headers["x-amz-server-side-encryption"] for headers in puts] == ["AES256", "AES256"]


def test_no_file_is_public(api, bucket, proxy):
    upload(api, real("CT_small.dcm"))
    assert not [request for request in proxy.seen if "x-amz-acl" in request.headers]


def test_every_request_is_signed_with_its_body(api, bucket, proxy):
    image = upload(api, real("CT_small.dcm")).json()
    body(api.get(where("image-file", image)))
    assert all(request.headers["authorization"].startswith("AWS4-HMAC-SHA256") for request in proxy.seen)
    assert all(len(request.headers["x-amz-content-sha256"]) == 64 for request in proxy.seen)


def test_a_wrong_secret_is_refused_by_the_server(api, in_s3, monkeypatch):
    monkeypatch.setenv("HARRISON_S3_SECRET_KEY", "another secret")
    in_s3()
    assert upload(api, make.png()).status_code == 503 and not Image.objects.exists()


def test_a_large_file_goes_in_parts(in_s3, monkeypatch, proxy):
    monkeypatch.setattr(chosen, "PART_BYTES", 5 * 1024 * 1024)
    content = bytes(range(256)) * 49152  # 12 MiB
    storage, _ = in_s3()
    make.store(storage, content, "ab/large")
    started = [request for request in proxy.seen if request.method == "POST" and request.path.endswith("?uploads")]
    assert started[0].headers["x-amz-server-side-encryption"] == "AES256"
    assert sum("partNumber=" in request.path for request in proxy.seen) == 3
    with storage.local("ab/large") as file:
        assert file.read() == content


# --- A server that fails ----------------------------------------------------------------------------------------------


@pytest.fixture
def nothing_stored(bucket):
    yield
    assert [names(storage) for storage in bucket] == [set(), set()]
    assert not Image.objects.exists() and not Series.objects.exists() and not Study.objects.exists()


def well_said(answer) -> None:
    """503 in the one shape, with when to come back."""
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert answer.json().keys() == {"detail", "code", "fields"} and answer.json()["code"] == "unavailable"


@pytest.mark.parametrize("room", ["originals", "research"])
def test_an_upload_that_a_storage_does_not_take_leaves_nothing(room, api, proxy, nothing_stored):
    proxy.fails = lambda request: request.method == "PUT" and f"/{room}/" in request.path
    well_said(upload(api, real("CT_small.dcm")))


def test_a_request_that_fails_once_is_tried_again(api, bucket, proxy):
    proxy.fails = lambda request: len(proxy.seen) == 1
    assert upload(api, real("CT_small.dcm")).status_code == 201


def test_an_upload_whose_row_cannot_be_written_leaves_no_file(api, monkeypatch, nothing_stored):
    with monkeypatch.context() as broken:
        broken.setattr("imagery.models.Image.objects.create", lambda **row: 1 / 0)
        assert upload(api, real("CT_small.dcm")).status_code == 500


def test_a_server_that_is_gone_answers_503(api, in_s3, monkeypatch):
    monkeypatch.setenv("HARRISON_S3_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    in_s3()
    well_said(upload(api, make.png()))


def test_a_bucket_that_is_not_there_answers_503(api, in_s3, monkeypatch):
    monkeypatch.setenv("HARRISON_S3_BUCKET", "nowhere")
    in_s3()
    well_said(upload(api, make.png()))


FETCHED = [("image-file", {}), ("image-preview", {"size": 20})]


@pytest.mark.parametrize(("route", "query"), FETCHED)
def test_bytes_that_cannot_be_fetched_are_a_503(route, query, api, bucket, proxy):
    image = upload(api, make.png()).json()
    proxy.fails = lambda request: True
    well_said(api.get(where(route, image), query))


@pytest.mark.parametrize(("route", "query"), FETCHED)
def test_bytes_that_are_gone_are_a_503(route, query, api, bucket):
    image = upload(api, make.png()).json()
    bucket[0].delete(Image.objects.get().original)
    assert api.get(where(route, image), query).status_code == 503


# --- A server that is slow --------------------------------------------------------------------------------------------


@pytest.fixture
def impatient(told, monkeypatch):
    monkeypatch.setenv("HARRISON_S3_TIMEOUT", "1")


def test_a_silent_server_is_waited_for_three_times_and_no_longer(impatient, api, proxy, nothing_stored):
    proxy.silent = lambda request: request.method == "PUT"
    well_said(upload(api, real("CT_small.dcm")))
    assert sum(request.method == "PUT" and "/research/" in request.path for request in proxy.seen) == 3


def test_what_was_stored_although_its_answer_was_lost_is_taken_back(impatient, api, proxy, nothing_stored):
    proxy.silent = lambda request: request.method == "PUT" and "/originals/" in request.path
    well_said(upload(api, real("CT_small.dcm")))


def test_a_preview_from_a_silent_server_is_a_503(impatient, api, bucket, proxy):
    image = upload(api, make.png()).json()
    proxy.silent = lambda request: True
    asked = len(proxy.seen)
    well_said(api.get(where("image-preview", image), {"size": 20}))
    assert len(proxy.seen) - asked == 3


# --- What is left behind ----------------------------------------------------------------------------------------------


def test_an_upload_in_parts_that_broke_off_is_found_and_cleared(bucket):
    storage = bucket[0]
    storage.client.create_multipart_upload(Bucket=storage.bucket_name, Key=storage.key("ab/part"))
    soon = datetime.now(UTC) + timedelta(minutes=1)
    (left,) = storage.leftovers(soon)
    left.delete()
    assert left.name == "ab/part" and not list(storage.leftovers(soon))


def test_a_file_that_is_set_aside_is_listed_no_more_and_there_all_the_same(bucket):
    name = make.store(bucket[0], b"bytes", "ab/cd")
    kept = bucket[0].set_aside(name)
    assert names(bucket[0]) == set() and bucket[0].stream(kept).read() == b"bytes"


def test_listing_a_bucket_that_does_not_answer_is_not_an_empty_bucket(bucket, proxy):
    proxy.fails = lambda request: True
    with pytest.raises(DependencyDown):
        names(bucket[0])


# --- Settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "missing",
    [
        "HARRISON_S3_BUCKET",
        "HARRISON_S3_ENDPOINT",
        "HARRISON_S3_REGION",
        "HARRISON_S3_ACCESS_KEY",
        "HARRISON_S3_SECRET_KEY",
    ],
)
def test_what_is_half_told_stops_the_start(missing, told, monkeypatch, tmp_path):
    monkeypatch.delenv(missing)
    with pytest.raises(ImproperlyConfigured, match=f"Set {missing}"):
        chosen.read_storages(tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HARRISON_STORAGE", "s4"),
        ("HARRISON_S3_ENDPOINT", "bucket.example"),
        ("HARRISON_S3_ENCRYPTION", "AES"),
        ("HARRISON_S3_TIMEOUT", "0"),
        ("HARRISON_S3_TIMEOUT", "301"),
    ],
)
def test_a_wrong_word_stops_the_start(name, value, told, monkeypatch, tmp_path):
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=name):
        chosen.read_storages(tmp_path)


def test_a_secret_comes_from_a_file(told, monkeypatch, tmp_path):
    (tmp_path / "mounted").write_text("from a file\n")
    monkeypatch.delenv("HARRISON_S3_SECRET_KEY")
    monkeypatch.setenv("HARRISON_S3_SECRET_KEY_FILE", str(tmp_path / "mounted"))
    assert chosen.read_storages(tmp_path)["research"]["OPTIONS"]["secret_key"] == "from a file"


def test_without_a_word_bytes_rest_on_the_disk(monkeypatch, tmp_path):
    monkeypatch.delenv("HARRISON_STORAGE", raising=False)
    assert chosen.read_storages(tmp_path)["originals"]["OPTIONS"] == {"location": tmp_path / "originals"}
