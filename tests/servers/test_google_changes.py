"""Google's events while they change: PUT and PATCH, series and their exceptions, free/busy."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.servers.conftest import Json, hour, refused, timed
from tests.servers.google import GoogleServer, Human

HERE = {"calendarId": "primary"}
TAGGED = {"private": {"tag": "b1", "version": "1"}, "shared": {"room": "2"}}
# Across the end of summer time, which is in the night to 25 October.
SERIES = {
    "id": "serie1",
    "summary": "Standup",
    "start": {"dateTime": "2026-10-23T09:00:00", "timeZone": "Europe/Berlin"},
    "end": {"dateTime": "2026-10-23T10:00:00", "timeZone": "Europe/Berlin"},
    "recurrence": ["RRULE:FREQ=DAILY;COUNT=5", "EXDATE;TZID=Europe/Berlin:20261024T090000"],
}
SUNDAY = "serie1_20261025T080000Z"


def put(api: Any, body: Json) -> Json:
    return api.events().update(**HERE, eventId="abcde1", body=body).execute()


def patch(api: Any, body: Json, event_id: str = "abcde1") -> Json:
    return api.events().patch(**HERE, eventId=event_id, body=body).execute()


@pytest.fixture
def event(api: Any) -> Json:
    guests = [{"email": "bob@example.com"}, {"email": "eve@example.com"}]
    body = hour(id="abcde1", summary="Cut", extendedProperties=TAGGED, attendees=guests)
    return api.events().insert(**HERE, body=body).execute()


def test_put_replaces_everything(api: Any, event: Json) -> None:
    after = put(api, hour(description="new"))
    assert not {"summary", "extendedProperties", "attendees"} & after.keys()
    assert {name: after[name] for name in ("id", "iCalUID", "created", "creator", "organizer")} == {
        name: event[name] for name in ("id", "iCalUID", "created", "creator", "organizer")
    }
    assert refused(lambda: put(api, {"summary": "no times"})) == (400, "required")
    assert refused(lambda: put(api, hour(id="abcde2"))) == (400, "invalid")
    assert refused(lambda: put(api, hour(iCalUID="other"))) == (400, "invalid")
    assert refused(lambda: put(api, hour(eventType="focusTime"))) == (400, "invalid")


def test_what_was_read_can_be_put_back(api: Any, event: Json) -> None:
    after = put(api, event)
    assert after.pop("etag") != event.pop("etag")
    assert {**after, "updated": ""} == {**event, "updated": ""}


def test_patch_merges_objects_and_replaces_arrays(api: Any, event: Json) -> None:
    change = {
        "extendedProperties": {"private": {"version": "2", "tag": None}},
        "attendees": [{"email": "x@example.com"}],
    }
    after = patch(api, change | {"summary": None})
    assert after["extendedProperties"] == {"private": {"version": "2"}, "shared": {"room": "2"}}
    assert [one["email"] for one in after["attendees"]] == ["x@example.com"]
    assert "summary" not in after


def test_a_timed_event_becomes_a_whole_day_only_with_nulls(api: Any, event: Json) -> None:
    days = {"start": {"date": "2026-12-01"}, "end": {"date": "2026-12-02"}}
    assert refused(lambda: patch(api, days)) == (400, "invalid")
    gone = {"dateTime": None, "timeZone": None}
    after = patch(api, {name: day | gone for name, day in days.items()})
    assert after["start"] == {"date": "2026-12-01"}


def test_the_sequence_grows_and_never_falls(api: Any, event: Json) -> None:
    assert patch(api, {"summary": "same time"})["sequence"] == 0
    moved = patch(api, {"end": {"dateTime": "2026-12-01T12:00:00Z"}})
    assert moved["sequence"] == 1
    assert put(api, moved | {"sequence": 7})["sequence"] == 7
    assert refused(lambda: put(api, moved)) == (400, "invalid")
    assert refused(lambda: patch(api, {"sequence": 6})) == (400, "invalid")


def test_mails_are_noted(api: Any, event: Json, google: GoogleServer) -> None:
    assert not google.mails
    api.events().delete(**HERE, eventId="abcde1", sendUpdates="all").execute()
    (mail,) = google.mails
    assert mail.to == ("bob@example.com", "eve@example.com")


@pytest.fixture
def series(api: Any) -> Json:
    return api.events().insert(**HERE, body=SERIES).execute()


def listed(api: Any, **query: Any) -> list[Json]:
    return api.events().list(**HERE, **query).execute()["items"]


def test_a_series_is_listed_as_one_or_as_many(api: Any, series: Json) -> None:
    (master,) = listed(api)
    assert master["recurrence"] == SERIES["recurrence"]
    single = listed(api, singleEvents=True, orderBy="startTime")
    assert [one["start"]["dateTime"] for one in single] == [
        "2026-10-23T09:00:00+02:00",
        "2026-10-25T09:00:00+01:00",
        "2026-10-26T09:00:00+01:00",
        "2026-10-27T09:00:00+01:00",
    ]
    assert single[1]["id"] == SUNDAY
    assert single[1]["recurringEventId"] == "serie1"
    spread = api.events().instances(**HERE, eventId="serie1", timeMin="2026-10-26T00:00:00Z").execute()
    assert [one["id"] for one in spread["items"]] == [one["id"] for one in single[2:]]
    window = {"timeMin": "2026-10-27T00:00:00Z", "timeMax": "2026-10-28T00:00:00Z"}
    assert [one["id"] for one in listed(api, **window)] == ["serie1"]
    assert not listed(api, timeMin="2026-10-28T00:00:00Z")


def test_a_series_ends_at_a_moment_in_utc(api: Any) -> None:
    for until, days in (("20261026T080000Z", 4), ("20261026T075959Z", 3)):
        body = {**SERIES, "id": f"until{days}", "recurrence": [f"RRULE:FREQ=DAILY;UNTIL={until}"]}
        api.events().insert(**HERE, body=body).execute()
        assert len(api.events().instances(**HERE, eventId=f"until{days}").execute()["items"]) == days


def test_an_occurrence_that_is_changed_becomes_an_exception(api: Any, series: Json) -> None:
    moved = {
        "start": {"dateTime": "2026-10-25T14:00:00+01:00"},
        "end": {"dateTime": "2026-10-25T15:00:00+01:00"},
    }
    patch(api, moved, SUNDAY)
    exception = next(one for one in listed(api) if one["id"] == SUNDAY)
    assert exception["originalStartTime"]["dateTime"] == "2026-10-25T09:00:00+01:00"
    assert exception["start"]["dateTime"] == "2026-10-25T14:00:00+01:00"
    assert "recurrence" not in exception
    assert len(listed(api, singleEvents=True)) == 4
    assert refused(lambda: patch(api, {}, "serie1_20261024T070000Z")) == (404, "notFound")
    assert refused(lambda: patch(api, {}, "serie1_20261025T090000Z")) == (404, "notFound")
    assert refused(lambda: patch(api, {"recurrence": ["RRULE:FREQ=DAILY"]}, SUNDAY)) == (400, "invalid")


def test_an_occurrence_that_is_cancelled_stays_with_its_series(api: Any, series: Json) -> None:
    api.events().delete(**HERE, eventId=SUNDAY).execute()
    (left,) = [one for one in listed(api) if one["status"] == "cancelled"]
    assert left == {
        "id": SUNDAY,
        "status": "cancelled",
        "recurringEventId": "serie1",
        "originalStartTime": {"dateTime": "2026-10-25T09:00:00+01:00", "timeZone": "Europe/Berlin"},
    }
    assert SUNDAY not in [one["id"] for one in listed(api, singleEvents=True)]
    assert refused(api.events().delete(**HERE, eventId=SUNDAY).execute) == (410, "deleted")
    api.events().delete(**HERE, eventId="serie1").execute()
    assert not listed(api)
    assert {"id": SUNDAY, "status": "cancelled"} in listed(api, showDeleted=True)


def test_exceptions_end_when_the_series_no_longer_happens_then(api: Any, series: Json) -> None:
    patch(api, {"summary": "once"}, SUNDAY)
    patch(api, {"recurrence": ["RRULE:FREQ=WEEKLY;COUNT=5"]}, "serie1")
    assert [one["id"] for one in listed(api)] == ["serie1"]


def test_a_series_of_whole_days(api: Any) -> None:
    body = {
        "start": {"date": "2026-12-01"},
        "end": {"date": "2026-12-02"},
        "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=2"],
    }
    api.events().insert(**HERE, body=body | {"id": "series"}).execute()
    second = api.events().get(**HERE, eventId="series_20261208").execute()
    assert (second["start"], second["end"]) == ({"date": "2026-12-08"}, {"date": "2026-12-09"})
    api.events().delete(**HERE, eventId="series_20261208").execute()
    assert [one["id"] for one in listed(api, singleEvents=True)] == ["series_20261201"]


def test_free_and_busy(api: Any, ann: Human, series: Json) -> None:
    ann.create(timed("2026-10-25T08:30", "2026-10-25T09:30"))
    ann.create(timed("2026-10-25T12:00", "2026-10-25T13:00", transparency="transparent"))
    ann.respond(ann.create(timed("2026-10-25T15:00", "2026-10-25T16:00"))["id"], "declined")
    body = {"timeMin": "2026-10-25T00:00:00Z", "timeMax": "2026-10-26T00:00:00Z"}
    items = [{"id": ann.email}, {"id": "nobody@example.com"}]
    answered = api.freebusy().query(body={**body, "items": items}).execute()["calendars"]
    assert answered[ann.email]["busy"] == [{"start": "2026-10-25T08:00:00Z", "end": "2026-10-25T09:30:00Z"}]
    assert answered["nobody@example.com"]["errors"][0]["reason"] == "notFound"
    long = {**body, "timeMax": "2027-10-25T00:00:00Z"}
    assert refused(api.freebusy().query(body=long).execute) == (400, "timeRangeTooLong")
    assert refused(api.freebusy().query(body={"timeMin": body["timeMin"]}).execute) == (400, "required")


def test_all_that_a_person_can_put_in_a_calendar(ann: Human, google: GoogleServer) -> None:
    office = {"type": "officeLocation", "officeLocation": {"label": "Harbour"}}
    ann.create(hour(eventType="outOfOffice", outOfOfficeProperties={"autoDeclineMode": "declineNone"}))
    ann.create(hour(eventType="workingLocation", workingLocationProperties=office, visibility="public",
                    transparency="transparent"))  # fmt: skip
    ann.create(hour(status="tentative"))
    ann.create({"start": {"date": "2026-12-24"}, "end": {"date": "2026-12-25"}, "eventType": "birthday"})
    ann.create(hour(eventType="fromGmail"))
    invited = ann.invited(hour(summary="Board"), by="boss@example.com")
    assert "self" not in invited["organizer"]
    declined = ann.respond(invited["id"], "declined")
    assert {"email": ann.email, "responseStatus": "declined", "self": True} in declined["attendees"]
    moved = ann.move(invited["id"], timedelta(hours=1))
    assert moved["start"]["dateTime"] == "2026-12-01T12:00:00+01:00"
    assert ann.retitle(invited["id"], "Bored")["summary"] == "Bored"
    other = ann.add_calendar("Private", "America/New_York")
    day = ann.create({"start": {"date": "2026-12-24"}, "end": {"date": "2026-12-25"}}, other)
    assert ann.move(day["id"], timedelta(days=2), other)["end"] == {"date": "2026-12-27"}
    assert [one["id"] for one in ann.events(other)] == [day["id"]]
    ann.delete_many([invited["id"]])
    assert ann.empty() == 5
    assert not ann.events()
    assert len(ann.events(tombstones=True)) == 6
    assert google.writes == 0
