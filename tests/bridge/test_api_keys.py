"""Keys: who may come in, what they may do, and how often."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask

from bridge.api import limits
from bridge.app import create_app
from gateway.services import grant
from gateway.services.deps import Deps
from tests.bridge.conftest import Api, refused
from tests.conftest import Town


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer dbk_" + "a" * 32},
        {"Authorization": "Bearer dbk_" + "é" * 32},
        {"Authorization": "Bearer " + "x" * 5000},
        {"Authorization": "Basic dXNlcjpwYXNz"},
        {"Cookie": "session=anything"},
    ],
)
def test_without_a_good_key_nobody_learns_anything(app: Flask, said: dict[str, str]) -> None:
    answer = app.test_client().get("/api/v1/bookings/1001", headers=said)
    refused(answer, 401)
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith("Bearer ")
    assert ("invalid_token" in challenge) == ("Authorization" in said)
    assert "Maria" not in answer.text


def test_a_good_key_reads(api: Api) -> None:
    assert api.get("/bookings/1001").get_json()["id"] == 1001


def test_the_scheme_is_read_in_any_case(api: Api) -> None:
    assert api.ask("GET", "/bookings/1001", headers={"Authorization": f"bearer {api.key}"}).status_code == 200


def test_a_revoked_key_is_out_at_once(api: Api, deps: Deps) -> None:
    assert api.get("/bookings/1001").status_code == 200
    [entry] = grant.api_keys(deps, 1)
    grant.revoke(deps, "api_key", 1, entry.id)
    refused(api.get("/bookings/1001"), 401)


def test_the_key_of_a_closed_business_opens_nothing(api: Api, the_town: Town) -> None:
    the_town.sql("UPDATE public.businesses SET active = false WHERE id = 1")
    refused(api.get("/bookings/1001"), 401)


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/bookings"), ("PATCH", "/bookings/1001"), ("DELETE", "/bookings/1001")]
)
def test_a_key_that_reads_does_not_write(as_key: Callable[..., Api], method: str, path: str) -> None:
    reader = as_key(scope="read")
    refused(reader.ask(method, path, json={"notes": "x"}), 403, "scope write")
    assert reader.get("/bookings/1001").get_json()["status"] == "confirmed"


def test_the_last_use_of_a_key_is_noted_at_most_every_ten_minutes(
    api: Api, deps: Deps, the_town: Town
) -> None:
    api.get("/bookings/1001")
    [first] = grant.api_keys(deps, 1)
    assert first.last_used_at is not None
    api.get("/bookings/1001")
    assert grant.api_keys(deps, 1) == [first]
    the_town.sql("UPDATE daybridge.api_keys SET last_used_at = last_used_at - interval '11 minutes'")
    api.get("/bookings/1001")
    [later] = grant.api_keys(deps, 1)
    assert later.last_used_at is not None
    assert later.last_used_at >= first.last_used_at


def test_every_answer_to_a_key_says_how_many_requests_are_left(api: Api) -> None:
    first, second = api.get("/bookings/1001"), api.get("/bookings/4711")
    assert first.headers["X-RateLimit-Limit"] == "600"
    assert (first.headers["X-RateLimit-Remaining"], second.headers["X-RateLimit-Remaining"]) == ("599", "598")
    assert int(first.headers["X-RateLimit-Reset"]) > 0
    assert "Retry-After" not in first.headers


def test_a_key_that_asks_too_often_waits_and_nobody_else_does(deps: Deps) -> None:
    app = create_app(replace(deps, settings=replace(deps.settings, api_requests_per_minute=3)))
    busy, calm = (
        Api(app.test_client(), grant.api_key(deps, 1, "read", label).secret) for label in ("busy", "calm")
    )
    assert [busy.get("/bookings/1001").status_code for _ in range(4)] == [200, 200, 200, 429]
    refused(busy.get("/busy"), 429)
    answer = busy.get("/bookings/1001")
    assert 1 <= int(answer.headers["Retry-After"]) <= 61
    assert answer.headers["X-RateLimit-Remaining"] == "0"
    assert calm.get("/bookings/1001").status_code == 200


def test_who_guesses_at_keys_is_slowed_down_and_shuts_nobody_out(api: Api) -> None:
    guesses = ["dbk_" + letter * 32 for letter in "abcdefghjk"]
    statuses = [
        api.get_as(guesses[number % len(guesses)]) for number in range(limits.STRANGERS_PER_MINUTE + 1)
    ]
    assert statuses[-1] == 429
    assert set(statuses[:-1]) == {401}
    assert api.get("/bookings/1001").status_code == 200, "from the same address, with a good key"


def test_strangers_are_counted_by_address(app: Flask) -> None:
    client = app.test_client()

    def knock(address: str) -> int:
        return client.get("/api/v1/bookings/1", environ_base={"REMOTE_ADDR": address}).status_code

    for number in range(limits.STRANGERS_PER_MINUTE):
        assert knock(f"2001:db8::{number:x}") == 401
    assert knock("2001:db8::ffff") == 429, "a network of IPv6 is one house"
    assert knock("2001:db8:0:1::1") == 401
    assert knock("192.0.2.1") == 401


def test_what_the_timeline_tells_of_a_key_is_not_the_key(api: Api) -> None:
    api.patch("/bookings/1001", {"notes": "bring the dog"})
    [entry] = api.get("/bookings/1001/sync").get_json()["entries"]
    assert entry["who"] == f"API key {api.key[:8]} (website)"
    assert api.key not in str(entry)
