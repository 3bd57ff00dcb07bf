"""The rights that a child process gives up for good before it sees an untrusted file.

On every system, setrlimit bounds memory, written bytes, core dumps and open files, and a timer of processor time kills
the process. On Linux with x86-64, the kernel also refuses every system call that is not listed below (seccomp): the
process can open no file, make no socket, start no process and signal nobody. On other systems that last protection is
missing, and only Python's own sockets are removed.

A file that takes the process over can still lie about itself. So the parent checks every reply against a schema, and a
process handles one file in its life.
"""

import ctypes
import platform
import resource
import signal
import socket
import struct
import sys
from collections.abc import Mapping
from typing import NoReturn

from dicom.limits import Limits

OPEN_FILES = 16
SYSTEM_CALLS = {  # numbers of x86-64
    "read": 0, "write": 1, "close": 3, "fstat": 5, "poll": 7, "lseek": 8, "pread64": 17, "readv": 19, "writev": 20,
    "newfstatat": 262,
    "mmap": 9, "mprotect": 10, "munmap": 11, "brk": 12, "mremap": 25, "madvise": 28,
    "sendto": 44, "recvfrom": 45, "recvmsg": 47,
    "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "sigaltstack": 131, "setitimer": 38,
    "sched_yield": 24, "futex": 202, "sched_getaffinity": 204, "rseq": 334, "restart_syscall": 219,
    "getpid": 39, "gettid": 186, "getrusage": 98, "sysinfo": 99, "clock_gettime": 228, "getrandom": 318,
    "exit": 60, "exit_group": 231,
}  # fmt: skip
X86_64 = 0xC000003E  # AUDIT_ARCH_X86_64
LOAD, JUMP_IF_EQUAL, JUMP_IF_AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06  # classic BPF
KILL, REFUSE, ALLOW = 0x80000000, 0x00050001, 0x7FFF0000  # the process dies; EPERM; go on
X32 = 0x40000000  # calls of the x32 ABI carry this bit
NO_NEW_PRIVILEGES, SIGNAL_AT_PARENTS_DEATH = 38, 1  # prctl
SECCOMP, FILTER, ALL_THREADS = 317, 1, 1  # the system call, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC


def lock(limits: Limits) -> None:
    """Give up every right that reading a file does not need. Raises `OSError` if the system refuses."""
    resource.setrlimit(resource.RLIMIT_AS, (limits.address_space, limits.address_space))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.written, limits.written))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    if sys.platform == "linux" and platform.machine() == "x86_64":
        _install_filter(filter_program(SYSTEM_CALLS))
    else:
        socket.socket = socket.create_connection = _refuse_network  # type: ignore[assignment,misc]  # no filter here


def end_with_parent() -> None:
    """Have the kernel kill this process when its parent ends. Linux only; call it before `lock`."""
    if sys.platform == "linux" and ctypes.CDLL(None).prctl(SIGNAL_AT_PARENTS_DEATH, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError("the system does not let this process end with its parent")


def start_clock(seconds: float) -> None:
    """Kill this process once it has used so many seconds of processor time from now on (SIGPROF, not caught)."""
    signal.setitimer(signal.ITIMER_PROF, seconds)


def stop_clock() -> None:
    """Cancel `start_clock`."""
    signal.setitimer(signal.ITIMER_PROF, 0)


def filter_program(listed: Mapping[str, int]) -> bytes:
    """Build the BPF filter over `struct seccomp_data`: another architecture dies, an unlisted call gets EPERM."""
    calls = sorted(listed.values())
    steps = [
        (LOAD, 0, 0, 4),  # architecture
        (JUMP_IF_EQUAL, 1, 0, X86_64),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, 0),  # number of the call
        (JUMP_IF_AT_LEAST, len(calls), 0, X32),
        *((JUMP_IF_EQUAL, len(calls) - at, 0, call) for at, call in enumerate(calls)),
        (RETURN, 0, 0, REFUSE),
        (RETURN, 0, 0, ALLOW),
    ]
    return b"".join(struct.pack("HBBI", *step) for step in steps)


class _Program(ctypes.Structure):
    """`struct sock_fprog`."""

    _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_char_p)]


def _install_filter(steps: bytes) -> None:
    filter = _Program(len(steps) // 8, steps)
    libc = ctypes.CDLL(None, use_errno=True)
    given_up = libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0
    if not given_up or libc.syscall(SECCOMP, FILTER, ALL_THREADS, ctypes.byref(filter)) != 0:
        raise OSError(ctypes.get_errno(), "the system does not let this process give up its rights")


def _refuse_network(*_: object, **__: object) -> NoReturn:
    raise OSError("this process has no network")
