"""Static files: a deployment never serves stale ones."""

from contextlib import closing

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from whitenoise.middleware import WhiteNoiseMiddleware

from events.middleware import RecordRequests
from events.models import Event
from harrison.management.commands import serve


@pytest.fixture
def assets(tmp_path, settings):
    """A folder of static files, and where production collects them."""
    settings.STATICFILES_DIRS, settings.STATIC_ROOT = [tmp_path / "assets"], tmp_path / "static"
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    hashed = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": hashed}
    settings.WHITENOISE_USE_FINDERS = False
    for folder in ("assets", "static"):
        (tmp_path / folder).mkdir()
    return tmp_path / "assets"


def deployed(assets, content):
    """The name under which a style sheet with this content is served."""
    (assets / "page.css").write_text(content)
    serve.collect_static(assets.parent / "static")
    staticfiles_storage.hashed_files = staticfiles_storage.load_manifest()[0]
    return staticfiles_storage.stored_name("page.css")


def test_a_changed_asset_has_another_name_and_old_pages_keep_theirs(assets, rf):
    old, new = deployed(assets, "a { color: red }"), deployed(assets, "a { color: blue }")
    server = WhiteNoiseMiddleware(lambda request: None)
    before, after = (server(rf.get(f"/static/{name}")) for name in (old, new))
    with closing(before), closing(after):
        assert old != new and b"red" in b"".join(before) and b"blue" in b"".join(after)
    assert "immutable" in after.headers["Cache-Control"]


def test_a_static_file_leaves_no_event(assets, rf, db):
    name = deployed(assets, "a { color: red }")
    recorded = RecordRequests(WhiteNoiseMiddleware(lambda request: None))
    with closing(recorded(rf.get(f"/static/{name}"))) as answer:
        assert answer.status_code == 200 and answer.headers["X-Request-ID"]
    assert not Event.objects.exists()
