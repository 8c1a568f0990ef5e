"""Google's push channels: opened strictly, heard for real, and with all the ways in which they disappoint."""

from __future__ import annotations

import ssl
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.providers.certificates import Authority
from tests.servers.conftest import EVENTS, Ear, Json, Product, hour, refused
from tests.servers.google import GoogleServer, Human, start

HERE = {"calendarId": "primary"}


def channel(ear: Ear, **more: Any) -> Json:
    return {"id": "channel-1", "type": "web_hook", "address": ear.url, "token": "t0k3n", **more}


def watch(api: Any, body: Json) -> Json:
    return api.events().watch(**HERE, body=body).execute()


def test_every_change_is_told(api: Any, ann: Human, ear: Ear, google: GoogleServer) -> None:
    opened = watch(api, channel(ear))
    assert opened["kind"] == "api#channel"
    assert isinstance(opened["expiration"], str)
    ear.wait(1)
    api.events().insert(**HERE, body=hour(id="abcde1")).execute()
    ann.retitle("abcde1", "By hand")
    ann.create(hour(), ann.add_calendar("Another"))
    ann.delete("abcde1")
    ear.wait(4)
    assert google.settle()
    assert ear.states == ["sync", "exists", "exists", "exists"]
    numbers = [int(one["x-goog-message-number"]) for one in ear.heard]
    assert numbers[0] == 1
    assert numbers == sorted(set(numbers))
    for headers in ear.heard:
        assert headers["x-goog-channel-id"] == "channel-1"
        assert headers["x-goog-channel-token"] == "t0k3n"
        assert headers["x-goog-resource-id"] == opened["resourceId"]
        assert headers["x-goog-resource-uri"] == opened["resourceUri"]
        ends = parsedate_to_datetime(headers["x-goog-channel-expiration"]).timestamp()
        assert abs(ends * 1000 - int(opened["expiration"])) < 1000
        assert headers["body"] == b""
    first = google.notifications[0]
    assert (first.fate, [one.status for one in first.attempts]) == ("delivered", [204])
    assert first.seconds
    assert first.seconds >= first.attempts[0].seconds > 0


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"id": "x" * 65}, "channelIdInvalid"),
        ({"id": "with space"}, "channelIdInvalid"),
        ({"id": None}, "required"),
        ({"address": None}, "required"),
        ({"type": "carrier_pigeon"}, "channelTypeInvalid"),
        ({"token": "x" * 257}, "channelTokenTooLong"),
        ({"token": "two\nlines"}, "invalid"),
        ({"address": "http://127.0.0.1:99999/hook"}, "push.webhookUrlNotHttps"),
        ({"address": "ftp://book.example/hook"}, "push.webhookUrlNotHttps"),
        ({"expiration": 1}, "invalid"),
        ({"expiration": "soon"}, "invalid"),
        ({"colour": "red"}, "badRequest"),
    ],
)
def test_a_channel_that_google_refuses(api: Any, ear: Ear, more: Json, reason: str) -> None:
    assert refused(lambda: watch(api, channel(ear, **more))) == (400, reason)


def test_a_channel_wants_https_and_a_name_of_its_own(api: Any, ear: Ear, google: GoogleServer) -> None:
    watch(api, channel(ear))
    assert refused(lambda: watch(api, channel(ear))) == (400, "channelIdNotUnique")
    google.behaviour.allow_http = False
    assert refused(lambda: watch(api, channel(ear, id="2"))) == (400, "push.webhookUrlNotHttps")
    watch(api, channel(ear, id="2", address="https://book.example/hook"))
    assert google.notifications[-1].fate == "elsewhere"


def test_a_channel_ends(api: Any, product: Product, ann: Human, ear: Ear, google: GoogleServer) -> None:
    opened = watch(api, channel(ear))
    google.account("bob@example.com")
    bobs = product.calls(product.token(EVENTS, login_hint="bob@example.com"))
    known = {"id": opened["id"], "resourceId": opened["resourceId"]}
    assert refused(bobs.channels().stop(body=known).execute) == (404, "notFound")
    wrong = known | {"resourceId": "another"}
    assert refused(api.channels().stop(body=wrong).execute) == (404, "notFound")
    api.channels().stop(body=known).execute()
    assert refused(api.channels().stop(body=known).execute) == (404, "notFound")
    ann.create(hour())
    assert google.settle()
    assert ear.states == ["sync"]


