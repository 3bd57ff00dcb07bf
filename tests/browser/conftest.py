"""Who looks at the product in a browser. The server is a process of its own: these tests touch no database."""

from functools import cache

import pytest

from tests.browser import serving
from tests.kit.needs import CHROMIUM, need


@pytest.fixture
def database():
    """Not the one in this process."""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    need(serving.chromium(), CHROMIUM)
    with serving.product(tmp_path_factory.mktemp("browser")) as found:
        yield found


@pytest.fixture(scope="module")
def chrome(address):
    with serving.browser() as launched:
        yield launched


@pytest.fixture(scope="module")
def sessions(chrome, address):
    """`sessions(username)` is what the browser of somebody who has logged in keeps."""

    @cache
    def session_of(username):
        visit = serving.Visit(chrome, address).log_in(username)
        assert visit.complaints == []
        return visit.page.context.storage_state()

    return session_of


@pytest.fixture
def visit(chrome, address, sessions):
    """`visit(username)` opens a browser for somebody; at the end nothing may have been complained of."""
    made = []

    def open_for(username=None):
        kept = {"storage_state": sessions(username)} if username else {}
        made.append(serving.Visit(chrome, address, **kept))
        if username:
            made[-1].page.goto("/admin/")
        return made[-1].page

    yield open_for
    complaints = [said for each in made for said in each.complaints]
    for each in made:
        each.page.context.close()
    assert complaints == []
