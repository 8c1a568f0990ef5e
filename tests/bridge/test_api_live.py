"""The API behind a real server: what a client sends over a socket, and what comes back."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from bridge.api.reading import MOST_BYTES
from gateway.services import grant
from gateway.services.deps import Deps

BOOKING = "/api/v1/bookings/1001"


@pytest.fixture
def line(deps: Deps, serve: Callable[[Deps], str]) -> Iterator[http.client.HTTPConnection]:
    with closing(http.client.HTTPConnection(serve(deps).removeprefix("http://"), timeout=30)) as connection:
        yield connection


@pytest.fixture
def key(deps: Deps) -> dict[str, str]:
    secret = grant.api_key(deps, 1, "write", "website").secret
    return {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}


def test_a_booking_is_read_and_changed(line: http.client.HTTPConnection, key: dict[str, str]) -> None:
    line.request("GET", BOOKING, headers=key)
    answer = line.getresponse()
    assert (answer.status, json.loads(answer.read())["notes"]) == (200, "Allergic to latex")
    line.request("PATCH", BOOKING, '{"notes": "ä"}'.encode(), key | {"If-Match": answer.headers["ETag"]})
    assert json.loads(line.getresponse().read())["notes"] == "ä"


def test_a_body_in_pieces_is_read(line: http.client.HTTPConnection, key: dict[str, str]) -> None:
    line.request("PATCH", BOOKING, iter([b'{"notes":', b' "pieces"}']), key, encode_chunked=True)
    assert json.loads(line.getresponse().read())["notes"] == "pieces"


@pytest.mark.parametrize("pieces", [False, True])
def test_too_much_is_refused_however_it_comes(
    line: http.client.HTTPConnection, key: dict[str, str], pieces: bool
) -> None:
    body = b'{"notes": "' + b"x" * MOST_BYTES + b'"}'
    line.request("PATCH", BOOKING, iter([body]) if pieces else body, key, encode_chunked=pieces)
    answer = line.getresponse()
    assert (answer.status, answer.headers["Content-Type"]) == (413, "application/problem+json")
    answer.read()


def test_head_has_no_body(line: http.client.HTTPConnection, key: dict[str, str]) -> None:
    line.request("HEAD", BOOKING, headers=key)
    answer = line.getresponse()
    assert (answer.status, answer.read()) == (200, b"")
    line.request("OPTIONS", BOOKING)
    answer = line.getresponse()
    assert answer.status == 200
    assert "PATCH" in answer.headers["Allow"]
    answer.read()
