"""How the gate hands answers to the server: small ones whole, others piece by piece, none while it holds a place."""

from io import BytesIO
from typing import Any

import pytest
from django.http import StreamingHttpResponse

from harrison.gate import AT_ONCE, Gate


def answered(pieces, size: int) -> StreamingHttpResponse:
    return StreamingHttpResponse(pieces, headers={"Content-Length": size})


def asked(gate) -> Any:
    environ = {"PATH_INFO": "/", "REQUEST_METHOD": "GET", "wsgi.input": BytesIO()}
    return gate(environ, lambda status, headers: None)


def test_what_is_small_is_handed_over_in_one_piece_and_is_done_with():
    response = answered(iter([b"a", b"b"]), AT_ONCE)
    assert asked(Gate(lambda environ, start_response: response)) == [b"ab"] and response.closed


def test_what_is_large_is_handed_over_piece_by_piece():
    response = answered(iter([b"a", b"b"]), AT_ONCE + 1)
    assert asked(Gate(lambda environ, start_response: response)) is response and not response.closed


def test_what_does_not_say_how_large_it_is_may_be_large():
    response = StreamingHttpResponse(iter([b"a", b"b"]))
    assert asked(Gate(lambda environ, start_response: response)) is response


def test_what_breaks_off_is_done_with_too():
    response = answered((1 / 0 for _ in "a"), 1)
    with pytest.raises(ZeroDivisionError):
        asked(Gate(lambda environ, start_response: response))
    assert response.closed


def test_bytes_that_come_slowly_hold_no_place():
    def coming():
        yield str(gate.places.qsize()).encode()

    gate = Gate(lambda environ, start_response: answered(coming(), 1), working=1)
    assert asked(gate) == [b"1"]


def test_what_is_small_is_in_hand_until_the_server_has_it():
    """Its work is done: whoever is hung up on now does not learn of it."""

    def coming():
        yield str(len(gate.hand.since)).encode()

    gate = Gate(lambda environ, start_response: answered(coming(), 1))
    assert asked(gate) == [b"1"] and not gate.hand.since


def test_what_is_large_is_not_in_hand_while_its_client_takes_it():
    gate = Gate(lambda environ, start_response: answered(iter([b"a"]), AT_ONCE + 1))
    assert asked(gate) and not gate.hand.since
