"""After a crash: what had come to nothing is out of the way before anybody is answered.

Whoever dies in the middle of an upload leaves half a file, or whole files whose row was never written; whoever dies
after a new copy took an old one's place leaves the old one; whoever loses the answer to a COMMIT leaves whatever it was
about. `imagery.storage.arrivals` keeps word of what each process has under way. Here the word of dead processes is
read, so that a start looks at what was in hand and at nothing else.
What lives in other processes is theirs. After a power cut that lost the word too, `reconcile_files` finds the files.
"""

import logging
from collections.abc import Iterator

from django.db import DatabaseError, connection, transaction

from core.exceptions import DependencyDown
from imagery import files
from imagery.models import Image
from imagery.storage import Storage, arrivals
from imagery.storage.arrivals import Mark

logger = logging.getLogger(__name__)

PATIENCE = "5s"  # for what a dead process asked of PostgreSQL and what is still being done


def clear_up() -> None:
    """Clear up after processes that died. What cannot be done now is done by the next start."""
    try:
        for storage, field in ((files.originals(), "original"), (files.research_copies(), "research")):
            for name in cleared(storage, field):
                logger.warning("a crash left %s without a row: it is in lost+found now", name)
    except (DatabaseError, OSError, DependencyDown, ValueError):
        logger.exception("what a crash left behind cannot be cleared up now")


def before_serving() -> None:
    """Clear up, and take no connection along into the processes that answer: they are forks of this one."""
    clear_up()
    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's alone


def cleared(storage: Storage, field: str) -> Iterator[str]:
    """Set aside what no image's `field` names, and forget what never arrived whole. Gives the names of the first."""
    with arrivals.dead(storage.arrivals()) as folders:
        for folder in folders:
            for name in without_row(arrivals.marks(folder), field):
                if storage.exists(name):
                    storage.set_aside(name)
                    yield name
            arrivals.removed(folder)


def without_row(marks: list[Mark], field: str) -> list[str]:
    """Those of which no row has come, and none can come any more."""
    if not marks:
        return []
    with transaction.atomic():
        wait_for_the_dead()
        rows = Image.objects.filter(pk__in={mark.image for mark in marks}).values_list("pk", field)
        held = set(rows)
    return [mark.name for mark in marks if (mark.image, mark.name) not in held]


def wait_for_the_dead() -> None:
    """PostgreSQL may still be about to commit what a process asked for before it died; this lock comes after that.

    SQLite lives in its processes and dies with them.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
            cursor.execute(f"LOCK TABLE {connection.ops.quote_name(Image._meta.db_table)} IN SHARE MODE")
