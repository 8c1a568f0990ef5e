"""The stand-in for Google is as strict as Google: requests against the published document, and the life of an event."""

from __future__ import annotations

from typing import Any

import pytest

from tests.servers.conftest import CALENDAR, EVENTS, LISTS, Json, Product, hour, refused
from tests.servers.google import GoogleServer, Human

HERE = {"calendarId": "primary"}
SERIES = {
    "start": {"dateTime": "2026-10-23T09:00:00", "timeZone": "Europe/Berlin"},
    "end": {"dateTime": "2026-10-23T10:00:00", "timeZone": "Europe/Berlin"},
    "recurrence": ["RRULE:FREQ=DAILY;COUNT=5"],
}


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("events?colour=red", "badRequest"),
        ("events?maxResults=many", "invalidParameter"),
        ("events?maxResults=0", "invalidParameter"),
        ("events?orderBy=title", "invalidParameter"),
        ("events?showDeleted=yes", "invalidParameter"),
        ("events?timeMin=2026-12-01T00:00:00", "badRequest"),
        ("events?timeMin=2026-12-02T00:00:00Z&timeMax=2026-12-01T00:00:00Z", "timeRangeEmpty"),
        ("events?q=a&q=b", "invalidParameter"),
        ("events?orderBy=startTime", "invalid"),
        ("events?privateExtendedProperty=loose", "invalid"),
        ("events?fields=items(id,mood)", "invalidParameter"),
        ("events?fields=items(id", "invalidParameter"),
    ],
)
def test_the_document_decides_about_parameters(product: Product, token: Json, path: str, reason: str) -> None:
    answer = product.asks("GET", f"calendars/primary/{path}", token)
    (detail,) = answer.json()["error"]["errors"]
    assert (answer.status_code, detail["reason"]) == (400, reason), answer.text
    assert answer.json()["error"]["code"] == 400


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"colour": "red"}, "badRequest"),
        ({"start": {"moment": "now"}}, "badRequest"),
        ({"summary": 7}, "invalid"),
        ({"attendees": "ann"}, "invalid"),
        ({"sequence": "first"}, "invalid"),
        ({"guestsCanModify": "yes"}, "invalid"),
        ({"status": "maybe"}, "invalid"),
        ({"transparency": "glass"}, "invalid"),
        ({"eventType": "party"}, "invalid"),
        ({"eventType": "fromGmail"}, "invalid"),
        ({"attendees": [{"displayName": "Bob"}]}, "required"),
        ({"attendees": [{"email": "bob@example.com", "responseStatus": "perhaps"}]}, "invalid"),
        ({"extendedProperties": {"private": {"n": 1}}}, "invalid"),
        ({"reminders": {"useDefault": True, "overrides": [{"method": "popup", "minutes": 5}]}},
         "cannotUseDefaultRemindersAndSpecifyOverride"),
        ({"id": "TOO-LOUD"}, "invalid"),
        ({"id": "abcd"}, "invalid"),
        ({"id": "abcde1", "iCalUID": "x@example.com"}, "invalid"),
        ({"start": None}, "required"),
        ({"end": None}, "required"),
        ({"end": {"dateTime": "2026-12-01T10:00:00Z"}}, "timeRangeEmpty"),
        ({"end": {"date": "2026-12-02"}}, "invalid"),
        ({"end": {"dateTime": "2026-12-01T11:00:00"}}, "required"),
        ({"end": {"dateTime": "2026-12-01 11:00"}}, "invalid"),
        ({"end": {"dateTime": "2026-12-01T11:00:00Z", "timeZone": "Pacific Standard Time"}}, "invalid"),
        ({"end": {"dateTime": "2026-12-01T11:00:00Z", "date": "2026-12-01"}}, "invalid"),
        ({"recurrence": ["RRULE:FREQ=DAILY"]}, "required"),
        ({**SERIES, "recurrence": ["DTSTART:20261023T090000"]}, "invalid"),
        ({**SERIES, "recurrence": ["RRULE:FREQ=SOMETIMES"]}, "invalid"),
        ({**SERIES, "recurrence": ["RRULE:COUNT=5"]}, "invalid"),
        ({**SERIES, "recurrence": ["RRULE:FREQ=DAILY;UNTIL=20261201T000000"]}, "invalid"),
        ({"eventType": "outOfOffice", "start": {"date": "2026-12-01"}, "end": {"date": "2026-12-02"}},
         "eventTypeRestriction"),
        ({"eventType": "workingLocation"}, "eventTypeRestriction"),
    ],
)  # fmt: skip
def test_an_event_that_google_refuses(api: Any, ann: Human, change: Json, reason: str) -> None:
    assert refused(api.events().insert(**HERE, body={**hour(), **change}).execute) == (400, reason)
    assert not ann.events(tombstones=True)


