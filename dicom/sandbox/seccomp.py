"""What the process that reads files gives up before it sees the first one. There is no way back.

On every system: memory, core dumps, written bytes and open files are limited (setrlimit), and processor time per file
is counted by a timer that kills. On Linux with x86-64 the kernel also refuses every system call that is not listed
below (seccomp): no file can be opened, no socket made, no process started, nobody signalled. Elsewhere that last
guarantee is missing, and only Python's own sockets are gone.

What is left to a file that takes this process over: to lie about itself, and to see or spoil the files that come after
it, until the process is replaced. The parent believes no answer unseen (`facts`, `reasons`).
"""

import ctypes
import platform
import resource
import signal
import socket
import struct
import sys
from collections.abc import Mapping
from typing import Any

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
    """Give everything up. Raises `OSError` if the system does not let us: then no file must be read."""
    resource.setrlimit(resource.RLIMIT_AS, (limits.address_space, limits.address_space))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    keep_to(SYSTEM_CALLS)


def keep_to(calls: Mapping[str, int]) -> None:
    """Give up every other system call. Raises `OSError` if the system does not let us."""
    if sys.platform == "linux" and platform.machine() == "x86_64":
        _filter_system_calls(program(calls))
    else:
        socket.socket = socket.create_connection = _refuse  # type: ignore[assignment,misc]


def end_with_parent() -> None:
    """Whoever started this process takes it along, even one that sleeps. On Linux alone; once caged, for good."""
    if sys.platform == "linux" and ctypes.CDLL(None).prctl(SIGNAL_AT_PARENTS_DEATH, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError("the system does not let this process end with its parent")


def start_clock(limits: Limits) -> None:
    """From now on, so many seconds of processor time kill this process (SIGPROF, not caught)."""
    signal.setitimer(signal.ITIMER_PROF, limits.cpu)


def stop_clock() -> None:
    signal.setitimer(signal.ITIMER_PROF, 0)


def program(listed: Mapping[str, int]) -> bytes:
    """The filter: right architecture, no x32, a listed call, else EPERM. It reads `struct seccomp_data`."""
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


def _filter_system_calls(steps: bytes) -> None:
    filter = _Program(len(steps) // 8, steps)
    libc = ctypes.CDLL(None, use_errno=True)
    given_up = libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0
    if not given_up or libc.syscall(SECCOMP, FILTER, ALL_THREADS, ctypes.byref(filter)) != 0:
        raise OSError(ctypes.get_errno(), "the system does not let this process give up its rights")


def _refuse(*_: Any, **__: Any) -> Any:
    raise OSError("no network here")
