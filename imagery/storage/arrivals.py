"""Where files arrive: a folder for each process, so that whoever starts later can tell the dead from the living.

    .incoming/<id>/      what is arriving in one process, and marks of what it is about to keep
    .incoming/<id>.lock  locked (flock(2)) for as long as that process lives: the system lets go, however it ends

A mark is an empty file, named for an image and for what one of its files is called. It is there before the file takes
its place and goes when the row is certain to be there, or not to be. So whoever clears up after a crash looks at a
handful of marks, however many millions of files there are.
"""

import atexit
import fcntl
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote
from uuid import UUID

from core.actions import UNCERTAIN
from core.models import new_id

MARK = "under-way"


@dataclass(frozen=True)
class Mark:
    """A file of an image that was under way when its process died."""

    image: UUID
    name: str  # in its storage


@dataclass(frozen=True)
class Own:
    """This process's folder of arrivals, and the descriptor that holds its lock."""

    folder: Path
    lock: int


_own: dict[Path, Own] = {}
_making = threading.Lock()


def own(root: Path) -> Path:
    """This process's folder below a folder of arrivals; made when it is first asked for."""
    with _making:
        if root not in _own or not _own[root].folder.is_dir():
            _own[root] = _made(root)
        return _own[root].folder


def _made(root: Path) -> Own:
    """Locked before the folder is there: no folder is ever seen without whoever it belongs to."""
    folder = root / new_id().hex
    lock = os.open(_lock_of(folder), os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    folder.mkdir(mode=0o700)
    return Own(folder, lock)


def _lock_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.lock")


@contextmanager
def marked(folder: Path, image: UUID, name: str) -> Iterator[None]:
    """While this lasts, a crash leaves word of what was under way; so does an end of which nobody knows which it was.
    That word is read once this process is gone.
    """
    mark = folder / f"{MARK} {image.hex} {quote(name, safe='')}"
    mark.touch(mode=0o600)
    known = True
    try:
        yield
    except UNCERTAIN:
        known = False
        raise
    finally:
        if known:
            mark.unlink(missing_ok=True)


@contextmanager
def dead(root: Path) -> Iterator[list[Path]]:
    """The folders of processes that are no more. They are held, so that nobody else clears them up at once."""
    held: list[int] = []
    try:
        yield [folder for folder in sorted(root.iterdir()) if _is_dead(folder, held) and folder.is_dir()]
    finally:
        for lock in held:
            os.close(lock)


def _is_dead(folder: Path, held: list[int]) -> bool:
    """Whether its lock can be had; it is then held. A folder without a lock is nobody's we know: it is left alone."""
    try:
        lock = os.open(_lock_of(folder), os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return False
    held.append(lock)
    return True


def is_mark(path: Path) -> bool:
    return path.name.startswith(f"{MARK} ")


def marks(folder: Path) -> list[Mark]:
    """What was under way in a process."""
    told = (path.name.split(" ") for path in sorted(folder.iterdir()) if is_mark(path))
    return [Mark(UUID(hex=image), unquote(name)) for _, image, name in told]


def removed(folder: Path) -> None:
    """Take away what never arrived, as its process would have done had its request failed. What stays keeps its lock,
    by which the next start finds it. Raises `OSError`.
    """
    shutil.rmtree(folder)
    _lock_of(folder).unlink(missing_ok=True)


def _leave() -> None:
    """At the end of a process: its folders, unless something is left in them."""
    for mine in _own.values():
        with suppress(OSError):
            mine.folder.rmdir()
            _lock_of(mine.folder).unlink()


def _after_fork() -> None:
    """What arrives in a child arrives in a folder of its own; it must not hold its parent's lock."""
    global _making
    _making = threading.Lock()
    for parents in _own.values():
        os.close(parents.lock)
    _own.clear()


atexit.register(_leave)
os.register_at_fork(after_in_child=_after_fork)
