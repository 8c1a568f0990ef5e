"""Microsoft on a bad day: throttling, lost answers, outages; and many requests in one."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from tests.servers.microsoft import start
from tests.servers.microsoft.client import LASTING, WINDOW, Client, Json, hour, signed_in

CLOCK = [datetime(2026, 11, 24, 18, tzinfo=UTC)]


@pytest.fixture
def client() -> Iterator[Client]:
    with signed_in(now=lambda: CLOCK[0]) as made:
        yield made


def part(id_: str, method: str, url: str, **more: Any) -> Json:
    return {"id": id_, "method": method, "url": url, **more}


def batch(client: Client, *parts: Json) -> dict[str, Json]:
    said = client.says("POST", "$batch", json={"requests": list(parts)})
    return {one["id"]: one for one in said["responses"]}


def test_a_lost_answer(client: Client) -> None:
    client.server.faults.lose_answer()
    with pytest.raises(requests.ConnectionError):
        client.create(hour(transactionId="k1"))
    assert len(client.ann.events()) == 1
    client.create(hour(transactionId="k1"))
    assert len(client.ann.events()) == 1


def test_a_lost_request_and_half_an_answer(client: Client) -> None:
    client.server.faults.lose_request(method="graph.events.create")
    with pytest.raises(requests.ConnectionError):
        client.create(hour())
    assert client.server.writes == 0
    client.server.faults.malformed(method="graph.events.list")
    with pytest.raises(requests.JSONDecodeError):
        client.asks("GET", "me/events").json()


@pytest.mark.parametrize("status", [429, 500, 503, 504])
def test_outages(client: Client, status: int) -> None:
    client.server.faults.fail(status=status, method="graph.events", retry_after=7)
    client.says("GET", "me/calendars")
    answer = client.asks("GET", "me/events")
    assert (answer.status_code, answer.headers["Retry-After"]) == (status, "7")
    client.says("GET", "me/events")


def test_a_conflict_that_nobody_can_explain(client: Client) -> None:
    made = client.create(hour())
    client.server.faults.fail(status=412, code="ErrorIrresolvableConflict", method="graph.events.update")
    how: Json = {"json": {"subject": "x"}}
    assert client.refused("PATCH", f"me/events/{made['id']}", **how) == (412, "ErrorIrresolvableConflict")
    client.says("PATCH", f"me/events/{made['id']}", **how)


def test_four_at_once_and_no_more(client: Client) -> None:
    client.server.faults.slow(1.0)
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: client.asks("GET", "me/events"), range(6)))
    client.server.faults.clear()
    assert sorted(one.status_code for one in answers) == [200] * 4 + [429] * 2
    assert {one.headers.get("Retry-After") for one in answers if one.status_code == 429} == {"1"}
    assert (client.server.limits.exceeded, client.server.limits.peak) == (2, 4)


def test_so_many_within_ten_minutes(client: Client) -> None:
    client.server.limits.per_ten_minutes = 3
    for _ in range(3):
        client.says("GET", "me/events")
    CLOCK[0] += timedelta(minutes=4)
    answer = client.asks("GET", "me/events")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "360")
    CLOCK[0] += timedelta(minutes=6)
    client.says("GET", "me/events")


def test_many_requests_in_one(client: Client) -> None:
    headers = {"Prefer": LASTING, "Content-Type": "application/json"}
    made = client.create(hour())
    path = f"/{client.main}/events"
    said = batch(
        client,
        part("a", "POST", path, headers=headers, body=hour(subject="Two")),
        part("b", "GET", f"/me/events/{made['id']}?$select=subject", headers={"Prefer": LASTING}),
        part("c", "GET", f"/me/events/{made['id']}"),
        part("d", "GET", "/me/events/nonsense"),
        part("e", "DELETE", f"/me/events/{made['id']}", dependsOn=["d"]),
        part("f", "POST", path, body=hour()),
        part("g", "DELETE", f"/me/events/{made['id']}"),
    )
    assert {id_: one["status"] for id_, one in said.items()} == {
        "a": 201, "b": 200, "c": 200, "d": 400, "e": 424, "f": 400, "g": 204,
    }  # fmt: skip
    assert list(said) == list("gfedcba"), "in any order"
    assert said["b"]["body"]["id"] == made["id"]
    assert said["c"]["body"]["id"] != made["id"], "a part has its own headers"
    assert "body" not in said["g"]
    assert client.server.writes == 3


def test_each_part_can_be_throttled(client: Client) -> None:
    client.server.faults.fail(status=429, retry_after=9, method="graph.events", nth=2)
    said = batch(client, *(part(str(n), "GET", "/me/events") for n in range(3)))
    assert [said[str(n)]["status"] for n in range(3)] == [200, 429, 200]
    assert said["1"]["headers"]["Retry-After"] == "9"


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [part(str(n), "GET", "/me") for n in range(21)],
        [part("1", "GET", "/me"), part("1", "GET", "/me")],
        [part("1", "GET", "https://graph.microsoft.com/v1.0/me")],
        [part("1", "GET", "/me", dependsOn=["2"]), part("2", "GET", "/me")],
        [{"id": "1", "url": "/me"}],
        [part("1", "GET", "/me", colour="red")],
    ],
)
def test_a_batch_that_graph_refuses(client: Client, parts: list[Json]) -> None:
    assert client.refused("POST", "$batch", json={"requests": parts}) == (400, "BadRequest")


def test_the_books(client: Client) -> None:
    client.server.reset_counters()
    client.create(hour())
    client.says("GET", f"{client.main}/calendarView/delta", params=WINDOW)
    assert client.server.requests == {"graph.events.create": 1, "graph.view.delta": 1}
    assert [(one.method, one.email, one.status) for one in client.server.journal] == [
        ("graph.events.create", "ann@example.com", 201),
        ("graph.view.delta", "ann@example.com", 200),
    ]


def test_unknown_switches_and_mistakes_of_the_server_are_told() -> None:
    with pytest.raises(ValueError, match="nothing called colour"), start(colour="red"):
        pass
    with pytest.raises(AssertionError, match="no answer"), start() as server:
        server.broken.append("no answer")
