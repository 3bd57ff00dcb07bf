"""What a process that serves changes of itself, and one that runs a command does not."""

import gc
import resource
from importlib import import_module

from django.conf import settings
from django.db.backends.signals import connection_created

from harrison import silence
from harrison.databases import set_statement_timeout

GARBAGE = 10_000  # objects made, and not freed by counting, before Python looks for cycles among the young; it says 700
DESCRIPTORS = 8192  # of one process: its connections, of which it takes some 1,000, and what it opens for them


def room_for_connections(wanted: int = DESCRIPTORS) -> None:
    """As many descriptors as wanted, or as the system allows: where they run out, nobody can be hung up on."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def prepare(hand: silence.InHand) -> None:
    """Once Django is there, and before the first request."""
    room_for_connections()
    connection_created.connect(set_statement_timeout)
    import_module("harrison.warming").after_the_first_answer()  # it needs Django to be there
    import_module(settings.ROOT_URLCONF)  # every view, now rather than with the first request
    silence.heed(hand, silence.BEHIND_A_PROXY if settings.PROXIES else silence.SILENCE)
    # What is loaded by now stays: looking through it for garbage, again and again, took an eighth of a list's time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE)
