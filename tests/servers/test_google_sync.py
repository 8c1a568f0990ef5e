"""Google's lists: filters, pages, sync tokens, and calendar lists."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.servers.conftest import BACK, CALENDAR, EVENTS, Json, Product, hour, refused, timed
from tests.servers.google import GoogleServer, Human, start

HERE = {"calendarId": "primary"}


def listed(api: Any, **query: Any) -> Json:
    return api.events().list(**HERE, **query).execute()


def ids(page: Json) -> list[str]:
    return [one["id"] for one in page["items"]]


def test_only_what_changed_is_listed_with_a_token(api: Any, ann: Human) -> None:
    ann.create(hour(id="first1"))
    ann.create(hour(id="gone01", summary="secret"))
    page = listed(api)
    assert (page["timeZone"], page["accessRole"], page["kind"]) == (
        "Europe/Berlin",
        "owner",
        "calendar#events",
    )
    assert not listed(api, syncToken=page["nextSyncToken"])["items"]
    ann.create(hour(id="fresh1"))
    ann.delete("gone01")
    later = listed(api, syncToken=page["nextSyncToken"])
    assert ids(later) == ["fresh1", "gone01"]
    assert later["items"][1] == {"id": "gone01", "status": "cancelled"}
    assert not listed(api, syncToken=later["nextSyncToken"])["items"]
    assert ids(listed(api, syncToken=page["nextSyncToken"])) == ids(later)


@pytest.mark.parametrize(
    "query",
    [
        {"iCalUID": "x"},
        {"orderBy": "updated"},
        {"privateExtendedProperty": "a=b"},
        {"q": "x"},
        {"sharedExtendedProperty": "a=b"},
        {"timeMin": "2026-12-01T00:00:00Z"},
        {"timeMax": "2026-12-01T00:00:00Z"},
        {"updatedMin": "2026-12-01T00:00:00Z"},
        {"showDeleted": False},
        {"singleEvents": True},
        {"maxResults": 10},
        {"eventTypes": "default"},
    ],
)
def test_what_a_token_does_not_go_with(api: Any, ann: Human, query: Json) -> None:
    token = listed(api)["nextSyncToken"]
    assert refused(lambda: listed(api, syncToken=token, **query)) == (400, "invalid")


def test_tokens_that_are_worth_nothing(api: Any, ann: Human, google: GoogleServer) -> None:
    token = listed(api)["nextSyncToken"]
    other = ann.add_calendar("Other")
    for calendar, given in (("primary", "nonsense"), ("primary", "bm9uc2Vuc2U="), (other, token)):
        request = api.events().list(calendarId=calendar, syncToken=given)
        assert refused(request.execute) == (410, "fullSyncRequired")
    google.expire_sync_tokens()
    assert refused(lambda: listed(api, syncToken=token)) == (410, "fullSyncRequired")
    assert "nextSyncToken" in listed(api)


def test_pages_are_of_one_moment(api: Any, ann: Human, google: GoogleServer) -> None:
    for number in range(5):
        ann.create(hour(id=f"event{number}"))
    first = listed(api, maxResults=2)
    assert len(first["items"]) == 2
    assert "nextSyncToken" not in first
    ann.delete("event4")
    ann.create(hour(id="late01"))
    second = listed(api, maxResults=2, pageToken=first["nextPageToken"])
    third = listed(api, maxResults=2, pageToken=second["nextPageToken"])
    assert ids(first) + ids(second) + ids(third) == [f"event{number}" for number in range(5)]
    assert ids(listed(api, syncToken=third["nextSyncToken"], maxResults=2)) == ["event4", "late01"]
    assert refused(lambda: listed(api, pageToken="made-up")) == (400, "invalid")
    other = {"pageToken": first["nextPageToken"], "showDeleted": True}
    assert refused(lambda: listed(api, **other)) == (400, "invalid")


def test_pages_may_be_short_or_empty(api: Any, ann: Human, google: GoogleServer) -> None:
    for number in range(3):
        ann.create(hour(id=f"event{number}"))
    google.behaviour.change({"page_limit": 2, "empty_pages": True})
    sizes, request = [], api.events().list(**HERE)
    while request is not None:
        page = request.execute()
        sizes.append(len(page["items"]))
        request = api.events().list_next(request, page)
    assert sizes == [0, 2, 1]
    assert "nextSyncToken" in page


def test_how_long_a_page_can_be(product: Product, token: Json, ann: Human) -> None:
    for number in range(2501):
        ann.create(hour(id=f"event{number}"))
    for asked, got in (("", 250), ("?maxResults=10000", 2500)):
        page = product.asks("GET", f"calendars/primary/events{asked}", token).json()
        assert (len(page["items"]), "nextSyncToken" in page) == (got, False)


def test_the_filters_of_a_list(api: Any, ann: Human) -> None:
    def tagged(event_id: str, day: str, **private: str) -> None:
        body = timed(f"2026-12-{day}T10:00", f"2026-12-{day}T11:00", id=event_id)
        ann.create({**body, "extendedProperties": {"private": private}, "summary": f"On the {day}."})

    tagged("first1", "01", a="1", b="1")
    tagged("second", "02", a="1", b="2")
    both = listed(api, privateExtendedProperty=["a=1", "b=2"])
    assert ids(both) == ["second"]
    assert "nextSyncToken" not in both
    assert ids(listed(api, timeMin="2026-12-01T11:00:00Z", timeMax="2026-12-03T00:00:00Z")) == ["second"]
    assert ids(listed(api, timeMin="2026-12-01T10:59:59Z", timeMax="2026-12-02T10:00:00Z")) == ["first1"]
    assert ids(listed(api, iCalUID="first1@google.com")) == ["first1"]
    assert ids(listed(api, q="02")) == ["second"]
    assert ids(listed(api, eventTypes=["outOfOffice"])) == []
    ann.delete("second")
    assert ids(listed(api)) == ["first1"]
    assert ids(listed(api, showDeleted=True)) == ["first1", "second"]


def test_a_token_of_a_window(api: Any, ann: Human, google: GoogleServer) -> None:
    ann.create(hour(id="first1"))
    token = listed(api, timeMin="2026-12-01T00:00:00Z")["nextSyncToken"]
    ann.edit("first1", timed("2026-11-01T10:00", "2026-11-01T11:00"))
    found = {}
    for google.behaviour.outside_window in ("shown", "cancelled", "silent"):
        found[google.behaviour.outside_window] = [
            one["status"] for one in listed(api, syncToken=token)["items"]
        ]
    assert found == {"shown": ["confirmed"], "cancelled": ["cancelled"], "silent": []}


def test_changed_since(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    clock = [datetime(2026, 11, 1, 12, tzinfo=UTC)]
    with start(now=lambda: clock[0], updated_min_days=20) as google:
        google.register(BACK)
        ann = google.account("ann@example.com")
        product.google = google
        api = product.calls(product.token(EVENTS))
        ann.create(hour(id="first1"))
        ann.create(hour(id="gone01"))
        clock[0] = datetime(2026, 11, 1, 12, 30, tzinfo=UTC)
        ann.create(hour(id="late01"))
        ann.delete("gone01")
        assert ids(listed(api, updatedMin="2026-11-01T12:15:00Z")) == ["late01", "gone01"]
        old = {"updatedMin": "2026-10-01T00:00:00Z"}
        assert refused(lambda: listed(api, **old)) == (410, "updatedMinTooLongAgo")


def test_only_the_fields_that_were_asked_for(api: Any, ann: Human) -> None:
    ann.create(hour(id="first1"))
    page = listed(api, fields="nextSyncToken,items(id,start/dateTime)")
    assert page.keys() == {"nextSyncToken", "items"}
    assert page["items"] == [{"id": "first1", "start": {"dateTime": "2026-12-01T11:00:00+01:00"}}]


def test_the_list_of_calendars(product: Product, api: Any, ann: Human, google: GoogleServer) -> None:
    bob = google.account("bob@example.com")
    bob.share("primary", ann.email, "reader")
    work = ann.add_calendar("Work", "America/New_York", selected=False)
    ann.add_calendar("Hidden", hidden=True)
    page = api.calendarList().list().execute()
    shown = {one["id"]: one for one in page["items"]}
    assert list(shown) == [ann.email, bob.email, work]
    assert shown[ann.email]["primary"]
    assert (shown[bob.email]["accessRole"], "primary" in shown[bob.email]) == ("reader", False)
    assert (shown[work]["timeZone"], "selected" in shown[work]) == ("America/New_York", False)
    writable = api.calendarList().list(minAccessRole="writer", showHidden=True).execute()
    assert [one["summary"] for one in writable["items"]] == [ann.email, "Work", "Hidden"]
    assert api.calendarList().get(calendarId=work).execute()["summary"] == "Work"
    assert api.calendars().get(calendarId=work).execute()["timeZone"] == "America/New_York"
    ann.drop_calendar(work)
    later = api.calendarList().list(syncToken=page["nextSyncToken"]).execute()
    assert [(one["id"], one["deleted"]) for one in later["items"]] == [(work, True)]
    clash = {"syncToken": page["nextSyncToken"], "minAccessRole": "writer"}
    assert refused(api.calendarList().list(**clash).execute) == (400, "invalid")
    assert refused(api.events().list(calendarId=work).execute) == (404, "notFound")
    assert CALENDAR.endswith("calendar")
