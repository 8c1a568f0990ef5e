"""Events of Outlook's, as https://learn.microsoft.com/graph/api/event-get shows them, in our words and back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.core.keys import event_key
from gateway.core.model import Event
from gateway.core.remote import Reply, Showing
from gateway.providers.microsoft import times, translate
from gateway.providers.microsoft.translate import Unreadable

Json = dict[str, Any]

TEN = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
KEY = event_key("harbor.example", 7, 0)
EVENT = Event(
    uid="booking-7@harbor.example",
    starts_at=TEN,
    ends_at=TEN + HOUR,
    zone="Europe/Berlin",
    tentative=False,
    summary="Haircut – Zoë Müller",
    description="Customer: Zoë\n\n— notes —\nlikes <b>tea</b> & quiet",
    location="Hauptstr. 5",
    categories=("Bookings",),
    url="",
)


def item(**more: Any) -> Json:
    """As Graph answers with `Prefer: outlook.timezone="UTC", outlook.body-content-type="text"`."""
    return {
        "@odata.etag": 'W/"ZlnW4RIAV06KYYwlrfNZvQAAKGWwbw=="',
        "id": "AAMkAGIAAAoZDOFAAA=",
        "createdDateTime": "2026-10-19T20:53:52.3702193Z",
        "changeKey": "ZlnW4RIAV06KYYwlrfNZvQAAKGWwbw==",
        "categories": [],
        "transactionId": None,
        "originalStartTimeZone": "W. Europe Standard Time",
        "originalEndTimeZone": "W. Europe Standard Time",
        "iCalUId": "040000008200E00074C5B7101A82E00800000000DA2B357D94E8D301",
        "reminderMinutesBeforeStart": 15,
        "isReminderOn": True,
        "hasAttachments": False,
        "subject": "Dentist",
        "bodyPreview": "",
        "importance": "normal",
        "sensitivity": "normal",
        "isAllDay": False,
        "isCancelled": False,
        "isOrganizer": True,
        "responseRequested": True,
        "seriesMasterId": None,
        "showAs": "busy",
        "type": "singleInstance",
        "isOnlineMeeting": False,
        "onlineMeeting": None,
        "recurrence": None,
        "responseStatus": {"response": "organizer", "time": "0001-01-01T00:00:00Z"},
        "body": {"contentType": "text", "content": ""},
        "start": {"dateTime": "2026-12-01T09:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": "2026-12-01T10:00:00.0000000", "timeZone": "UTC"},
        "location": {"displayName": "Elsewhere", "locationType": "default"},
        "attendees": [],
        **more,
    }


def ours(**more: Any) -> Json:
    """What becomes of a POST of ours, with what somebody made of it."""
    made = translate.new_event(EVENT, KEY, "calendar-1")
    for name in ("start", "end"):
        moment = {"start": EVENT.starts_at, "end": EVENT.ends_at}[name]
        made[name] = {"dateTime": f"{moment:%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": "UTC"}
    return item(**made, **more) if not more.keys() & made.keys() else item(**{**made, **more})


def event(read: Json, *, titles: bool = False, master: Json | None = None) -> Any:
    return translate.event(read, titles=titles, master=master)


def test_an_event_of_theirs() -> None:
    found = event(item())
    assert found.times == b"DTSTART:20261201T090000Z\r\nDTEND:20261201T100000Z\r\n"
    assert (found.id, found.series, found.etag) == (item()["id"], item()["id"], item()["@odata.etag"])
    assert (found.showing, found.reply, found.tag, found.wanted) == (Showing.BUSY, Reply.NONE, "", None)
    assert (found.title, found.unknown_zone) == ("", "")


@pytest.mark.parametrize(
    ("shown", "showing"),
    [
        ("free", Showing.FREE),
        ("oof", Showing.OUT_OF_OFFICE),
        ("workingElsewhere", Showing.WORKING_ELSEWHERE),
        ("busy", Showing.BUSY),
        ("unknown", Showing.BUSY),
        ("something new", Showing.BUSY),
        (None, Showing.BUSY),
        (7, Showing.BUSY),
    ],
)
def test_what_it_shows(shown: object, showing: Showing) -> None:
    assert event(item(showAs=shown)).showing is showing


@pytest.mark.parametrize(
    ("response", "shown", "reply"),
    [
        ("accepted", "busy", Reply.ACCEPTED),
        ("declined", "free", Reply.DECLINED),
        ("declined", "tentative", Reply.DECLINED),
        ("tentativelyAccepted", "tentative", Reply.TENTATIVE),
        ("notResponded", "tentative", Reply.UNANSWERED),
        ("none", "busy", Reply.NONE),
        ("none", "tentative", Reply.TENTATIVE),
    ],
)
def test_what_its_owner_answered(response: str, shown: str, reply: Reply) -> None:
    invited = item(isOrganizer=False, showAs=shown, responseStatus={"response": response})
    assert event(invited).reply is reply


def test_one_that_its_organizer_cancelled_takes_no_time() -> None:
    assert b"STATUS:CANCELLED\r\n" in event(item(isCancelled=True)).times


def test_a_whole_day_is_a_date_whatever_its_zone() -> None:
    day = item(
        isAllDay=True,
        start={"dateTime": "2026-12-01T00:00:00.0000000", "timeZone": "UTC"},
        end={"dateTime": "2026-12-03T00:00:00.0000000", "timeZone": "UTC"},
    )
    assert event(day).times == b"DTSTART;VALUE=DATE:20261201\r\nDTEND;VALUE=DATE:20261203\r\n"


def test_titles_are_read_where_they_are_wanted_and_never_of_private_events() -> None:
    assert event(item(), titles=True).title == "Dentist"
    for kind in ("private", "confidential"):
        assert event(item(sensitivity=kind), titles=True).title == ""
    assert "Dentist" not in repr(
        event(item(body={"content": "Dentist"}, location={"displayName": "Dentist"}))
    )


def test_a_zone_that_nobody_knows_is_named_and_the_time_is_right() -> None:
    found = event(item(originalStartTimeZone="Customized Time Zone 7"))
    assert found.unknown_zone == "Customized Time Zone 7"
    assert found.times == event(item()).times
    for known in ("W. Europe Standard Time", "Europe/Berlin", "UTC", "tzone://Microsoft/Custom", "", None):
        assert event(item(originalStartTimeZone=known)).unknown_zone == ""


def test_an_occurrence_has_the_rest_from_its_series() -> None:
    bare = {
        "@odata.etag": 'W/"1"',
        "id": "AAMkOCC=",
        "type": "occurrence",
        "seriesMasterId": "AAMkMASTER=",
        "start": {"dateTime": "2026-12-08T09:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": "2026-12-08T10:00:00.0000000", "timeZone": "UTC"},
    }
    master = item(id="AAMkMASTER=", type="seriesMaster", showAs="oof", subject="Swimming")
    found = event(bare, titles=True, master=master)
    assert (found.id, found.series, found.etag) == ("AAMkOCC=", "AAMkMASTER=", 'W/"1"')
    assert (found.showing, found.title) == (Showing.OUT_OF_OFFICE, "Swimming")
    assert found.times.startswith(b"DTSTART:20261208T090000Z\r\n")
    private = event(bare, titles=True, master={**master, "sensitivity": "private"})
    assert private.title == ""


@pytest.mark.parametrize(
    "change",
    [
        {"start": None},
        {"start": {}},
        {"start": {"dateTime": "tomorrow", "timeZone": "UTC"}},
        {"start": {"dateTime": "2026-12-01T09:00:00", "timeZone": "Pacific Standard Time"}},
        {"start": {"dateTime": "0001-01-01T00:00:00", "timeZone": "UTC"}},
        {"end": {"dateTime": "9999-12-31T00:00:00", "timeZone": "UTC"}},
        {"id": None},
        {"id": 7},
    ],
)
def test_what_can_not_be_read_is_not_guessed(change: Json) -> None:
    with pytest.raises(Unreadable):
        event(item(**change))


def test_an_event_that_ends_before_it_begins_is_a_moment() -> None:
    read = item(end={"dateTime": "2026-12-01T08:00:00.0000000", "timeZone": "UTC"})
    assert event(read).times == b"DTSTART:20261201T090000Z\r\nDTEND:20261201T090000Z\r\n"


def test_what_we_write_is_what_we_read() -> None:
    found = event(ours())
    assert found.tag == EVENT.uid
    assert translate.says(ours(), EVENT)
    assert found.wanted.summary == EVENT.summary
    assert (found.wanted.starts_at, found.wanted.ends_at) == (EVENT.starts_at, EVENT.ends_at)
    assert found.wanted.categories == EVENT.categories
    outlook = {"contentType": "text", "content": EVENT.description.replace("\n", "\r\n") + "\r\n"}
    assert translate.says(ours(body=outlook), EVENT)


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "Other"},
        {"showAs": "tentative"},
        {"showAs": "free"},
        {"isAllDay": True},
        {"location": {"displayName": ""}},
        {"body": {"content": ""}},
        {"recurrence": {"pattern": {}}},
        {"start": {"dateTime": "2026-12-01T08:00:00", "timeZone": "UTC"}},
        {"start": None},
    ],
)
def test_what_somebody_made_of_it_is_seen(change: Json) -> None:
    assert not translate.says(ours(**change), EVENT)


def test_what_somebody_added_to_ours_is_seen() -> None:
    found = translate.wanted(
        ours(
            attendees=[{"emailAddress": {"address": "a@b.example"}}],
            hasAttachments=True,
            isOnlineMeeting=True,
        )
    )
    assert len(found.attendees) == 1
    assert found.additions == ("attachments", "video link")
    assert translate.wanted(ours(isCancelled=True)).cancelled
    assert translate.wanted(ours(responseStatus={"response": "declined"}, isOrganizer=False)).declined


def test_nobody_is_invited_and_nothing_personal_is_written_over() -> None:
    for body in (translate.new_event(EVENT, KEY, "c"), translate.changed_event(EVENT)):
        assert not body.get("attendees")
        assert not body.keys() & {
            "isReminderOn",
            "reminderMinutesBeforeStart",
            "sensitivity",
            "isOnlineMeeting",
        }


def test_a_key_makes_one_event_in_each_calendar() -> None:
    first = translate.new_event(EVENT, KEY, "one")
    assert first["transactionId"] == translate.new_event(EVENT, KEY, "one")["transactionId"]
    assert first["transactionId"] != translate.new_event(EVENT, KEY, "two")["transactionId"]
    assert translate.is_ours(first)
    assert not translate.is_ours(item(transactionId="7E163156-7762-4BEB-A1C6-729EA81755A7"))
    assert translate.is_key(KEY)
    assert not translate.is_key(item()["id"])


def test_times_are_written_by_the_clocks_on_the_wall() -> None:
    assert times.written(TEN, "Europe/Berlin") == {
        "dateTime": "2026-12-01T10:00:00",
        "timeZone": "Europe/Berlin",
    }


@pytest.mark.parametrize("hour", [0, 1])
def test_an_hour_that_there_is_twice_is_written_in_utc(hour: int) -> None:
    moment = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
    assert times.written(moment, "Europe/Berlin") == {
        "dateTime": f"2026-10-25T0{hour}:30:00",
        "timeZone": "UTC",
    }


def test_a_tentative_booking_is_shown_so() -> None:
    assert translate.new_event(replace(EVENT, tentative=True), KEY, "c")["showAs"] == "tentative"
