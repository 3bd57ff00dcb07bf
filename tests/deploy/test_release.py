"""A release on AWS, and what a pipeline pushes, against a stand-in for AWS and for the engine."""

import json
import os
import re

import pytest

from tests.deploy.test_deployment import DEPLOY, run
from tests.kit import terraform

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
*describe-target-health*blue*) echo "${BLUE_IS_WELL:-2}" ;;
*describe-target-health*green*) echo "${GREEN_IS_WELL:-2}" ;;
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
            "INSTANCES": "3",
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
        "elbv2 wait",
    ]


def test_a_release_starts_as_many_as_terraform_says(release):
    release("start", IMAGE)
    assert "--service green" in (release.folder / "log").read_text()
    assert "--desired-count 3" in (release.folder / "log").read_text()
    (told,) = (block["release"]["value"] for block in terraform.parsed()["output"] if "release" in block)
    assert told["INSTANCES"] == "${tostring(var.instances)}"


def test_a_release_that_is_not_told_how_many_starts_nothing(release):
    done, calls, _ = release("start", IMAGE, INSTANCES="")
    assert done.returncode != 0 and "ecs update-service" not in calls


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


@pytest.mark.parametrize(("well", "needed"), [("0", "2"), ("1", "2"), ("0", "0")])
def test_nobody_is_sent_to_a_colour_with_fewer_healthy_instances(well, needed, release):
    done, calls, live = release("switch", GREEN_IS_WELL=well, BLUE_IS_WELL=needed)
    assert done.returncode == 1 and "elbv2 modify-listener" not in calls and live == "blue"


def test_a_live_colour_that_is_down_is_left_for_one_that_is_well(release):
    assert release("switch", GREEN_IS_WELL="1", BLUE_IS_WELL="0")[2] == "green"


def test_to_finish_stops_the_idle_colour(release):
    release("switch")
    release("finish")
    assert re.search("update-service .*--service blue --desired-count 0", (release.folder / "log").read_text())


def test_the_smoke_test_fails_where_nobody_answers():
    assert run(DEPLOY / "smoke", "http://127.0.0.1:9").returncode != 0


# --- The image ------------------------------------------------------------------------------------------------------

ECR = """#!/bin/sh
echo "$(basename "$0") $*" >> "$LOG"
case "$*" in
*describe-images*) [ -e "$STATE/pushed" ] && echo sha256:2 ;;
push*) touch "$STATE/pushed" ;;
esac
"""


@pytest.fixture
def push(tmp_path):
    """`push()` pushes to a registry that keeps it; the image's name, and what was called."""
    for program in ("aws", "docker"):
        (tmp_path / program).write_text(ECR)
        (tmp_path / program).chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "LOG": str(tmp_path / "log"), "STATE": str(tmp_path)}

    def pushed():
        (tmp_path / "log").write_text("")
        done = run(DEPLOY / "push", "registry.example/harrison", "abc", env={**os.environ, **environment})
        assert done.returncode == 0, done.stderr
        return done.stdout.strip(), (tmp_path / "log").read_text()

    return pushed


def test_an_image_is_pushed_under_its_commit_and_named_by_its_digest(push):
    name, calls = push()
    assert name == "registry.example/harrison@sha256:2"
    assert "docker push --quiet registry.example/harrison:abc" in calls


def test_a_pipeline_that_runs_again_pushes_nothing_and_names_the_same(push):
    first, (again, calls) = push()[0], push()
    assert again == first and "docker push" not in calls
