"""What `check --deploy` finds where Harrison is deployed: each finding has an id and says its mend."""

import re

import pytest

from harrison import checks
from tests.kit.commands import start


def test_debug_is_an_error_where_it_is_deployed(settings):
    settings.DEBUG = True
    assert [found.id for found in checks.check_debug_is_off()] == ["harrison.E001"]


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        (["*"], ["harrison.E002"]),
        (["localhost"], ["harrison.W001"]),
        (["harrison.example"], []),
    ],
)
def test_a_deployment_answers_to_its_own_names(hosts, expected, settings):
    settings.ALLOWED_HOSTS = hosts
    assert [found.id for found in checks.check_allowed_hosts()] == expected


@pytest.mark.parametrize(("production", "expected"), [(True, []), (False, ["harrison.W002"])])
def test_a_trial_is_not_a_deployment(production, expected, settings):
    settings.PRODUCTION = production
    assert [found.id for found in checks.check_is_production()] == expected


SECRETS = {
    "HARRISON_SECRET_KEY": ("SECRET_KEY", checks.check_secret_key, "harrison.E003"),
    "HARRISON_IDENTITY_KEYS": ("IDENTITY_KEYS", checks.check_identity_keys, "harrison.E004"),
    "HARRISON_PROJECT_KEY": ("PROJECT_KEY", checks.check_project_key, "harrison.E005"),
}
MADE, TOLD = "made by itself", "told by its operator"


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("kept", [MADE, TOLD, None])
def test_a_deployment_has_secrets_of_its_own(name, kept, settings, tmp_path):
    setting, rule, id = SECRETS[name]
    in_use = {"SECRET_KEY": MADE, "IDENTITY_KEYS": [MADE], "PROJECT_KEY": MADE.encode()}[setting]
    settings.DATA_DIR = tmp_path
    setattr(settings, setting, in_use)
    if kept:
        (tmp_path / name.lower()).write_text(f"{kept}\n")
    assert [found.id for found in rule()] == ([id] if kept == MADE else [])


SQLITE, POSTGRESQL = "django.db.backends.sqlite3", "django.db.backends.postgresql"


@pytest.mark.parametrize(
    ("instances", "engine", "expected"),
    [(1, SQLITE, []), (2, SQLITE, ["harrison.E006"]), (1, POSTGRESQL, []), (2, POSTGRESQL, [])],
)
def test_instances_share_a_database(instances, engine, expected, settings, monkeypatch):
    settings.INSTANCES = instances
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", engine)
    assert [found.id for found in checks.check_instances_share_database()] == expected


DISK, BUCKET = {"OPTIONS": {"location": "/srv"}}, {"OPTIONS": {"location": "originals", "bucket_name": "harrison"}}


@pytest.mark.parametrize(
    ("instances", "originals", "research", "expected"),
    [
        (1, DISK, DISK, []),
        (2, DISK, DISK, ["harrison.E007"]),
        (2, BUCKET, DISK, ["harrison.E007"]),
        (2, BUCKET, BUCKET, []),
    ],
)
def test_instances_share_their_storage(instances, originals, research, expected, settings):
    settings.INSTANCES, settings.STORAGES = instances, {"originals": originals, "research": research}
    assert [found.id for found in checks.check_instances_share_storage()] == expected


CLEAR, ENCRYPTED = ({"OPTIONS": {"endpoint_url": f"{scheme}://store"}} for scheme in ("http", "https"))


@pytest.mark.parametrize(
    ("originals", "research", "guarded", "expected"),
    [
        (DISK, DISK, False, []),
        (ENCRYPTED, ENCRYPTED, False, []),
        (ENCRYPTED, CLEAR, False, ["harrison.W003"]),
        (CLEAR, CLEAR, True, []),
    ],
)
def test_images_travel_encrypted_or_on_a_guarded_way(originals, research, guarded, expected, settings):
    settings.STORAGES = {"originals": originals, "research": research}
    settings.S3_UNENCRYPTED_ALLOWED = guarded
    assert [found.id for found in checks.check_s3_is_encrypted()] == expected


PRODUCTION = {
    "HARRISON_PRODUCTION": "true",
    "HARRISON_ALLOWED_HOSTS": "harrison.example",
    **{name: f"{name} in a test, long enough and used nowhere else: 0123456789" for name in SECRETS},
}


def test_production_has_no_warnings(tmp_path):
    checked = start(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert checked.returncode == 0, checked.stderr


def test_a_careless_deployment_is_told_everything_at_once_with_its_mend(tmp_path):
    careless = {"HARRISON_DEBUG": "true", "HARRISON_ALLOWED_HOSTS": "*", "HARRISON_INSTANCES": "2"}
    told = start(tmp_path, "check", "--deploy", **careless).stderr
    assert findings(told) == [*(f"harrison.E00{number}" for number in range(1, 8)), "harrison.W002"]


def test_a_deployment_with_its_bucket_in_the_clear_is_told_so(tmp_path):
    bucket = {"STORAGE": "s3", "S3_ENDPOINT": "http://store", "S3_BUCKET": "harrison", "S3_REGION": "here"}
    bucket |= {"S3_ACCESS_KEY": "harrison", "S3_SECRET_KEY": "a secret"}
    told = start(tmp_path, "check", "--deploy", **PRODUCTION, **{f"HARRISON_{name}": bucket[name] for name in bucket})
    assert findings(told.stderr) == ["harrison.W003"]


def findings(told):
    """The ids of what is told with a mend."""
    return sorted(re.findall(r"\((harrison\.[EW]\d{3})\) .*\n\tHINT: \S", told))


@pytest.mark.parametrize(("version", "expected"), [((3, 11, 9), ["harrison.I001"]), ((3, 11, 10), [])])
def test_a_python_that_parses_cookies_slowly_is_named(version, expected, monkeypatch):
    monkeypatch.setattr("sys.version_info", version)
    assert [found.id for found in checks.check_python_version()] == expected
