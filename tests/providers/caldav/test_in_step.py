"""The engine and a CalDAV account, in step: as with Google, on a real server, for each way of asking it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from gateway.core.connection import State
from gateway.core.errors import NeedsReconnect
from gateway.core.remote import Login
from gateway.providers import caldav, ics
from gateway.providers.ics import IcsConfig
from gateway.services import connect
from tests.conftest import Town
from tests.linked import Linked
from tests.providers.caldav.conftest import ANN, PASSWORD, Request, World, reply
from tests.providers.ics.conftest import feed, vevent
from tests.servers.google import start as start_google


@pytest.fixture(params=["tokens", "versions"])
def linked(request: pytest.FixtureRequest, the_town: Town, world: World, tmp_path: Path) -> Iterator[Linked]:
    if request.param == "versions":
        world.front.says = lambda request: reply(501) if b"sync-collection" in request.body else None
    with start_google(allow_http=True) as google:
        made = Linked.build(the_town, google, tmp_path)
        kinds = {
            "caldav": caldav.provider(world.config(page=3), made.clock),
            "ics": ics.provider(IcsConfig(allow_private=True), made.clock),
        }
        deps = replace(made.deps, providers=kinds)
        yield replace(made, deps=deps, town=replace(made.town, deps=deps))


@pytest.fixture
def connection(linked: Linked, world: World) -> int:
    made = entered(linked, Login(world.front.url, ANN, PASSWORD))
    linked.settle()
    assert linked.state(made) is State.IN_STEP
    return made


def entered(linked: Linked, login: Login, kind: str = "caldav", again: int | None = None) -> int:
    return connect.enter(
        linked.deps, linked.owner(linked.town.alice), kind, login, staff_id=11, connection_id=again
    )


def shown(world: World) -> dict[str, Any]:
    """What is in Ann's calendar, by UID."""
    body = (
        '<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><C:calendar-data/></D:prop>'
        '<C:filter><C:comp-filter name="VCALENDAR"/></C:filter></C:calendar-query>'
    )
    headers = {"Content-Type": "application/xml", "Depth": "1"}
    answer = world.ann.ask("REPORT", world.main, data=body, headers=headers).text
    texts = answer.split("BEGIN:VCALENDAR")[1:]
    read = [
        Calendar.from_ical("BEGIN:VCALENDAR" + one.partition("END:VCALENDAR")[0] + "END:VCALENDAR")
        for one in texts
    ]
    return {str(event["UID"]): event for one in read for event in one.walk("VEVENT")}


def of(world: World, booking: int) -> Any:
    return next((event for uid, event in shown(world).items() if uid.startswith(f"booking-{booking}@")), None)


def path(world: World, linked: Linked, booking: int) -> str:
    [(id_,)] = linked.town.sql("SELECT calendar_event_id FROM bookings WHERE id = %s", booking)
    return f"{world.main}{id_}.ics"


def move(world: World, linked: Linked, booking: int, by: timedelta) -> None:
    def change(event: Any) -> None:
        for name in ("DTSTART", "DTEND"):
            moved = event.decoded(name) + by
            del event[name]
            event.add(name, moved)

    world.ann.change(path(world, linked, booking), change)


def test_a_booking_appears_moves_and_goes(linked: Linked, world: World, connection: int) -> None:
    booking = linked.book(linked.in_days(3))
    linked.settle()
    assert of(world, booking).decoded("DTSTART") == linked.in_days(3)
    linked.shift(booking, hours=1)
    linked.settle()
    assert of(world, booking).decoded("DTSTART") == linked.in_days(3, 16)
    linked.poll()
    linked.town.sql("UPDATE bookings SET status = 2 WHERE id = %s", booking)
    linked.settle()
    assert of(world, booking) is None


def test_nothing_goes_back_and_forth(linked: Linked, world: World, connection: int) -> None:
    linked.book(linked.in_days(3))
    linked.settle()
    linked.poll()
    del world.front.asked[:]
    linked.poll()
    assert "PUT" not in world.front.methods()


def test_an_event_that_somebody_moves_reschedules(linked: Linked, world: World, connection: int) -> None:
    booking = linked.book(linked.in_days(3))
    linked.settle()
    move(world, linked, booking, timedelta(hours=2))
    linked.poll()
    assert linked.booking(booking)[0] == linked.in_days(3, 17)
    assert [one[1:] for one in linked.outcomes(booking)] == [("move", "accepted")]
    del world.front.asked[:]
    linked.poll()
    assert "PUT" not in world.front.methods()


def test_another_title_is_put_back_and_a_reminder_stays(
    linked: Linked, world: World, connection: int
) -> None:
    booking = linked.book(linked.in_days(3))
    linked.settle()
    there = path(world, linked, booking)
    before = of(world, booking)["SUMMARY"]
    alarm = (
        b"BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:Soon\r\nTRIGGER:-PT10M\r\nEND:VALARM\r\nEND:VEVENT"
    )
    text = (
        world.ann.ask("GET", there)
        .content.replace(b"SUMMARY:", b"SUMMARY:Lunch ")
        .replace(b"END:VEVENT", alarm)
    )
    world.ann.ask("PUT", there, data=text, headers={"Content-Type": "text/calendar"})
    linked.poll()
    assert of(world, booking)["SUMMARY"] == before
    assert b"BEGIN:VALARM" in world.ann.ask("GET", there).content


