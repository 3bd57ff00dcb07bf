"""A client that a common generator makes of the schema works: it imports, logs in, and lists images."""

import importlib
import json
import pkgutil
import subprocess
import sys

import httpx
import pytest
from django.urls import reverse

from harrison.wsgi import application
from tests.kit import factories as make
from tests.kit.wsgi import shared_connection

NAME = "harrison_client"


@pytest.fixture
def client(api, tmp_path, monkeypatch):
    """Return the generated package."""
    (tmp_path / "schema.json").write_text(json.dumps(api.get(reverse("schema")).json()))
    (tmp_path / "config.yml").write_text("post_hooks: []")
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta=none", f"--output-path={NAME}",
               "--path=schema.json", "--config=config.yml"]  # fmt: skip
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module(NAME)
    for module in [name for name in sys.modules if name.partition(".")[0] == NAME]:
        del sys.modules[module]


def test_a_generated_client_imports_logs_in_and_lists_images(client, doctor, image):
    modules = {
        module.name: importlib.import_module(module.name)
        for module in pkgutil.walk_packages(client.__path__, f"{NAME}.")
    }
    api = f"{NAME}.api"
    options = {"base_url": "http://localhost", "httpx_args": {"transport": httpx.WSGITransport(application)}}
    credentials = modules[f"{NAME}.models"].LoginRequest(doctor.username, make.PASSWORD)
    with shared_connection():
        session = modules[f"{api}.auth.login"].sync(client=client.Client(**options), body=credentials)
        signed_in = client.AuthenticatedClient(token=session.token, prefix="Token", **options)
        images = modules[f"{api}.images.images_list"].sync(client=signed_in).results
        shown = modules[f"{api}.images.images_retrieve"].sync(image.pk, client=signed_in)
    assert [row.id for row in images] == [shown.id] == [image.pk]
    assert shown.owner.username == doctor.username