def test_a_body_must_be_json(product: Product, token: Json) -> None:
    for how in ({"data": "{", "headers": {"Content-Type": "application/json"}}, {"data": {"a": "b"}}):
        answer = product.asks("POST", "calendars/primary/events", token, **how)
        assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (400, "parseError")


def test_who_may_ask_what(product: Product, ann: Human, token: Json, google: GoogleServer) -> None:
    few = product.calls(product.token(EVENTS, LISTS))
    few.events().insert(**HERE, body=hour()).execute()
    assert few.calendarList().list().execute()["items"][0]["id"] == ann.email
    assert refused(few.calendars().get(**HERE).execute) == (403, "insufficientPermissions")
    body = {"timeMin": "2026-12-01T00:00:00Z", "timeMax": "2026-12-02T00:00:00Z"}
    assert refused(few.freebusy().query(body=body).execute) == (403, "insufficientPermissions")
    reader = product.calls(product.token(f"{EVENTS}.readonly", LISTS))
    assert refused(reader.events().insert(**HERE, body=hour()).execute) == (403, "insufficientPermissions")
    assert product.asks("GET", "calendars/primary/events", {"access_token": "x"}).status_code == 401
    bare = product.asks("GET", "calendars/primary/events", token, headers={"Authorization": ""})
    assert (bare.status_code, bare.json()["error"]["errors"][0]["reason"]) == (401, "required")
    assert "WWW-Authenticate" in bare.headers


def test_calendars_of_others_by_role(product: Product, google: GoogleServer, ann: Human) -> None:
    bob = google.account("bob@example.com", "America/New_York")
    bob.create(hour(summary="Surgery", visibility="private"))
    bob.create(hour(summary="Lunch"))
    anns = product.calls(product.token(EVENTS, CALENDAR, login_hint=ann.email))
    theirs = {"calendarId": bob.email}
    assert refused(anns.events().list(**theirs).execute) == (404, "notFound")
    bob.share("primary", ann.email, "freeBusyReader")
    shown = anns.events().list(**theirs).execute()
    assert shown["accessRole"] == "freeBusyReader"
    assert not any("summary" in one for one in shown["items"])
    bob.share("primary", ann.email, "reader")
    titles = [one.get("summary") for one in anns.events().list(**theirs).execute()["items"]]
    assert titles == [None, "Lunch"]
    assert refused(anns.events().insert(**theirs, body=hour()).execute) == (403, "requiredAccessLevel")
    bob.share("primary", ann.email, "writer")
    made = anns.events().insert(**theirs, body=hour()).execute()
    assert made["creator"] == {"email": ann.email}
    assert made["organizer"] == {"email": bob.email, "self": True}
    owned = product.calls(product.token(f"{EVENTS}.owned", LISTS, login_hint=ann.email))
    owned.events().insert(**HERE, body=hour()).execute()
    assert refused(owned.events().insert(**theirs, body=hour()).execute)[0] == 403