def test_an_event_that_somebody_deletes_comes_back(linked: Linked, world: World, connection: int) -> None:
    """The business asks first (its default), so it is put back meanwhile. Where versions are compared, an event has to
    be seen once before it can be missed."""
    booking = linked.book(linked.in_days(3))
    linked.settle()
    linked.poll()
    world.ann.ask("DELETE", path(world, linked, booking))
    linked.poll()
    assert of(world, booking) is not None
    assert linked.booking(booking)[2] == 1
    assert len([uid for uid in shown(world) if uid.startswith(f"booking-{booking}@")]) == 1


def test_a_booking_that_is_cancelled_and_comes_back(linked: Linked, world: World, connection: int) -> None:
    booking = linked.book(linked.in_days(3))
    for status in (2, 1, 2, 1):
        linked.town.sql("UPDATE bookings SET status = %s WHERE id = %s", status, booking)
        linked.settle()
    assert of(world, booking).decoded("DTSTART") == linked.in_days(3)


def test_events_of_others_block_move_and_free(linked: Linked, world: World, connection: int) -> None:
    start = linked.in_days(2)

    def at(when: datetime) -> str:
        return f"DTSTART:{when:%Y%m%dT%H%M%SZ}"

    world.put("dentist", at(start), "DURATION:PT1H", "SUMMARY:Dentist")
    world.put("lunch", at(start), "DURATION:PT1H", "TRANSP:TRANSPARENT")
    world.put("daily", at(start + timedelta(hours=4)), "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3")
    linked.poll()
    assert len(linked.busy()) == 4
    assert linked.busy()[0] == (start, start + timedelta(hours=1))
    world.put("dentist", at(start + timedelta(hours=2)), "DURATION:PT1H")
    world.delete("daily")
    linked.poll()
    assert linked.busy() == [(start + timedelta(hours=2), start + timedelta(hours=3))]
    world.delete("dentist")
    linked.poll()
    assert linked.busy() == []
    [(rows,)] = linked.town.sql("SELECT string_agg(e::text, '') FROM daybridge.external_calendar_events e")
    assert "Dentist" not in str(rows)


def test_a_lost_answer_makes_no_second_event(linked: Linked, world: World, connection: int) -> None:
    lose = iter([True])
    before = world.front.says

    def spoils(
        request: Request, status: int, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        if request.method == "PUT" and next(lose, False):
            return 502, {}, b""
        return status, headers, body

    world.front.spoils, world.front.says = spoils, before
    booking = linked.book(linked.in_days(3))
    linked.settle()
    linked.later(minutes=30)
    assert len([uid for uid in shown(world) if uid.startswith(f"booking-{booking}@")]) == 1
    assert linked.state(connection) is State.IN_STEP


def test_a_password_that_has_ended_and_a_new_one(linked: Linked, world: World, connection: int) -> None:
    before = world.front.says
    world.front.says = lambda request: reply(401)
    linked.poll()
    assert linked.state(connection) is State.RECONNECT_NEEDED
    with pytest.raises(NeedsReconnect):
        entered(linked, Login(world.front.url, ANN, PASSWORD), again=connection)
    world.front.says = before
    assert entered(linked, Login(world.front.url, ANN, PASSWORD), again=connection) == connection
    linked.settle()
    assert linked.state(connection) is State.IN_STEP


def test_an_account_that_is_connected_anew_takes_over_what_was_left(
    linked: Linked, world: World, connection: int
) -> None:
    from gateway.services import disconnect

    booking = linked.book(linked.in_days(3))
    linked.settle()
    disconnect.begin(linked.deps, linked.owner(linked.town.alice), connection, remove=False)
    linked.settle()
    assert of(world, booking) is not None
    entered(linked, Login(world.front.url, ANN, PASSWORD))
    linked.settle()
    assert len([uid for uid in shown(world) if uid.startswith(f"booking-{booking}@")]) == 1
    linked.shift(booking, hours=1)
    linked.settle()
    assert of(world, booking).decoded("DTSTART") == linked.in_days(3, 16)


def test_a_calendar_at_an_address(linked: Linked, world: World) -> None:
    start = linked.in_days(2)
    text = [feed(vevent("a", f"DTSTART:{start:%Y%m%dT%H%M%SZ}"))]
    world.front.says = lambda request: reply(200, text[0])
    made = entered(linked, Login(f"{world.front.url}/secret.ics"), "ics")
    linked.settle()
    assert linked.state(made) is State.IN_STEP
    assert linked.busy() == [(start, start + timedelta(hours=1))]
    booking = linked.book(linked.in_days(3))
    linked.settle()
    assert linked.outcomes(booking) == []
    text[0] = feed(vevent("a", f"DTSTART:{start + timedelta(hours=1):%Y%m%dT%H%M%SZ}"))
    linked.poll()
    assert linked.busy() == [(start + timedelta(hours=1), start + timedelta(hours=2))]
    text[0] = b"<html>Out of order</html>"
    linked.poll()
    assert linked.busy() == [(start + timedelta(hours=1), start + timedelta(hours=2))], "it blocks as it was"
