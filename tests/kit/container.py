"""Runs the steps of deploy/Dockerfile as they stand, in empty folders, where there is no container engine.

    unshare --mount --pid --fork --mount-proc --kill-child python -m tests.kit.container FOLDER

Each stage is this machine's own files seen through an overlay: what a step writes goes to an empty folder of its own,
and the project's folder is not there. The machine stands in for the base image, which is Debian with Python 3.11 too.
Needs root, for mounting. What the container did is printed as JSON.
"""

import ctypes
import fcntl
import http.client
import json
import os
import re
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from pydicom.data import get_testdata_file

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy" / "Dockerfile"
# How the machine reaches its package registries: for an engine these would be arguments of the build.
HANDED_ON = re.compile(r"PIP_|SSL_|REQUESTS_|\w+_proxy$", re.IGNORECASE)
CLONE_NEWNET = 0x40000000
SECRETS = ("HARRISON_SECRET_KEY", "HARRISON_PROJECT_KEY", "HARRISON_IDENTITY_KEYS")
ABOUT = {"Host": "harrison.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}


def steps(dockerfile: str) -> list[tuple[str, str]]:
    """Instructions and what stands behind them, in order; lines that go on are joined, comments are left out."""
    lines = [line for line in dockerfile.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [tuple(line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]  # type: ignore[misc]


@dataclass
class Stage:
    """One FROM: its files, and what its instructions have set."""

    root: Path
    env: dict[str, str] = field(default_factory=lambda: {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"})
    folder: str = "/"
    user: str = "0:0"
    told: dict[str, str] = field(default_factory=dict)  # what is for whoever runs the image

    def command(self, command: Sequence[str], **more: str) -> list[str]:
        """How to run something inside, as the image says."""
        told = [f"{name}={value}" for name, value in {**self.env, **more}.items()]
        where = ["chroot", f"--userspec={self.user}", "--groups=", str(self.root)]
        return [*where, "env", "-i", f"--chdir={self.folder}", *told, "setpriv", "--no-new-privs", *command]

    def place(self, name: str) -> Path:
        return self.root / os.path.join(self.folder, name).lstrip("/")


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def begin(folder: Path) -> Stage:
    """An overlay of this machine: python where the base image has it, and this project nowhere."""
    for part in ("written", "work", "root"):
        (folder / part).mkdir(parents=True)
    root = folder / "root"
    layers = f"lowerdir=/,upperdir={folder / 'written'},workdir={folder / 'work'}"
    mount("-t", "overlay", "overlay", "-o", layers, str(root))
    for system in ("dev", "sys"):
        mount("--rbind", f"/{system}", str(root / system))
    mount("-t", "proc", "proc", str(root / "proc"))
    mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", str(root / "tmp"))
    hidden = root / ROOT.relative_to("/")
    hidden.mkdir(parents=True, exist_ok=True)  # where the project lies below /tmp, that is empty by now
    mount("-t", "tmpfs", "tmpfs", str(hidden))
    python = Path(sys.executable).resolve()
    for above in python.parents[:-1]:
        (root / above.relative_to("/")).chmod(0o755)
    script(root / "usr/local/bin/python", f'exec {python} "$@"')
    script(root / "usr/sbin/policy-rc.d", "exit 101")  # as in Debian's images: packages start nothing
    return Stage(root)


def script(place: Path, line: str) -> None:
    place.unlink(missing_ok=True)
    place.write_text(f"#!/bin/sh\n{line}\n")
    place.chmod(0o755)


def build(folder: Path) -> Stage:
    """Every step of the Dockerfile; the last stage."""
    stages: dict[str, Stage] = {}
    for instruction, rest in steps(DOCKERFILE.read_text()):
        if instruction == "FROM":
            stage = stages[rest.partition(" AS ")[2] or "last"] = begin(folder / f"stage-{len(stages)}")
        else:
            do(instruction, rest, stage, stages)
    return stages["last"]


def do(instruction: str, rest: str, stage: Stage, stages: dict[str, Stage]) -> None:
    match instruction:
        case "ENV":
            stage.env |= dict(pair.split("=", 1) for pair in shlex.split(rest))
        case "WORKDIR":
            stage.folder = rest
            stage.place(".").mkdir(parents=True, exist_ok=True)
        case "USER":
            stage.user = rest
        case "COPY":
            copy(shlex.split(rest), stage, stages)
        case "RUN":
            handed = {name: value for name, value in os.environ.items() if HANDED_ON.match(name)}
            subprocess.run(stage.command(["sh", "-c", rest], HOME="/root", **handed), check=True, stdout=sys.stderr)
        case "ENTRYPOINT" | "CMD" | "HEALTHCHECK" | "VOLUME" | "EXPOSE":
            stage.told[instruction] = rest
        case _:
            raise NotImplementedError(instruction)


def copy(words: list[str], stage: Stage, stages: dict[str, Stage]) -> None:
    """COPY: a folder's contents go into the target, a file goes by its name."""
    source = ROOT
    if words[0].startswith("--from="):
        source = stages[words.pop(0).partition("=")[2]].root
    *names, target = words
    for name in names:
        origin, goal = source / name.lstrip("/"), stage.place(target)
        if origin.is_dir():
            shutil.copytree(origin, goal, symlinks=True, dirs_exist_ok=True, ignore=left_out(origin))
        else:
            shutil.copy2(origin, goal / Path(name).name if target.endswith("/") else goal)


def left_out(origin: Path) -> Any:
    """Of the project's folder what Dockerfile.dockerignore keeps away."""
    return shutil.ignore_patterns("__pycache__", "*.pyc") if origin.is_relative_to(ROOT) else None


# --- The image, run -------------------------------------------------------------------------------------------------


def furnish(stage: Stage, folder: Path) -> dict[str, str]:
    """What an engine gives: a read-only root, /tmp, the data volume, secrets as files. Returns the environment."""
    data, secrets = folder / "data", folder / "secrets"
    subprocess.run(["cp", "--archive", stage.place("/var/lib/harrison"), data], check=True)  # as a new volume begins
    secrets.mkdir()
    for name in SECRETS:
        (secrets / name).write_text(f"{name} of a container in a test, 0123456789 abcdefghijklmnopqrstuvwxyz")
    for inside, outside in {"/var/lib/harrison": data, "/run/secrets": secrets}.items():
        stage.place(inside).mkdir(parents=True, exist_ok=True)
        mount("--bind", str(outside), str(stage.place(inside)))
    mount("-o", "remount,ro", str(stage.root))
    files = {f"{name}_FILE": f"/run/secrets/{name}" for name in SECRETS}
    return files | {"HARRISON_ALLOWED_HOSTS": "harrison.example", "HARRISON_PROXIES": "1"}


def leave_the_network() -> None:
    """From here on there is a loopback of our own, and nothing else (unshare(2), SIOCSIFFLAGS with IFF_UP)."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "no network namespace")
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", 1))


def run(stage: Stage, environment: dict[str, str]) -> dict[str, Any]:
    """Start the container, use it, stop it, and tell what happened."""
    entry = json.loads(stage.told["ENTRYPOINT"])
    health = json.loads(stage.told["HEALTHCHECK"].partition("CMD ")[2])

    def done(*command: str) -> subprocess.CompletedProcess:
        return subprocess.run(stage.command(command, **environment), capture_output=True, text=True)

    told: dict[str, Any] = {"health before": done(*health).returncode}
    for step in (["migrate", "--verbosity", "0"], ["create_user_groups"], ["shell", "--no-imports", "-c", DOCTOR]):
        made = done(*entry, *step)
        assert made.returncode == 0, made.stdout + made.stderr
    checked = done(*entry, "check", "--deploy", "--fail-level", "WARNING")
    told["check"] = (checked.returncode, checked.stdout + checked.stderr)
    told["write to the root"] = done("touch", "/srv/harrison/manage.py").stderr
    with subprocess.Popen(stage.command([*entry, *json.loads(stage.told["CMD"])], **environment)) as server:
        deadline = time.monotonic() + 60
        while done(*health).returncode and time.monotonic() < deadline and server.poll() is None:
            time.sleep(0.2)
        told |= {
            "health": done(*health).returncode,
            "process": Path(f"/proc/{server.pid}/status").read_text(),
            "answers": use(stage),
        }
        server.send_signal(signal.SIGTERM)
        told["exit"] = server.wait(30)
    return told | {"health after": done(*health).returncode}


DOCTOR = """
from accounts.actions import register_user
register_user(by=None, username="doctor", password="correct horse battery", roles=["doctor"])
"""


def use(stage: Stage) -> dict[str, Any]:
    """What a client behind the proxy gets."""
    at, session = "http://127.0.0.1:8000", requests.Session()
    session.trust_env, session.headers = False, requests.structures.CaseInsensitiveDict(ABOUT)
    hashed = json.loads(stage.place("static/staticfiles.json").read_text())["paths"]["admin/css/base.css"]
    sheet = session.get(f"{at}/static/{hashed}")
    who = {"username": "doctor", "password": "correct horse battery"}
    token = session.post(f"{at}/api/v1/auth/login/", json=who).json()["token"]
    session.headers["Authorization"] = f"Token {token}"
    with open(str(get_testdata_file("CT_small.dcm", download=False)), "rb") as file:
        image = session.post(f"{at}/api/v1/images/", files={"file": file})
    smoke = [str(ROOT / "deploy" / "smoke"), at]
    for name, value in ABOUT.items():
        smoke += ["--header", f"{name}: {value}"]
    return {
        "smoke": subprocess.run(smoke, capture_output=True, text=True).stdout,
        "static": (hashed, sheet.status_code, sheet.headers.get("Cache-Control")),
        "plain": plain(),
        "upload": (image.status_code, image.json()),
    }


def plain() -> int:
    """The status of a request that did not come over HTTPS."""
    asked = http.client.HTTPConnection("127.0.0.1", 8000, timeout=5)
    asked.request("GET", "/api/v1/", headers={"Host": "harrison.example"})
    return asked.getresponse().status


def main(folder: Path) -> None:
    mount("--make-rprivate", "/")
    mount("-t", "tmpfs", "-o", "size=8g", "tmpfs", str(folder))
    stage = build(folder)
    environment = furnish(stage, folder)
    leave_the_network()
    sys.stdout.write(json.dumps(run(stage, environment)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
