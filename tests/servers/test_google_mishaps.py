"""Google on a bad day: quotas, lost answers, outages; the books that are kept; and all of it from another process."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.servers.conftest import EVENTS, Ear, Json, Product, hour, refused
from tests.servers.google import GoogleServer, Human, start

HERE = {"calendarId": "primary"}


def insert(api: Any, event_id: str, **more: Any) -> Json:
    return api.events().insert(**HERE, body=hour(id=event_id, **more)).execute()


def test_a_lost_answer_is_asked_for_again_by_the_library(api: Any, google: GoogleServer) -> None:
    insert(api, "abcde1")
    google.faults.lose_answer(nth=2)
    insert(api, "abcde2")
    assert refused(lambda: insert(api, "abcde3")) == (409, "duplicate")
    assert google.writes_by_method == {"calendar.events.insert": 3}
    assert google.requests["calendar.events.insert"] == 4


def test_without_an_id_a_lost_answer_makes_two(api: Any, ann: Human, google: GoogleServer) -> None:
    google.faults.lose_answer()
    api.events().insert(**HERE, body=hour()).execute()
    assert len(ann.events()) == 2


def test_a_lost_request_does_nothing(product: Product, token: Json, google: GoogleServer) -> None:
    google.faults.lose_request(times=-1, method="calendar.events.insert")
    with pytest.raises(requests.ConnectionError):
        product.asks("POST", "calendars/primary/events", token, json=hour())
    assert google.writes == 0


def test_outages(api: Any, google: GoogleServer) -> None:
    google.faults.fail(times=2, status=500, method="calendar.events.list")
    insert(api, "abcde1")
    for _ in range(2):
        assert refused(api.events().list(**HERE).execute) == (500, "backendError")
    api.events().list(**HERE).execute()
    google.faults.quota_exceeded()
    assert refused(api.events().list(**HERE).execute) == (403, "quotaExceeded")
    google.faults.fail(times=-1)
    assert refused(api.events().list(**HERE).execute) == (503, "backendError")
    google.faults.clear()
    api.events().list(**HERE).execute()


def test_throttling_says_when_to_come_again(product: Product, token: Json, google: GoogleServer) -> None:
    google.faults.throttle(retry_after=7)
    answer = product.asks("GET", "calendars/primary/events", token)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")


def test_many_at_once(product: Product, token: Json, ann: Human, google: GoogleServer) -> None:
    def insert_one(number: int) -> int:
        body = hour(id=f"event{number % 10}")
        return product.asks("POST", "calendars/primary/events", token, json=body).status_code

    with ThreadPoolExecutor(8) as threads:
        statuses = list(threads.map(insert_one, range(40)))
    assert sorted(statuses) == [200] * 10 + [409] * 30
    assert (len(ann.events()), google.writes) == (10, 10)


def test_a_slow_answer_keeps_nobody_else_waiting(product: Product, token: Json, google: GoogleServer) -> None:
    google.faults.slow(30, times=1)
    begun = time.perf_counter()
    with pytest.raises(requests.Timeout):
        requests.get(
            f"{google.settings()['api_endpoint']}users/me/calendarList",
            headers={"Authorization": f"Bearer {token['access_token']}"},
            timeout=0.05,
        )
    assert product.asks("GET", "users/me/calendarList", token).status_code == 200
    assert time.perf_counter() - begun < 10


def test_a_calendar_that_looks_empty(api: Any, ann: Human, google: GoogleServer) -> None:
    ann.create(hour())
    token = api.events().list(**HERE).execute()["nextSyncToken"]
    ann.create(hour())
    google.faults.empty_listing()
    assert len(api.events().list(**HERE, syncToken=token).execute()["items"]) == 1
    assert api.events().list(**HERE).execute()["items"] == []
    assert len(api.events().list(**HERE).execute()["items"]) == 2


def test_half_an_answer(api: Any, google: GoogleServer) -> None:
    google.faults.malformed(method="calendar.events.list")
    # The library hands out the text that it could not read.
    assert isinstance(api.events().list(**HERE).execute(), str)
    assert isinstance(api.events().list(**HERE).execute(), dict)


def test_the_token_address_has_bad_days_too(product: Product, ann: Human, google: GoogleServer) -> None:
    token = product.token(EVENTS)
    refresh = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"]}
    google.faults.fail(method="oauth.token")
    assert product.posts("/token", **refresh).status_code == 503
    google.faults.lose_answer(method="oauth.token")
    with pytest.raises(requests.ConnectionError):
        product.posts("/token", **refresh)
    assert product.posts("/token", **refresh).status_code == 200


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"per_user": 3}, (403, "userRateLimitExceeded", None)),
        ({"per_project": 3}, (403, "rateLimitExceeded", None)),
        ({"per_user": 3, "status": 429, "retry_after": 9}, (429, "userRateLimitExceeded", "9")),
    ],
)
def test_quotas(product: Product, token: Json, google: GoogleServer, limits: Json, expected: Any) -> None:
    product.orders("limits", **limits)
    for _ in range(3):
        assert product.asks("GET", "users/me/calendarList", token).status_code == 200
    answer = product.asks("GET", "users/me/calendarList", token)
    (detail,) = answer.json()["error"]["errors"]
    assert (answer.status_code, detail["reason"], answer.headers.get("Retry-After")) == expected
    assert detail["domain"] == "usageLimits"
    assert (google.limits.exceeded, google.limits.peak, google.limits.peak_of("ann@example.com")) == (1, 4, 4)


def test_the_minute_slides(monkeypatch: pytest.MonkeyPatch, product: Product) -> None:
    clock = [datetime(2026, 11, 1, tzinfo=UTC)]
    with start(now=lambda: clock[0]) as google:
        google.register("https://book.example/oauth/calendar/google/callback")
        google.account("ann@example.com")
        product.google = google
        token = product.token(EVENTS)
        google.limits.per_user = 2
        statuses = []
        for _ in range(5):
            statuses.append(product.asks("GET", "calendars/primary/events", token).status_code)
            clock[0] += timedelta(seconds=20)
    assert statuses == [200, 200, 403, 200, 200]


def test_the_books(api: Any, ann: Human, google: GoogleServer) -> None:
    google.reset_counters()
    insert(api, "abcde1")
    refused(lambda: insert(api, "abcde1"))
    api.events().patch(**HERE, eventId="abcde1", body={"summary": "x"}).execute()
    ann.retitle("abcde1", "y")
    assert google.writes == 2
    assert google.requests == {"calendar.events.insert": 2, "calendar.events.patch": 1}
    assert [(one.method, one.email, one.status) for one in google.journal] == [
        ("calendar.events.insert", ann.email, 200),
        ("calendar.events.insert", ann.email, 409),
        ("calendar.events.patch", ann.email, 200),
    ]
    google.reset_counters()
    assert (google.writes, google.journal) == (0, [])


def test_what_it_does_not_play_it_says(product: Product, token: Json) -> None:
    assert product.asks("GET", "colors", token).status_code == 501
    assert product.asks("GET", "colours", token).status_code == 404
    # But what the document says of it is checked.
    answer = product.asks("POST", "calendars/primary/events/abcde1/move", token)
    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (400, "required")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Json]:
    """The server in a process of its own; what it wrote into its file."""
    file = tmp_path / "google.json"
    command = [sys.executable, "-m", "tests.servers.google", "--json", str(file), "--allow-http"]
    command += [
        "--account",
        "ann@example.com=America/New_York",
        "--redirect-uri",
        "https://book.example/back",
    ]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE) as running:
        assert running.stdout
        assert running.stdout.readline().startswith(b"http://127.0.0.1:")
        yield json.loads(file.read_text(encoding="utf-8"))
        running.terminate()
        assert running.wait(5) == 0


def test_in_a_process_of_its_own(elsewhere: Json, ear: Ear) -> None:
    def order(path: str, expected: int = 200, **how: Any) -> Any:
        answer = requests.post(f"{elsewhere['url']}/_control/{path}", json=how, timeout=5)
        assert answer.status_code == expected, answer.text
        return answer.json()

    ann = {"email": "ann@example.com"}
    made = order("human/create", **ann, event=hour(id="abcde1"))["result"]
    assert made["start"]["timeZone"] == "America/New_York"
    moved = order("human/move", **ann, event_id="abcde1", by_seconds=3600)["result"]
    assert moved["start"]["dateTime"] == "2026-12-01T06:00:00-05:00"
    order("account", email="bob@example.com", zone="Europe/Berlin")
    work = order("human/add_calendar", **ann, summary="Work")["result"]
    order("human/share", **ann, calendar=work, role="reader", **{"with": "bob@example.com"})
    assert order("human/empty", **ann)["result"] == 1
    assert order("human/events", **ann, tombstones=True)["result"][0]["status"] == "cancelled"
    for path in ("faults/clear", "expire-sync-tokens", "expire-access-tokens", "reset-counters"):
        order(path)
    order("revoke-grant", **ann)
    order("register", redirect_uri=ear.url)
    order("consent", email="bob@example.com", untick=[EVENTS])
    order("fault", kind="fail", times=1, status=503)
    order("mishaps", drop=1)
    assert order("behaviour", revives=True)["revives"]
    assert order("notifications", settle=1)["settled"]
    assert order("state")["settings"] == elsewhere["settings"]
    for path, how in (("fault", {"kind": "bang"}), ("behaviour", {"mood": 1}), ("limits", {"per_day": 1}),
                      ("mishaps", {"bang": 1}), ("human/create", {**ann, "event": {}})):  # fmt: skip
        assert "error" in order(path, 400, **how)
    assert "human/create" in order("nothing", 404)["orders"]