def test_what_google_fills_in(api: Any) -> None:
    made = (
        api.events().insert(**HERE, body=hour(id="abcde1", transparency="opaque", hangoutLink="x")).execute()
    )
    assert made["start"] == {"dateTime": "2026-12-01T11:00:00+01:00", "timeZone": "Europe/Berlin"}
    assert made["etag"].startswith('"')
    assert made["iCalUID"] == "abcde1@google.com"
    assert made["reminders"] == {"useDefault": True}
    assert (made["status"], made["sequence"], made["eventType"], made["kind"]) == (
        "confirmed", 0, "default", "calendar#event"
    )  # fmt: skip
    assert {"htmlLink", "created", "updated", "creator", "organizer"} <= made.keys()
    assert not {"attendees", "transparency", "visibility", "hangoutLink"} & made.keys()
    elsewhere = api.events().get(**HERE, eventId="abcde1", timeZone="America/New_York").execute()
    assert elsewhere["start"]["dateTime"] == "2026-12-01T05:00:00-05:00"


def test_zones_and_whole_days(api: Any) -> None:
    body = {
        "start": {"dateTime": "2026-07-01T10:00:00", "timeZone": "America/New_York"},
        "end": {"dateTime": "2026-07-01T11:00:00", "timeZone": "America/New_York"},
    }
    made = api.events().insert(**HERE, body=body).execute()
    assert made["start"] == {"dateTime": "2026-07-01T16:00:00+02:00", "timeZone": "America/New_York"}
    day = {"start": {"date": "2026-12-24"}, "end": {"date": "2026-12-25"}}
    assert api.events().insert(**HERE, body=day).execute()["end"] == {"date": "2026-12-25"}
    day["end"] = {"date": "2026-12-24"}
    assert refused(api.events().insert(**HERE, body=day).execute) == (400, "timeRangeEmpty")


def test_extended_properties_that_are_too_long(api: Any) -> None:
    given = {"private": {"n" * 45: "dropped", "long": "v" * 2000}}
    made = api.events().insert(**HERE, body=hour(extendedProperties=given)).execute()
    assert made["extendedProperties"] == {"private": {"long": "v" * 1024}}


def test_an_id_stays_taken(api: Any, google: GoogleServer) -> None:
    api.events().insert(**HERE, body=hour(id="abcde1")).execute()
    assert refused(api.events().insert(**HERE, body=hour(id="abcde1")).execute) == (409, "duplicate")
    api.events().delete(**HERE, eventId="abcde1").execute()
    assert refused(api.events().insert(**HERE, body=hour(id="abcde1")).execute) == (409, "duplicate")
    assert refused(api.events().delete(**HERE, eventId="abcde1").execute) == (410, "deleted")
    assert refused(api.events().delete(**HERE, eventId="abcde2").execute) == (404, "notFound")
    assert api.events().get(**HERE, eventId="abcde1").execute()["status"] == "cancelled"
    assert google.writes == 2


def test_a_deleted_event_may_come_back_or_not(api: Any, google: GoogleServer) -> None:
    api.events().insert(**HERE, body=hour(id="abcde1")).execute()
    api.events().delete(**HERE, eventId="abcde1").execute()
    update = api.events().update(**HERE, eventId="abcde1", body=hour(status="confirmed"))
    assert refused(update.execute) == (403, "forbidden")
    google.behaviour.revives = True
    assert update.execute()["status"] == "confirmed"
    assert api.events().list(**HERE).execute()["items"][0]["id"] == "abcde1"


def test_only_the_known_version_is_changed(api: Any) -> None:
    def when(request: Any, etag: str, header: str = "If-Match") -> Any:
        request.headers[header] = etag
        return request

    first = api.events().insert(**HERE, body=hour(id="abcde1")).execute()["etag"]
    assert refused(when(api.events().get(**HERE, eventId="abcde1"), first, "If-None-Match").execute) == (
        304,
        "",
    )
    patch = api.events().patch(**HERE, eventId="abcde1", body={"summary": "new"})
    second = when(patch, first).execute()["etag"]
    assert second != first
    for request in (
        api.events().patch(**HERE, eventId="abcde1", body={"summary": "late"}),
        api.events().update(**HERE, eventId="abcde1", body=hour()),
        api.events().delete(**HERE, eventId="abcde1"),
    ):
        assert refused(when(request, first).execute) == (412, "conditionNotMet")
    got = when(api.events().get(**HERE, eventId="abcde1"), first, "If-None-Match").execute()
    assert (got["etag"], got["summary"]) == (second, "new")
    when(api.events().delete(**HERE, eventId="abcde1"), second).execute()
