"""Graph's subscriptions: a handshake at first, notifications for real, and the ways in which they end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.servers.microsoft.client import LASTING, Client, Ear, Json, hour, listening, signed_in, weekly

NOW = datetime(2026, 11, 24, 18, tzinfo=UTC)
CLOCK = [NOW]


@pytest.fixture
def client() -> Iterator[Client]:
    CLOCK[0] = NOW
    with signed_in(now=lambda: CLOCK[0]) as made:
        yield made


@pytest.fixture
def ear() -> Iterator[Ear]:
    with listening() as made:
        yield made


def wish(client: Client, ear: Ear, **more: str | None) -> Json:
    made = {
        "changeType": "created,updated,deleted",
        "notificationUrl": f"{ear.url}?watch=7",
        "lifecycleNotificationUrl": f"{ear.url}?watch=7",
        "resource": f"/{client.main}/events",
        "clientState": "s3cret",
        "expirationDateTime": (NOW + timedelta(days=6)).isoformat().replace("+00:00", "Z"),
        **more,
    }
    return {name: value for name, value in made.items() if value is not None}


def opened(client: Client, ear: Ear, **more: str | None) -> Json:
    return client.says("POST", "subscriptions", 201, json=wish(client, ear, **more))


def test_every_change_is_told(client: Client, ear: Ear) -> None:
    made = opened(client, ear)
    assert (made["clientState"], len(ear.tokens)) == ("s3cret", 1)
    event = client.create(hour())
    client.ann.retitle(event["id"], "By hand")
    client.ann.create(hour(), client.ann.add_calendar("Another"))
    client.ann.delete(event["id"])
    values = ear.wait(3)
    assert client.server.settle()
    assert [one["changeType"] for one in values] == ["created", "updated", "deleted"]
    for one in values:
        assert (one["subscriptionId"], one["clientState"]) == (made["id"], "s3cret")
        assert one["resourceData"]["id"] == event["id"]
        assert one["resource"].endswith(event["id"])
        assert {"tenantId", "subscriptionExpirationDateTime"} <= one.keys()
    assert [one.fate for one in client.server.notifications] == ["delivered"] * 3


def test_ids_are_as_the_subscription_preferred(client: Client, ear: Ear) -> None:
    client.says("POST", "subscriptions", 201, prefer="", json=wish(client, ear, changeType="created"))
    event = client.create(hour())
    client.ann.retitle(event["id"], "Not wanted")
    assert client.server.settle()
    [value] = ear.wait(1)
    assert value["resourceData"]["id"] != event["id"]
    assert client.says("GET", f"me/events/{value['resourceData']['id']}")["id"] == event["id"]


def test_several_go_in_one_post(client: Client, ear: Ear) -> None:
    opened(client, ear)
    opened(client, ear)
    client.server.mishaps.delay = 0.1
    for _ in range(3):
        client.ann.create(hour())
    ear.wait(6)
    assert len(ear.bodies) < 6
    assert client.server.settle()


def test_me_events_is_the_default_calendar_alone(client: Client, ear: Ear) -> None:
    opened(client, ear, resource="me/events")
    client.ann.create(hour(), client.ann.add_calendar("Another"))
    series = client.ann.create(weekly())
    client.ann.cancel_one(series["id"], datetime(2026, 12, 8, 9, tzinfo=UTC))
    assert client.server.settle()
    assert [one["changeType"] for one in ear.values] == ["created", "updated"]
    assert {one["resourceData"]["id"] for one in ear.values} == {series["id"]}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"changeType": None}, "InvalidRequest"),
        ({"changeType": "moved"}, "InvalidRequest"),
        ({"resource": None}, "InvalidRequest"),
        ({"resource": "/me/messages"}, "ExtensionError"),
        ({"resource": "/me/calendars/nothing/events"}, "ErrorInvalidIdMalformed"),
        ({"expirationDateTime": None}, "InvalidRequest"),
        ({"expirationDateTime": "2026-11-30T00:00:00"}, "ErrorInvalidParameter"),
        ({"expirationDateTime": "2026-11-01T00:00:00Z"}, "ExtensionError"),
        ({"expirationDateTime": "2026-12-02T00:00:00Z"}, "ExtensionError"),
        ({"clientState": "x" * 129}, "InvalidRequest"),
        ({"notificationUrl": "ftp://127.0.0.1/hook"}, "InvalidRequest"),
        ({"latestSupportedTlsVersion": "v9"}, "InvalidRequest"),
        ({"id": "mine"}, "InvalidRequest"),
    ],
)
def test_a_subscription_that_graph_refuses(client: Client, ear: Ear, more: Json, code: str) -> None:
    assert client.refused("POST", "subscriptions", json=wish(client, ear, **more)) == (400, code)
    assert (ear.tokens, client.server.subscriptions) == ([], [])


def test_an_address_wants_https(client: Client, ear: Ear) -> None:
    client.server.behaviour.change({"allow_http": False})
    assert client.refused("POST", "subscriptions", json=wish(client, ear)) == (400, "InvalidRequest")


def test_a_handshake_that_fails(client: Client, ear: Ear) -> None:
    def refused(**more: str) -> bool:
        return client.refused("POST", "subscriptions", json=wish(client, ear, **more)) == (
            400,
            "ValidationError",
        )

    ear.says = b"hello"
    assert refused()
    ear.says, ear.kind = None, "application/json"
    assert refused()
    ear.kind, ear.pause = "text/plain", 0.5
    client.server.behaviour.change({"handshake_timeout": 0.1})
    assert refused()
    ear.pause = 0.0
    assert refused(lifecycleNotificationUrl="http://127.0.0.1:9/nobody")
    assert refused(notificationUrl="http://book.example/elsewhere")
    assert client.server.subscriptions == []
    client.server.behaviour.change({"handshake": False})
    opened(client, ear, notificationUrl="http://127.0.0.1:9/nobody")


def test_both_addresses_shake_hands(client: Client, ear: Ear) -> None:
    opened(client, ear, lifecycleNotificationUrl=f"{ear.url}?lifecycle")
    assert len(ear.tokens) == 2
    assert all("ä&=+" in token for token in ear.tokens), "they have to be decoded"


def test_a_subscription_is_renewed_and_ends(client: Client, ear: Ear) -> None:
    made = opened(client, ear)
    path = f"subscriptions/{made['id']}"
    later = {"expirationDateTime": (NOW + timedelta(minutes=10_080)).isoformat()}
    assert client.says("PATCH", path, json=later)["expirationDateTime"].startswith("2026-12-01T18:00")
    assert len(ear.tokens) == 2
    too_late = {"expirationDateTime": (NOW + timedelta(minutes=10_081)).isoformat()}
    assert client.refused("PATCH", path, json=too_late) == (400, "ExtensionError")
    more = later | {"lifecycleNotificationUrl": ear.url}
    assert client.refused("PATCH", path, json=more) == (400, "InvalidRequest")
    assert client.says("GET", path)["clientState"] is None
    assert [one["id"] for one in client.says("GET", "subscriptions")["value"]] == [made["id"]]
    client.says("POST", f"{path}/reauthorize", 204)
    CLOCK[0] += timedelta(minutes=30)
    soon = {"expirationDateTime": (CLOCK[0] + timedelta(minutes=1)).isoformat()}
    assert client.says("PATCH", path, json=soon)["expirationDateTime"].startswith("2026-11-24T19:15")
    client.says("DELETE", path, 204)
    assert client.refused("DELETE", path) == (404, "ResourceNotFound")
    made = opened(client, ear)
    client.server.expire_subscriptions()
    assert client.refused("PATCH", f"subscriptions/{made['id']}", json=later) == (404, "ResourceNotFound")
    client.ann.create(hour())
    assert client.server.settle()
    assert ear.values == []


def test_lifecycle(client: Client, ear: Ear) -> None:
    made = opened(client, ear)
    for what in ("reauthorizationRequired", "missed", "subscriptionRemoved"):
        assert client.server.lifecycle("ann@example.com", what) == 1
    values = ear.wait(3)
    assert [one["lifecycleEvent"] for one in values] == [
        "reauthorizationRequired",
        "missed",
        "subscriptionRemoved",
    ]
    assert {(one["subscriptionId"], one["clientState"]) for one in values} == {(made["id"], "s3cret")}
    assert client.server.subscriptions == []
    assert client.server.lifecycle("ann@example.com", "missed") == 0


def test_who_does_not_answer_is_told_again_and_mishaps_happen(client: Client, ear: Ear) -> None:
    opened(client, ear)
    ear.statuses = [500, 503, 202]
    client.ann.create(hour())
    assert client.server.settle()
    assert [one.status for one in client.server.notifications[0].attempts] == [500, 503, 202]
    client.server.mishaps.drop = 1
    client.ann.create(hour())
    assert client.server.settle()
    assert client.server.notifications[-1].fate == "dropped"
    client.server.mishaps.duplicate = 1
    before = len(ear.values)
    client.ann.create(hour())
    assert client.server.settle()
    assert len(ear.values) == before + 2


def test_a_subscription_is_its_owners(client: Client, ear: Ear) -> None:
    made = opened(client, ear)
    client.server.account("bob@example.com")
    client.server.at_consent("bob@example.com")
    client.sign_in()
    assert client.refused("DELETE", f"subscriptions/{made['id']}", prefer=LASTING) == (
        404,
        "ResourceNotFound",
    )
