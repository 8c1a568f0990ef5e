"""Graph's events: what is accepted, completed and shown, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.servers.microsoft.client import LASTING, NINE, WINDOW, Client, Json, hour, signed_in, timed, weekly

TAG = "String {66F5A359-4659-4830-9070-00047EC6AC6E} Name Booking"
SHOWN = TAG.lower().replace("string", "String").replace("name booking", "Name Booking")


@pytest.fixture
def client() -> Iterator[Client]:
    with signed_in() as made:
        yield made


def test_what_graph_fills_in(client: Client) -> None:
    made = client.create(hour())
    assert (made["type"], made["showAs"], made["sensitivity"]) == ("singleInstance", "busy", "normal")
    assert (made["isReminderOn"], made["isOrganizer"], made["isCancelled"]) == (True, True, False)
    assert made["start"] == {"dateTime": "2026-12-01T09:00:00.0000000", "timeZone": "UTC"}
    assert (made["originalStartTimeZone"], made["transactionId"]) == ("Europe/Berlin", None)
    assert made["@odata.etag"] == f'W/"{made["changeKey"]}"'
    assert made["responseStatus"]["response"] == "organizer"
    assert made["organizer"]["emailAddress"]["address"] == "ann@example.com"
    assert client.says("GET", f"me/events/{made['id']}")["changeKey"] == made["changeKey"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"colour": "red"}, "RequestBodyRead"),
        ({"Subject": "Capital"}, "RequestBodyRead"),
        ({"subject": 7}, "RequestBodyRead"),
        ({"showAs": "away"}, "RequestBodyRead"),
        ({"body": {"text": "x"}}, "RequestBodyRead"),
        ({"categories": "one"}, "RequestBodyRead"),
        ({"id": "mine"}, "ErrorInvalidPropertySet"),
        ({"isCancelled": True}, "ErrorInvalidPropertySet"),
        ({"start": None}, "ErrorInvalidRequest"),
        ({"start": {"dateTime": "2026-12-01T10:00:00"}}, "TimeZoneNotSupportedException"),
        ({"start": {"dateTime": "2026-12-01T10:00:00", "timeZone": "Mars"}}, "TimeZoneNotSupportedException"),
        ({"start": {"dateTime": "2026-12-01T10:00:00+01:00", "timeZone": "UTC"}}, "ErrorInvalidRequest"),
        ({"start": {"dateTime": "2026-12-01T12:00:00", "timeZone": "UTC"}},
         "ErrorCalendarEndDateIsEarlierThanStartDate"),
        ({"isAllDay": True}, "ErrorInvalidRequest"),
        ({"attendees": [{"emailAddress": {"name": "x"}}]}, "ErrorInvalidRecipients"),
        ({"singleValueExtendedProperties": [{"id": "Booking", "value": "1"}]}, "ErrorInvalidProperty"),
        ({"singleValueExtendedProperties": [{"id": TAG}]}, "ErrorInvalidProperty"),
        ({"recurrence": {"pattern": {"type": "hourly"}, "range": {}}}, "ErrorInvalidRequest"),
        ({"subject": "x" * 256}, "ErrorInvalidRequest"),
    ],
)  # fmt: skip
def test_an_event_that_graph_refuses(client: Client, change: Json, code: str) -> None:
    body = {name: value for name, value in hour(**change).items() if value is not None}
    assert client.refused("POST", f"{client.main}/events", json=body) == (400, code)
    assert client.server.writes == 0


@pytest.mark.parametrize(
    "prefer",
    [
        'IdType="Immutable"',
        'outlook.timezone="Mars"',
        "odata.maxpagesize=0",
        'outlook.body-content-type="rtf"',
        "x=1",
    ],
)
def test_a_preference_that_means_nothing(client: Client, prefer: str) -> None:
    assert client.asks("GET", "me/events", prefer).status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        {"colour": "red"},
        {"$select": "colour"},
        {"$top": "0"},
        {"$filter": "transactionId eq 'k'"},
        {"$filter": "subject like 'x'"},
        {"$expand": "singleValueExtendedProperties"},
        {"$orderby": "colour"},
        {"$count": "true"},
    ],
)
def test_a_query_that_graph_refuses(client: Client, query: Json) -> None:
    assert client.asks("GET", f"{client.main}/events", params=query).status_code == 400


def test_addresses_and_bodies_that_graph_refuses(client: Client) -> None:
    assert client.refused("GET", "me/appointments") == (400, "BadRequest")
    assert client.refused("PUT", "me/events")[0] == 405
    assert client.refused("POST", "me/events", data=b"{}") == (400, "RequestBodyRead")
    headers = {"Content-Type": "application/json"}
    assert client.refused("POST", "me/events", data=b"{", headers=headers) == (400, "BadRequest")
    assert client.refused("GET", "me/events/bookingskey") == (400, "ErrorInvalidIdMalformed")
    assert client.refused("GET", "me/calendars/nothing/events") == (400, "ErrorInvalidIdMalformed")


def test_a_transaction_makes_one_event(client: Client) -> None:
    first = client.create(hour(transactionId="k1"))
    again = client.create(hour(transactionId="k1", subject="Other"))
    assert (again["id"], again["subject"], again["transactionId"]) == (first["id"], "Dentist", "k1")
    assert client.server.writes == 1
    second = client.ann.add_calendar("Evenings")
    elsewhere = client.says("POST", f"me/calendars/{second}/events", 201, json=hour(transactionId="k1"))
    assert elsewhere["id"] == first["id"], "it is the mailbox that remembers"
    client.server.behaviour.change({"transaction": "409"})
    asked = {"json": hour(transactionId="k1")}
    assert client.refused("POST", f"{client.main}/events", **asked) == (409, "ErrorDuplicateTransactionId")
    client.server.behaviour.change({"transaction": "forgotten"})
    assert client.create(hour(transactionId="k1"))["id"] != first["id"]
    change: Any = {"json": {"transactionId": "k2"}}
    assert client.refused("PATCH", f"me/events/{first['id']}", **change) == (400, "ErrorInvalidPropertySet")


def test_only_the_known_version_is_changed(client: Client) -> None:
    made = client.create(hour())
    path, old = f"{client.main}/events/{made['id']}", {"If-Match": made["@odata.etag"]}
    changed = client.says("PATCH", path, json={"subject": "New"}, headers=old)
    assert changed["@odata.etag"] != made["@odata.etag"]
    for verb, how in (("PATCH", {"json": {"subject": "Late"}}), ("DELETE", {})):
        assert client.refused(verb, path, headers=old, **how) == (412, "ErrorIrresolvableConflict")
    assert client.refused("DELETE", path, headers={"If-Match": "nonsense"}) == (400, "BadRequest")
    client.says("DELETE", path, 204, headers={"If-Match": changed["@odata.etag"]})
    for verb, how in (("GET", {}), ("DELETE", {}), ("PATCH", {"json": {}})):
        assert client.refused(verb, path, **how) == (404, "ErrorItemNotFound")
    assert client.server.writes_by_method == {
        "graph.events.create": 1, "graph.events.update": 1, "graph.events.delete": 1,
    }  # fmt: skip


def test_an_event_has_two_ids_and_one_of_them_lasts(client: Client) -> None:
    lasting = client.create(hour())["id"]
    [usual] = [one["id"] for one in client.says("GET", f"{client.main}/events", prefer="")["value"]]
    assert usual != lasting
    assert client.says("GET", f"me/events/{usual}")["id"] == lasting
    evenings = client.ann.add_calendar("Evenings")
    client.ann.move_to(lasting, evenings)
    assert client.says("GET", f"me/events/{lasting}")["id"] == lasting
    assert client.refused("GET", f"me/events/{usual}") == (404, "ErrorItemNotFound")
    assert client.refused("GET", f"{client.main}/events/{lasting}") == (404, "ErrorItemNotFound")
    assert client.refused("GET", f"me/events/{lasting.swapcase()}")[0] in (400, 404)
    client.server.behaviour.change({"mixed_ids": False})
    assert client.refused("GET", f"me/events/{lasting}", prefer="") == (404, "ErrorItemNotFound")


def test_extended_properties_are_shown_to_who_asks(client: Client) -> None:
    made = client.create(hour(singleValueExtendedProperties=[{"id": TAG, "value": "Booking-7"}]))
    assert "singleValueExtendedProperties" not in client.says("GET", f"me/events/{made['id']}")
    expand = f"singleValueExtendedProperties($filter=id eq '{TAG}' or id eq '{TAG}2')"
    found = client.says("GET", f"me/events/{made['id']}", params={"$expand": expand, "$select": "subject"})
    assert found["singleValueExtendedProperties"] == [{"id": SHOWN, "value": "Booking-7"}]
    assert "start" not in found
    other = [{"id": f"{TAG}2", "value": "x"}]
    client.says("PATCH", f"me/events/{made['id']}", json={"singleValueExtendedProperties": other})
    found = client.says("GET", f"me/events/{made['id']}", params={"$expand": expand})
    assert len(found["singleValueExtendedProperties"]) == 2

    def looked_for(name: str, value: str) -> int:
        term = f"singleValueExtendedProperties/Any(ep: ep/id eq '{name}' and ep/value eq '{value}')"
        return len(client.says("GET", f"{client.main}/events", params={"$filter": term})["value"])

    assert looked_for(TAG, "booking-7") == 1, "the case of a value doesn't count"
    assert looked_for(TAG.replace("Booking", "booking"), "Booking-7") == 0, "that of a name does"
    assert looked_for(TAG, "Booking-8") == 0


def test_zones_by_both_names_and_in_the_wanted_one(client: Client) -> None:
    made = client.create(timed("2026-07-01T10:00:00", "2026-07-01T11:00:00", "W. Europe Standard Time"))
    assert made["start"]["dateTime"] == "2026-07-01T08:00:00.0000000"
    assert made["originalStartTimeZone"] == "W. Europe Standard Time"
    for zone in ("America/New_York", "Eastern Standard Time"):
        shown = client.says("GET", f"me/events/{made['id']}", prefer=f'{LASTING}, outlook.timezone="{zone}"')
        assert shown["start"] == {"dateTime": "2026-07-01T04:00:00.0000000", "timeZone": zone}
    client.server.behaviour.change({"zone_echo": "windows"})
    assert client.create(hour())["originalStartTimeZone"] == "W. Europe Standard Time"
    custom = client.ann.create(hour(originalStartTimeZone="tzone://Microsoft/Custom"))
    assert (
        client.says("GET", f"me/events/{custom['id']}")["originalStartTimeZone"] == "tzone://Microsoft/Custom"
    )


def test_a_time_that_the_clock_shows_twice_is_the_second_one(client: Client) -> None:
    night = timed("2026-10-25T02:30:00", "2026-10-25T03:30:00")
    assert client.create(night)["start"]["dateTime"] == "2026-10-25T01:30:00.0000000"


def test_whole_days_are_midnights_of_no_zone(client: Client) -> None:
    made = client.create(timed("2026-12-24T00:00:00", "2026-12-27T00:00:00", isAllDay=True))
    assert made["start"] == {"dateTime": "2026-12-24T00:00:00.0000000", "timeZone": "UTC"}
    assert made["end"]["dateTime"] == "2026-12-27T00:00:00.0000000"
    mixed = timed("2026-12-24T00:00:00", "2026-12-25T00:00:00", isAllDay=True)
    mixed["end"]["timeZone"] = "UTC"
    assert client.refused("POST", "me/events", json=mixed) == (400, "ErrorInvalidRequest")
    path = f"me/events/{made['id']}"
    timed_again = client.says("PATCH", path, json={**hour(), "isAllDay": False})
    assert timed_again["start"]["dateTime"] == "2026-12-01T09:00:00.0000000"


def test_bodies_as_html_and_as_text(client: Client) -> None:
    made = client.create(hour(body={"contentType": "text", "content": "Tea\n& <cake>"}))
    assert made["body"]["contentType"] == "html"
    assert "Tea<br>\r\n&amp; &lt;cake&gt;" in made["body"]["content"]
    text = client.says("GET", f"me/events/{made['id']}", prefer='outlook.body-content-type="text"')
    assert text["body"] == {"contentType": "text", "content": "Tea\r\n& <cake>"}
    assert made["bodyPreview"] == "Tea\r\n& <cake>"
    written = client.ann.create(
        hour(body={"contentType": "html", "content": "<p>One</p><p>Two &amp; three</p>"})
    )
    assert written["body"]["content"] == "One\r\nTwo & three"


def test_calendars_come_in_pages(client: Client) -> None:
    ids = [client.ann.calendar_id(), *(client.ann.add_calendar(f"Number {n}") for n in range(12))]
    said = client.says("GET", "me/calendars")
    assert len(said["value"]) == 10
    rest = client.says("GET", said["@odata.nextLink"])
    assert [one["id"] for one in said["value"] + rest["value"]] == ids
    assert "@odata.nextLink" not in rest
    assert [one["isDefaultCalendar"] for one in said["value"]].count(True) == 1
    client.ann.drop_calendar(ids[1])
    assert client.refused("GET", f"me/calendars/{ids[1]}") == (404, "ErrorItemNotFound")


def test_a_calendar_of_somebody_else_can_be_read_only(client: Client) -> None:
    shared = client.ann.share("Boss")
    theirs = client.ann.create(hour(), shared)
    [shown] = [one for one in client.says("GET", "me/calendars")["value"] if one["id"] == shared]
    assert (shown["canEdit"], shown["owner"]["address"]) == (False, "boss@example.com")
    assert client.says("GET", f"me/calendars/{shared}/events")["value"][0]["id"] == theirs["id"]
    path = f"me/calendars/{shared}/events"
    assert client.refused("POST", path, json=hour()) == (403, "ErrorAccessDenied")
    assert client.refused("DELETE", f"{path}/{theirs['id']}") == (403, "ErrorAccessDenied")


def test_what_people_do_by_hand(client: Client) -> None:
    invited = client.ann.invited(hour(), "host@example.org", "tentativelyAccepted")
    assert (invited["isOrganizer"], invited["showAs"]) == (False, "tentative")
    assert client.ann.respond(invited["id"], "declined")["responseStatus"]["response"] == "declined"
    assert client.ann.cancel(invited["id"])["isCancelled"]
    moved = client.ann.move(client.ann.create(hour())["id"], timedelta(hours=2))
    assert moved["start"]["dateTime"] == "2026-12-01T11:00:00.0000000"
    series = client.ann.create(weekly())
    assert client.ann.move_one(series["id"], NINE, timedelta(hours=1))["type"] == "exception"
    client.ann.cancel_one(series["id"], NINE + timedelta(days=7))
    assert len(client.says("GET", f"{client.main}/calendarView", params=WINDOW)["value"]) == 5
    assert client.ann.empty() == 3
    assert client.ann.events() == []
    assert client.server.writes == 0
