"""What a process that serves changes of itself."""

import resource

import pytest

from harrison.process import room_for_connections
from harrison.silence import BEHIND_A_PROXY, SILENCE
from tests.harrison.test_settings import start


@pytest.fixture
def allowed():
    """`allowed()` is how many descriptors this process may have; whatever a test makes of it ends with it."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield lambda: resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_there_are_descriptors_for_many_connections(allowed):
    few = allowed() - 1
    resource.setrlimit(resource.RLIMIT_NOFILE, (few, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    room_for_connections(few + 1)
    assert allowed() == few + 1


def test_who_has_more_descriptors_keeps_them(allowed):
    before = allowed()
    room_for_connections(before - 1)
    assert allowed() == before


def test_no_more_descriptors_are_asked_for_than_the_system_allows(allowed):
    room_for_connections(resource.getrlimit(resource.RLIMIT_NOFILE)[1] + 1)
    assert allowed() == resource.getrlimit(resource.RLIMIT_NOFILE)[1]


PREPARED = """
from harrison import process, silence
silence.heed = lambda hand, seconds: print(seconds)
process.prepare(silence.InHand())
"""


@pytest.mark.parametrize(("proxies", "seconds"), [("0", SILENCE), ("1", BEHIND_A_PROXY)])
def test_silence_is_borne_for_longer_behind_a_proxy(proxies, seconds, tmp_path):
    done = start(tmp_path, "shell", "--no-imports", "-c", PREPARED, HARRISON_PROXIES=proxies)
    assert done.stdout == f"{seconds}\n", done.stderr
