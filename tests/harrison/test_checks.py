"""`check --deploy` finds what is wrong where Harrison is deployed. Each finding has an id and a hint."""

import re

import pytest

from harrison import checks
from tests.kit.commands import start

SQLITE, POSTGRESQL = "django.db.backends.sqlite3", "django.db.backends.postgresql"
DISK, BUCKET = {"OPTIONS": {"location": "/srv"}}, {"OPTIONS": {"location": "originals", "bucket_name": "harrison"}}
HTTP, HTTPS = ({"OPTIONS": {"endpoint_url": f"{scheme}://store"}} for scheme in ("http", "https"))


def storages(originals, research):
    return {"originals": originals, "research": research}


def databases(engine):
    return {"default": {"ENGINE": engine}}


CASES = [
    (checks.check_debug_is_off, {"DEBUG": True}, "harrison.E001"),
    (checks.check_allowed_hosts, {"ALLOWED_HOSTS": ["*"]}, "harrison.E002"),
    (checks.check_allowed_hosts, {"ALLOWED_HOSTS": ["localhost"]}, "harrison.W001"),
    (checks.check_allowed_hosts, {"ALLOWED_HOSTS": ["harrison.example"]}, ""),
    (checks.check_is_production, {"PRODUCTION": False}, "harrison.W002"),
    (checks.check_is_production, {"PRODUCTION": True}, ""),
    (checks.check_instances_share_database, {"INSTANCES": 1, "DATABASES": databases(SQLITE)}, ""),
    (checks.check_instances_share_database, {"INSTANCES": 2, "DATABASES": databases(SQLITE)}, "harrison.E006"),
    (checks.check_instances_share_database, {"INSTANCES": 2, "DATABASES": databases(POSTGRESQL)}, ""),
    (checks.check_instances_share_storage, {"INSTANCES": 1, "STORAGES": storages(DISK, DISK)}, ""),
    (checks.check_instances_share_storage, {"INSTANCES": 2, "STORAGES": storages(DISK, DISK)}, "harrison.E007"),
    (checks.check_instances_share_storage, {"INSTANCES": 2, "STORAGES": storages(BUCKET, DISK)}, "harrison.E007"),
    (checks.check_instances_share_storage, {"INSTANCES": 2, "STORAGES": storages(BUCKET, BUCKET)}, ""),
    (checks.check_s3_is_encrypted, {"STORAGES": storages(DISK, DISK)}, ""),
    (checks.check_s3_is_encrypted, {"STORAGES": storages(HTTPS, HTTPS)}, ""),
    (checks.check_s3_is_encrypted, {"STORAGES": storages(HTTPS, HTTP)}, "harrison.W003"),
    (checks.check_s3_is_encrypted, {"STORAGES": storages(HTTP, HTTP), "S3_UNENCRYPTED_ALLOWED": True}, ""),
]


@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
def test_each_check_finds_what_it_is_for_and_nothing_else(settings):
    wrong = []
    for check, values, expected in CASES:
        settings.S3_UNENCRYPTED_ALLOWED = False
        for name, value in values.items():
            setattr(settings, name, value)
        found = [finding.id for finding in check()]
        wrong += [] if found == ([expected] if expected else []) else [(check.__name__, values, found)]
    assert wrong == []


def test_a_python_that_parses_cookies_slowly_is_named(monkeypatch):
    for version, expected in [((3, 11, 9), ["harrison.I001"]), ((3, 11, 10), [])]:
        monkeypatch.setattr("sys.version_info", version)
        assert [finding.id for finding in checks.check_python_version()] == expected


SECRETS = {
    "HARRISON_SECRET_KEY": (checks.check_secret_key, {"SECRET_KEY": "generated"}, "harrison.E003"),
    "HARRISON_IDENTITY_KEYS": (checks.check_identity_keys, {"IDENTITY_KEYS": ["generated"]}, "harrison.E004"),
    "HARRISON_PROJECT_KEY": (checks.check_project_key, {"PROJECT_KEY": b"generated"}, "harrison.E005"),
}


def test_a_secret_that_was_generated_for_a_trial_is_found(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    for name, (check, values, id) in SECRETS.items():
        for setting, value in values.items():
            setattr(settings, setting, value)
        assert check() == []
        (tmp_path / name.lower()).write_text("of an earlier trial\n")
        assert check() == []
        (tmp_path / name.lower()).write_text("generated\n")
        assert [finding.id for finding in check()] == [id]


PRODUCTION = {
    "HARRISON_PRODUCTION": "true",
    "HARRISON_ALLOWED_HOSTS": "harrison.example",
    **{name: f"{name} in a test, long enough and used nowhere else: 0123456789" for name in SECRETS},
}


def findings(output: str) -> list[str]:
    """Return the ids of the errors and warnings that have a hint."""
    return sorted(re.findall(r"\((harrison\.[EW]\d{3})\) .*\n\tHINT: \S", output))


def test_a_careful_deployment_has_no_warning_and_a_careless_one_sees_all_at_once(tmp_path):
    checked = start(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert checked.returncode == 0 and findings(checked.stderr) == [], checked.stderr
    careless = {"HARRISON_DEBUG": "true", "HARRISON_ALLOWED_HOSTS": "*", "HARRISON_INSTANCES": "2"}
    output = start(tmp_path, "check", "--deploy", **careless).stderr
    assert findings(output) == [*(f"harrison.E00{number}" for number in range(1, 8)), "harrison.W002"]


def test_a_bucket_without_encryption_on_the_way_is_found(tmp_path):
    bucket = {"STORAGE": "s3", "S3_ENDPOINT": "http://store", "S3_BUCKET": "harrison", "S3_REGION": "here"}
    bucket |= {"S3_ACCESS_KEY": "harrison", "S3_SECRET_KEY": "a secret"}
    own = {f"HARRISON_{name}": value for name, value in bucket.items()}
    assert findings(start(tmp_path, "check", "--deploy", **PRODUCTION, **own).stderr) == ["harrison.W003"]
