"""Parts of files, as RFC 9110 section 14 has them. The fixture's file is a few hundred bytes; N stands for its size."""

import pytest
from django.urls import reverse

from imagery import files


@pytest.fixture
def content(image):
    with files.originals().local(image.original) as file:
        return file.read()


def read(answer):
    """The answer with its bytes as `body`."""
    answer.body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer


@pytest.fixture
def ask(api, image):
    def get(**headers):
        return read(api.get(reverse("image-file", kwargs={"pk": image.pk}), headers=headers))

    return get


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-9", 0, 9),
        ("bytes=10-", 10, -1),
        ("bytes=-1", -1, -1),
        ("bytes=-10", -10, -1),
        ("bytes=0-999999", 0, -1),
        ("bytes=-999999", 0, -1),
        ("Bytes=3-5", 3, 5),
    ],
)
def test_one_range_is_answered_with_that_part(asked, first, last, ask, content):
    size = len(content)
    first, last = first % size, last % size
    answer = ask(Range=asked)
    assert (answer.status_code, answer.body) == (206, content[first : last + 1])
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{size}"
    assert answer.headers["Content-Length"] == str(last + 1 - first)


@pytest.mark.parametrize("beyond", [-1, 0, 1])
def test_a_range_begins_before_the_end_of_the_file_or_is_a_416(beyond, ask, content):
    answer = ask(Range=f"bytes={len(content) + beyond}-")
    if beyond < 0:
        assert (answer.status_code, answer.body) == (206, content[-1:])
    else:
        assert answer.status_code == 416 and answer.json()["code"] == "range_not_satisfiable"
        assert answer.headers["Content-Range"] == f"bytes */{len(content)}"


def test_no_last_bytes_are_a_416(ask):
    assert ask(Range="bytes=-0").status_code == 416


@pytest.mark.parametrize(
    "asked",
    ["bytes=0-1,4-5", "bytes=5-2", "bytes=-", "bytes=a-b", "bytes=", "lines=0-1", "bytes=٣-٥", f"bytes={'9' * 5000}-"],
)
def test_several_ranges_and_what_is_no_range_are_answered_whole(asked, ask, content):
    answer = ask(Range=asked.encode().decode("latin-1"))
    assert (answer.status_code, answer.body) == (200, content)
    assert "Content-Range" not in answer.headers


def test_a_whole_file_says_that_it_can_be_had_in_parts(ask, content):
    answer = ask()
    assert (answer.status_code, answer.body) == (200, content)
    assert (answer.headers["Accept-Ranges"], answer.headers["Content-Length"]) == ("bytes", str(len(content)))


def test_a_part_of_the_bytes_that_one_has_begun_is_sent(ask, content):
    answer = ask(Range="bytes=5-", **{"If-Range": ask().headers["ETag"]})
    assert (answer.status_code, answer.body) == (206, content[5:])


@pytest.mark.parametrize("had", ["{tag}", "W/{tag}", '"other", {tag}', "*"])
def test_whoever_has_the_bytes_is_told_so_and_sent_none(had, ask):
    tag = ask().headers["ETag"]
    answer = ask(Range="bytes=0-1", **{"If-None-Match": had.format(tag=tag)})
    assert (answer.status_code, answer.body, answer.headers["ETag"]) == (304, b"", tag)


def test_whoever_has_other_bytes_is_sent_these(ask, content):
    assert ask(**{"If-None-Match": '"other"'}).body == content


@pytest.mark.parametrize("had", ['"other"', 'W/"other"', "Mon, 23 Nov 2026 10:00:00 GMT"])
def test_whoever_has_begun_other_bytes_gets_these_whole(had, ask, content):
    assert ask(Range="bytes=5-", **{"If-Range": had}).body == content


def test_a_weak_tag_does_not_join_parts(ask, content):
    assert ask(Range="bytes=5-", **{"If-Range": f"W/{ask().headers['ETag']}"}).status_code == 200


def test_the_tag_is_of_the_bytes_and_not_of_the_row(ask, image):
    before = ask().headers["ETag"]
    image.change(release_reason="Changed.")
    assert ask().headers["ETag"] == before == f'"{image.sha256}"'


def test_head_ignores_ranges(api, image, content):
    answer = read(api.head(reverse("image-file", kwargs={"pk": image.pk}), headers={"Range": "bytes=0-1"}))
    assert (answer.status_code, answer.headers["Content-Length"]) == (200, str(len(content)))


def test_a_part_is_guarded_like_the_whole(ask, image):
    headers = ask(Range="bytes=0-1").headers
    assert (headers["X-Content-Type-Options"], headers["Content-Security-Policy"]) == ("nosniff", "sandbox")
    assert headers["Cache-Control"] == "private, no-store"
    assert headers["Content-Disposition"] == f'attachment; filename="{image.pk}.png"'


def test_research_gets_parts_of_the_copy_under_its_own_tag(image, researcher, client_of):
    image.change(research_sha256="f" * 64)
    answer = client_of(researcher).get(reverse("image-file", kwargs={"pk": image.pk}), headers={"Range": "bytes=0-3"})
    assert (answer.status_code, answer.headers["ETag"]) == (206, f'"{"f" * 64}"') and len(read(answer).body) == 4


def test_a_file_is_read_piece_by_piece(ask, image, monkeypatch):
    asked = []
    storage = files.originals()
    opened = storage.stream

    def watched(*where):
        part = opened(*where)
        read = part.read
        part.read = lambda size=-1: asked.append(size) or read(size)
        return part

    monkeypatch.setattr(storage, "stream", watched)
    ask()
    assert asked and all(0 < size <= 65536 for size in asked)
