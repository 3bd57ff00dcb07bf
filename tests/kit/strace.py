"""System calls of a command and its children, in order, with paths in place of descriptors."""

import re
import shutil
import subprocess
from pathlib import Path

from tests.kit.installation import ROOT
from tests.kit.needs import STRACE, need

CALLS = "open,openat,mkdir,mkdirat,write,pwrite64,fsync,fdatasync,link,linkat,rename,renameat,renameat2"


def calls_of(command: list[str], log: Path, environment: dict[str, str]) -> list[str]:
    strace = shutil.which("strace")
    need(strace, STRACE)
    traced = [strace, "-f", "-y", "--seccomp-bpf", "-s", "0", "-e", f"trace={CALLS}", "-o", str(log), *command]
    subprocess.run(traced, cwd=ROOT, env=environment, check=True, timeout=300, stdout=subprocess.DEVNULL)
    return joined(log.read_text().splitlines())


def joined(lines: list[str]) -> list[str]:
    """Join calls that strace broke in two because another process came between; they stand where they ended."""
    begun, calls = {}, []
    for line in lines:
        process, call = line.split(maxsplit=1)
        if call.endswith("<unfinished ...>"):
            begun[process] = call.removesuffix("<unfinished ...>").strip()
        elif resumed := re.match(r"<\.\.\. \w+ resumed>(.*)", call):
            calls.append(begun.pop(process, "") + resumed[1])
        else:
            calls.append(call)
    return calls


def at(calls: list[str], pattern: str) -> list[int]:
    return [number for number, call in enumerate(calls) if re.match(pattern, call)]