def test_a_channel_expires(product: Product, ear: Ear, google: GoogleServer, ann: Human) -> None:
    clock = [datetime(2026, 11, 1, tzinfo=UTC)]
    with start(now=lambda: clock[0], allow_http=True) as later:
        later.register("https://book.example/oauth/calendar/google/callback")
        person, product.google = later.account("ann@example.com"), later
        api = product.calls(product.token(EVENTS))
        week = timedelta(days=7)
        assert watch(api, channel(ear))["expiration"] == str(int((clock[0] + week).timestamp() * 1000))
        wish = str(int((clock[0] + timedelta(hours=1)).timestamp() * 1000))
        assert watch(api, channel(ear, id="2", expiration=wish))["expiration"] == wish
        clock[0] += timedelta(hours=2)
        person.create(hour())
        assert later.settle()
        assert [
            one["x-goog-channel-id"] for one in ear.heard if one["x-goog-resource-state"] == "exists"
        ] == ["channel-1"]


def test_it_is_tried_again_only_when_that_may_help(
    api: Any, ann: Human, ear: Ear, google: GoogleServer
) -> None:
    ear.answers[:] = [500, 503, 204, 404, 302]
    watch(api, channel(ear))
    ann.create(hour())
    ann.create(hour())
    ear.wait(5)
    assert google.settle()
    told = [(one.fate, [attempt.status for attempt in one.attempts]) for one in google.notifications]
    assert told == [("delivered", [500, 503, 204]), ("failed", [404]), ("failed", [302])]


def test_a_slow_receiver_is_given_up(api: Any, ear: Ear, google: GoogleServer) -> None:
    google.behaviour.change({"notification_timeout": 0.05, "notification_tries": 2})
    ear.pause = 0.3
    watch(api, channel(ear))
    time.sleep(0.01)
    assert google.settle()
    (told,) = google.notifications
    assert (told.fate, [one.status for one in told.attempts]) == ("failed", [None, None])


def test_messages_get_lost_doubled_late_and_out_of_order(
    api: Any, ann: Human, ear: Ear, google: GoogleServer
) -> None:
    def numbers() -> list[int]:
        return [one.number for one in google.notifications]

    watch(api, channel(ear))
    ear.wait(1)
    google.mishaps.drop = 1
    ann.create(hour())
    google.mishaps.duplicate = 1
    ann.create(hour())
    ear.wait(3)
    assert google.settle()
    assert google.notifications[1].fate == "dropped"
    google.mishaps.reorder = 2
    ann.create(hour())
    ann.create(hour())
    ear.wait(5)
    assert google.settle()
    assert [int(one["x-goog-message-number"]) for one in ear.heard] == [
        numbers()[index] for index in (0, 2, 2, 4, 3)
    ]
    google.mishaps.delay = 0.1
    ann.create(hour())
    assert google.settle()
    assert (google.notifications[-1].seconds or 0) >= 0.1


def test_over_tls(tmp_path: Path, ann: Human) -> None:
    authority = Authority(tmp_path)
    trusting = ssl.create_default_context(cafile=str(authority.bundle))
    with (
        start(tls=authority.serving("127.0.0.1"), webhook_tls=trusting) as ears,
        start(webhook_tls=trusting, tls=authority.serving("127.0.0.1")) as google,
    ):
        assert google.url.startswith("https://127.0.0.1:")
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(f"{google.url}/calendar/v3/colors", verify=str(authority.bundle), timeout=5)
        assert answer.status_code == 401
        # Another server of the same kind is something to post to: it answers 404 over TLS.
        person = google.account("ann@example.com")
        pair = (google.client_id, person.email)
        wanted = {"id": "c1", "type": "web_hook", "address": f"{ears.url}/hook"}
        google.world.channels.watch(wanted, person.email, pair, google.url)
        assert google.settle()
        assert [one.status for one in google.notifications[0].attempts] == [404]
