"""Google's calendars through the port, over real sockets, against a Google that is as strict as the real one."""

from __future__ import annotations

import json
import logging
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.core.errors import (
    CursorExpired,
    GatewayError,
    NeedsReconnect,
    NotAccepted,
    RateLimited,
    RemoteChanged,
    RemoteGone,
    Unavailable,
)
from gateway.core.keys import event_key
from gateway.core.model import Event
from gateway.core.remote import Grant, RemoteEvent, Showing, Stamp, Window
from gateway.providers import google as product
from gateway.providers.google import api, refusals
from gateway.providers.google.client import GoogleCalendar
from gateway.providers.port import Account, CalendarProvider
from tests.providers.google.conftest import ANN, World
from tests.providers.outside import Request, reply, starting, told

NOW = datetime.now(UTC).replace(microsecond=0)
WINDOW = Window(NOW - timedelta(days=2), NOW + timedelta(days=400))
UID = "booking-7@harbor.example"
KEY = event_key("harbor.example", 7, 1)
EVENT = Event(
    uid=UID,
    starts_at=NOW + timedelta(days=3),
    ends_at=NOW + timedelta(days=3, hours=1),
    zone="Europe/Berlin",
    tentative=False,
    summary="Haircut – Zoë Müller",
    description="Customer: Zoë Müller\n\n— notes —\nlikes <b>tea</b> & quiet",
    location="Hauptstr. 5",
    categories=("Bookings",),
    url="https://zoom.us/j/1",
)
MOVED = replace(
    EVENT, starts_at=EVENT.starts_at + timedelta(hours=2), ends_at=EVENT.ends_at + timedelta(hours=2)
)


def of_others(days: float = 1, **more: object) -> dict:
    start = NOW + timedelta(days=days)
    times = {
        "start": {"dateTime": start.isoformat()},
        "end": {"dateTime": (start + timedelta(hours=1)).isoformat()},
    }
    return {"summary": "Dentist", **times, **more}


def all_of(calendar: CalendarProvider, cursor: str = "", name: str = ANN) -> tuple[list[RemoteEvent], str]:
    """A whole round: what it tells, and where the next one goes on."""
    found: list[RemoteEvent] = []
    for _ in range(100):
        page = calendar.changes(name, cursor, WINDOW)
        found += page.events
        cursor = page.cursor
        if page.last:
            return found, cursor
    raise AssertionError("no end")


def test_every_calendar_that_can_be_read_is_told(world: World, calendar: CalendarProvider) -> None:
    world.server.account("boss@chamber.example", "America/New_York")
    boss = world.server.human("boss@chamber.example")
    for number, role in enumerate(("reader", "writer", "freeBusyReader")):
        boss.share(boss.add_calendar(f"{role} {number}"), ANN, role)
    world.ann.add_calendar("Hidden", hidden=True)
    world.ann.drop_calendar(world.ann.add_calendar("Dropped"))
    found = {one.name: (one.zone, one.writable, one.primary) for one in calendar.calendars()}
    assert found == {
        ANN: ("Europe/Berlin", True, True),
        "Hidden": ("Europe/Berlin", True, False),
        "reader 0": ("America/New_York", False, False),
        "writer 1": ("America/New_York", True, False),
    }


def test_a_long_list_of_calendars_is_read_to_its_end(world: World, calendar: CalendarProvider) -> None:
    for number in range(260):
        world.ann.add_calendar(f"Calendar {number}")
    assert len(calendar.calendars()) == 261


def test_what_is_put_is_there(world: World, calendar: CalendarProvider) -> None:
    stamp = calendar.put(ANN, KEY, EVENT, None)
    [stored] = world.ann.events()
    assert (stamp.id, stamp.etag) == (KEY, stored["etag"])
    assert stored["summary"] == EVENT.summary
    assert stored["reminders"] == {"useDefault": True}
    assert stored["source"]["url"] == EVENT.url
    assert "attendees" not in stored
    there = calendar.read(ANN, KEY)
    assert (there.etag, there.tag, there.wanted.description) == (stamp.etag, UID, EVENT.description)
    assert (there.wanted.starts_at, there.wanted.ends_at) == (EVENT.starts_at, EVENT.ends_at)
    assert not world.server.mails


def test_an_answer_that_was_lost_leaves_one_event(world: World, calendar: CalendarProvider) -> None:
    world.server.faults.lose_answer()
    with pytest.raises(Unavailable):
        calendar.put(ANN, KEY, EVENT, None)
    # Nobody sent it twice behind our back.
    assert world.server.writes == 1
    stamp = calendar.put(ANN, KEY, MOVED, None)
    [stored] = world.ann.events()
    assert stamp == Stamp(KEY, stored["etag"])
    assert calendar.read(ANN, KEY).wanted.starts_at == MOVED.starts_at


def test_an_answer_that_broke_off_leaves_one_event(world: World, calendar: CalendarProvider) -> None:
    world.server.faults.malformed(method="calendar.events.insert")
    with pytest.raises(Unavailable, match="can't be read"):
        calendar.put(ANN, KEY, EVENT, None)
    assert calendar.put(ANN, KEY, EVENT, None).id == KEY
    assert len(world.ann.events()) == 1


def test_many_who_put_the_same_leave_one_event(world: World, calendar: CalendarProvider) -> None:
    def put(_: int) -> str:
        try:
            return calendar.put(ANN, KEY, EVENT, None).id
        except RemoteChanged:  # another one wrote in between: it is tried again
            return KEY

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(put, range(12))) == {KEY}
    assert len(world.ann.events()) == 1


def test_an_id_that_somebody_else_uses_is_left_alone(world: World, calendar: CalendarProvider) -> None:
    world.ann.create(of_others(id=KEY))
    with pytest.raises(NotAccepted):
        calendar.put(ANN, KEY, EVENT, None)
    assert [one["summary"] for one in world.ann.events()] == ["Dentist"]


def test_the_id_of_a_deleted_event_is_used_up(world: World, calendar: CalendarProvider) -> None:
    calendar.put(ANN, KEY, EVENT, None)
    world.ann.delete(KEY)
    with pytest.raises(RemoteGone):
        calendar.put(ANN, KEY, EVENT, None)
    assert calendar.put(ANN, event_key("harbor.example", 7, 2), EVENT, None).id != KEY


@pytest.mark.parametrize("etag", [True, False], ids=["a known version", "whatever version"])
def test_a_change_is_written_over_what_is_there(world: World, calendar: CalendarProvider, etag: bool) -> None:
    stamp = calendar.put(ANN, KEY, EVENT, None)
    after = calendar.put(ANN, "another", MOVED, stamp if etag else Stamp(KEY, ""))
    assert after.id == KEY
    assert after.etag not in ("", stamp.etag)
    assert calendar.read(ANN, KEY).wanted.starts_at == MOVED.starts_at


def test_what_people_set_for_themselves_stays(world: World, calendar: CalendarProvider) -> None:
    calendar.put(ANN, KEY, EVENT, None)
    own = {"colorId": "7", "visibility": "private",
           "reminders": {"useDefault": False, "overrides": [{"method": "popup", "minutes": 5}]},
           "extendedProperties": {"private": {"other": "x"}}}  # fmt: skip
    etag = world.ann.edit(KEY, own)["etag"]
    calendar.put(ANN, KEY, MOVED, Stamp(KEY, etag))
    stored = world.ann.get(KEY)
    for name in ("colorId", "visibility", "reminders"):
        assert stored[name] == own[name]
    assert stored["extendedProperties"]["private"] == {"other": "x", "daybridge": UID}


def test_what_a_booking_never_is_goes_and_nobody_is_told(world: World, calendar: CalendarProvider) -> None:
    calendar.put(ANN, KEY, EVENT, None)
    day = {"date": "2026-12-01", "dateTime": None, "timeZone": None}
    edited = world.ann.edit(
        KEY,
        {
            "start": day,
            "end": {**day, "date": "2026-12-02"},
            "recurrence": ["RRULE:FREQ=DAILY;COUNT=3"],
            "attendees": [{"email": "carl@example.org"}, {"email": ANN}],
            "attachments": [{"fileUrl": "https://drive.example/1", "title": "x"}],
            "transparency": "transparent",
            "status": "tentative",
        },
    )
    there = calendar.read(ANN, KEY).wanted
    assert (there.all_day, there.recurs, there.free, there.tentative) == (True, True, True, True)
    assert there.attendees
    assert "attachments" in there.additions
    calendar.put(ANN, KEY, EVENT, Stamp(KEY, edited["etag"]))
    there = calendar.read(ANN, KEY).wanted
    assert (there.all_day, there.recurs, there.free, there.tentative) == (False, False, False, False)
    assert (there.attendees, there.additions) == ((), ())
    assert not world.server.mails


def test_another_version_is_not_written_over(world: World, calendar: CalendarProvider) -> None:
    stamp = calendar.put(ANN, KEY, EVENT, None)
    world.ann.retitle(KEY, "Mine")
    with pytest.raises(RemoteChanged):
        calendar.put(ANN, KEY, MOVED, stamp)
    assert world.ann.get(KEY)["summary"] == "Mine"


@pytest.mark.parametrize("revives", [True, False])
@pytest.mark.parametrize("etag", ["the last", "an older", ""])
def test_a_deleted_event_does_not_come_back_by_a_change(
    world: World, calendar: CalendarProvider, revives: bool, etag: str
) -> None:
    """Whether Google takes a write to a deleted event, which it doesn't say."""
    world.server.behaviour.revives = revives
    stamp = calendar.put(ANN, KEY, EVENT, None)
    world.ann.delete(KEY)
    etags = {"the last": world.ann.events(tombstones=True)[0]["etag"], "an older": stamp.etag, "": ""}
    if not (revives and etag == "the last"):
        with pytest.raises(RemoteGone):
            calendar.put(ANN, KEY, MOVED, Stamp(KEY, etags[etag]))
        assert world.ann.events() == []


def test_an_event_that_never_was_is_gone(calendar: CalendarProvider) -> None:
    with pytest.raises(RemoteGone):
        calendar.put(ANN, KEY, EVENT, Stamp(KEY, '"1"'))
    with pytest.raises(RemoteGone):
        calendar.read(ANN, KEY)
    calendar.delete(ANN, Stamp(KEY, '"1"'))


def test_what_is_taken_away_is_gone_whatever_its_version(world: World, calendar: CalendarProvider) -> None:
    stamp = calendar.put(ANN, KEY, EVENT, None)
    world.ann.edit(KEY, {"attendees": [{"email": "carl@example.org"}]})
    for _ in range(2):
        calendar.delete(ANN, stamp)
    assert world.ann.events() == []
    assert not world.server.mails
    with pytest.raises(RemoteGone):
        calendar.read(ANN, KEY)


def test_a_calendar_that_may_only_be_read_is_not_written(world: World, calendar: CalendarProvider) -> None:
    world.server.account("boss@chamber.example")
    boss = world.server.human("boss@chamber.example")
    shared = boss.add_calendar("Holidays")
    boss.share(shared, ANN, "reader")
    with pytest.raises(NotAccepted, match="this account may not do that"):
        calendar.put(shared, KEY, EVENT, None)


def test_a_calendar_that_is_there_no_more_is_gone(calendar: CalendarProvider) -> None:
    for ask in (
        lambda: calendar.changes("nobody@example.org", "", WINDOW),
        lambda: calendar.put("nobody@example.org", KEY, EVENT, None),
    ):
        with pytest.raises(RemoteGone):
            ask()


def test_a_round_tells_all_and_the_next_one_what_has_changed(
    world: World, calendar: CalendarProvider
) -> None:
    past, soon = world.ann.create(of_others(-30)), world.ann.create(of_others(1))
    far = world.ann.create(of_others(900))
    calendar.put(ANN, KEY, EVENT, None)
    found, cursor = all_of(calendar)
    told_ids = {one.id for one in found}
    assert {soon["id"], KEY} <= told_ids
    assert past["id"] not in told_ids
    # A later round wouldn't tell of it, however near it had come.
    assert far["id"] in told_ids
    assert all_of(calendar, cursor)[0] == []
    world.ann.move(soon["id"], timedelta(hours=1))
    world.ann.delete(far["id"])
    changed, cursor = all_of(calendar, cursor)
    assert {(one.id, one.gone) for one in changed} == {(soon["id"], False), (far["id"], True)}
    assert all_of(calendar, cursor)[0] == []


def test_our_own_event_is_told_with_what_it_says(world: World, calendar: CalendarProvider) -> None:
    stamp = calendar.put(ANN, KEY, EVENT, None)
    [one], cursor = all_of(calendar)
    assert (one.id, one.etag, one.tag) == (KEY, stamp.etag, UID)
    world.ann.respond(KEY, "declined")
    [one], _ = all_of(calendar, cursor)
    assert one.wanted.declined


@pytest.mark.parametrize("limit", [None, 3])
def test_pages_make_a_whole(world: World, calendar: CalendarProvider, limit: int | None) -> None:
    world.server.behaviour.page_limit = limit
    world.server.behaviour.empty_pages = True
    ids = {world.ann.create(of_others(number / 10))["id"] for number in range(1, 8)}
    found, cursor = all_of(calendar)
    assert {one.id for one in found} == ids
    for id_ in ids:
        world.ann.retitle(id_, "Other")
    found, _ = all_of(calendar, cursor)
    assert {one.id for one in found} == ids


def test_the_window_may_move_between_pages(world: World, calendar: CalendarProvider) -> None:
    """Google wants each page asked for with the same words."""
    world.server.behaviour.page_limit = 1
    for number in range(3):
        world.ann.create(of_others(number + 1))
    cursor, found = "", 0
    for number in range(10):
        page = calendar.changes(ANN, cursor, Window(WINDOW.since + timedelta(seconds=number), WINDOW.until))
        cursor, found = page.cursor, found + len(page.events)
        if page.last:
            break
    assert found == 3


def test_series_are_told_as_such(world: World, calendar: CalendarProvider) -> None:
    start = (NOW + timedelta(days=1)).isoformat()
    zone = {"timeZone": "Europe/Berlin"}
    made = world.ann.create(
        of_others(
            start={"dateTime": start, **zone},
            end={"dateTime": (NOW + timedelta(days=1, hours=1)).isoformat(), **zone},
            recurrence=["RRULE:FREQ=DAILY;COUNT=5"],
        )
    )
    [master], cursor = all_of(calendar)
    assert b"RRULE:FREQ=DAILY;COUNT=5\r\n" in master.times
    second, third = (f"{made['id']}_{NOW + timedelta(days=days):%Y%m%dT%H%M%SZ}" for days in (2, 3))
    world.ann.move(second, timedelta(hours=2))
    world.ann.delete(third)
    changed, _ = all_of(calendar, cursor)
    told_of = {one.id: one for one in changed}
    assert set(told_of) == {second, third}
    assert {one.series for one in changed} == {made["id"]}
    assert b"RECURRENCE-ID" in told_of[second].times
    # It is no event that is gone: without it the series would happen then.
    assert b"STATUS:CANCELLED" in told_of[third].times
    assert not told_of[third].gone
    world.ann.delete(made["id"])
    changed, _ = all_of(calendar, cursor)
    assert {one.gone for one in changed if one.id == made["id"]} == {True}


@pytest.mark.parametrize("when", ["between rounds", "within a round"])
def test_a_cursor_that_google_has_forgotten_has_expired(
    world: World, calendar: CalendarProvider, when: str
) -> None:
    world.server.behaviour.page_limit = 1
    for number in range(3):
        world.ann.create(of_others(number + 1))
    _, cursor = all_of(calendar)
    if when == "within a round":
        world.ann.retitle(world.ann.events()[0]["id"], "Other")
        world.ann.retitle(world.ann.events()[1]["id"], "Other")
        cursor = calendar.changes(ANN, cursor, WINDOW).cursor
        world.server.world.listing._pages.clear()
    world.server.expire_sync_tokens()
    with pytest.raises(CursorExpired):
        calendar.changes(ANN, cursor, WINDOW)


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "[]",
        "{}",
        '["","x",""]',
        '["2026-01-01T00:00:00Z","","x"]',
        "[1,2,3]",
        '["soon","",""]',
    ],
)
def test_a_cursor_that_is_none_has_expired(calendar: CalendarProvider, cursor: str) -> None:
    with pytest.raises(CursorExpired):
        calendar.changes(ANN, cursor, WINDOW)


def test_titles_are_read_only_for_those_who_want_them(world: World) -> None:
    world.ann.create(of_others(1, description="secret plan", location="secret place"))
    grant = world.grant()
    for titles, title in ((False, ""), (True, "Dentist")):
        [one], _ = all_of(world.open(grant, titles=titles))
        assert one.title == title
        assert "secret" not in repr(one)


def test_invitations_and_moods_come_through(world: World, calendar: CalendarProvider) -> None:
    world.ann.invited(of_others(1), "boss@chamber.example", "declined")
    world.ann.create(of_others(2, eventType="outOfOffice"))
    found, _ = all_of(calendar)
    assert {(one.showing, one.reply.value) for one in found} == {
        (Showing.BUSY, "declined"),
        (Showing.OUT_OF_OFFICE, "none"),
    }


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize("wait", [None, 30])
def test_too_many_requests_are_waited_for(
    world: World, calendar: CalendarProvider, status: int, wait: int | None
) -> None:
    world.server.faults.throttle(status=status, retry_after=wait)
    with pytest.raises(RateLimited) as caught:
        calendar.calendars()
    assert caught.value.retry_after == wait
    world.server.limits.per_user = 0
    world.server.limits.status = status
    with pytest.raises(RateLimited):
        calendar.put(ANN, KEY, EVENT, None)
    assert world.ann.events() == []


def test_a_quota_that_is_used_up_is_waited_for_by_the_hour(world: World, calendar: CalendarProvider) -> None:
    world.server.faults.quota_exceeded()
    with pytest.raises(RateLimited) as caught:
        calendar.put(ANN, KEY, EVENT, None)
    assert caught.value.retry_after == 3600
    assert not caught.value.permanent


@pytest.mark.parametrize("status", [500, 503])
def test_trouble_of_theirs_passes(world: World, calendar: CalendarProvider, status: int) -> None:
    world.server.faults.fail(status=status)
    with pytest.raises(Unavailable):
        calendar.changes(ANN, "", WINDOW)
    assert all_of(calendar)[0] == []


def test_half_an_answer_is_none(world: World, calendar: CalendarProvider) -> None:
    world.ann.create(of_others())
    world.server.faults.malformed()
    with pytest.raises(Unavailable):
        calendar.changes(ANN, "", WINDOW)


def test_without_access_there_has_to_be_a_new_sign_in(world: World, calendar: CalendarProvider) -> None:
    world.server.expire_access_tokens()
    with pytest.raises(NeedsReconnect):
        calendar.calendars()


@pytest.mark.parametrize("missing", ["calendar.events", "calendar.calendarlist.readonly"])
def test_without_a_permission_there_has_to_be_a_new_sign_in(world: World, missing: str) -> None:
    world.server.at_consent(untick=frozenset({f"https://www.googleapis.com/auth/{missing}"}))
    calendar = world.open(world.grant())
    with pytest.raises(NeedsReconnect, match="a permission is missing"):
        calendar.calendars() if "list" in missing else calendar.changes(ANN, "", WINDOW)


def test_a_full_calendar_is_read_whole(world: World, calendar: CalendarProvider) -> None:
    """Each with a long description, as invitations to video calls have them."""
    for number in range(2_100):
        world.ann.create(of_others(number / 10, description="Ж" * 2_000))
    found, cursor = all_of(calendar)
    assert len(found) == 2_100
    assert world.server.requests["calendar.events.list"] == 3
    assert all_of(calendar, cursor)[0] == []


def test_changes_are_told_where_they_were_asked_for(world: World, calendar: CalendarProvider) -> None:
    with starting() as start:
        hook = start(lambda _: reply(204))
        watch = calendar.watch(ANN, "channel-1", f"{hook.url}/api/calendar/webhooks/google", "s3cret")
        assert watch.id == "channel-1"
        assert timedelta(days=6) < watch.expires_at - datetime.now(UTC) < timedelta(days=8)
        world.ann.create(of_others())
        assert world.server.settle()
        headers = [request.headers for request in hook.requests]
        assert {each["x-goog-channel-token"] for each in headers} == {"s3cret"}
        assert [each["x-goog-resource-state"] for each in headers] == ["sync", "exists"]
        for _ in range(2):
            calendar.unwatch(watch)
        world.ann.create(of_others())
        assert world.server.settle()
        assert len(hook.requests) == 2


def test_where_google_does_not_call_us_we_ask(world: World, calendar: CalendarProvider) -> None:
    world.server.behaviour.allow_http = False
    assert calendar.watch(ANN, "channel-1", "http://127.0.0.1:1/hook", "s3cret") is None


# What follows is about answers that Google hardly gives, so the server plays what the test writes.


@pytest.fixture
def playing(outside) -> Callable[[bytes], CalendarProvider]:
    def open_(said: bytes | Callable[[Request], bytes]) -> CalendarProvider:
        server = outside(said if callable(said) else lambda _: said)
        config = product.GoogleConfig(
            "id", "S3CR3T", api_endpoint=f"{server.url}/calendar/v3", allow_private=True
        )
        grant = Grant("T0K3N", "R3FR3SH", NOW + timedelta(hours=1))
        return product.provider(config, lambda: NOW).open(Account(1, 1, "x", grant))

    return open_


CALENDAR, THERE, HOOK_SECRET = "c4lendar", "ev3nt", "h00k"
ASKED = {
    "calendars": lambda calendar: calendar.calendars(),
    "changes": lambda calendar: calendar.changes(CALENDAR, "", WINDOW),
    "read": lambda calendar: calendar.read(CALENDAR, THERE),
    "put new": lambda calendar: calendar.put(CALENDAR, KEY, EVENT, None),
    "put": lambda calendar: calendar.put(CALENDAR, KEY, EVENT, Stamp(THERE, '"1"')),
    "watch": lambda calendar: calendar.watch(CALENDAR, "w", "https://x.example/", HOOK_SECRET),
    "delete": lambda calendar: calendar.delete(CALENDAR, Stamp(THERE, '"1"')),
}
NONSENSE = {
    "a page for people": reply(200, b"<html>Sign in to the hotel's network</html>", Content_Type="text/html"),
    "nothing": reply(200),
    "a list": told(200, []),
    "a word": told(200, "ok"),
    "no text": reply(200, b"\xff\xfe{}"),
    "too deep": reply(200, b"[" * 200_000),
    "items that are none": told(200, {"items": 7, "id": 7}),
}


@pytest.mark.parametrize("said", NONSENSE.values(), ids=NONSENSE)
@pytest.mark.parametrize("ask", [name for name in ASKED if name not in ("delete", "watch")])
def test_nonsense_is_no_answer(playing, ask: str, said: bytes) -> None:
    with pytest.raises(Unavailable):
        ASKED[ask](playing(said))


@pytest.mark.parametrize("status", [301, 302, 307, 400, 402, 405, 418])
@pytest.mark.parametrize("ask", ASKED)
def test_what_google_never_says_is_no_success(outside, playing, ask: str, status: int) -> None:
    elsewhere = outside(lambda _: reply(200, b"{}"))
    with pytest.raises(NotAccepted):
        ASKED[ask](playing(reply(status, b"secret words", Location=elsewhere.url)))
    assert elsewhere.connections == 0


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 409, 410, 412, 429, 500])
@pytest.mark.parametrize("ask", ASKED)
def test_no_error_and_no_log_says_what_nobody_may_read(
    playing, caplog: pytest.LogCaptureFixture, ask: str, status: int
) -> None:
    caplog.set_level(logging.DEBUG)
    said = {"error": {"errors": [{"reason": "M3SSAGE"}], "message": "M3SSAGE"}}
    try:
        ASKED[ask](playing(told(status, said)))
        shown = ""
    except GatewayError as error:
        shown = "".join(traceback.format_exception(error)) + repr(error)
    assert shown or ask == "delete"
    for secret in ("T0K3N", "S3CR3T", "R3FR3SH", "M3SSAGE", CALENDAR, THERE, HOOK_SECRET, "Zo", KEY):
        assert secret not in caplog.text
        assert secret not in shown


def test_only_what_is_needed_is_sent(playing) -> None:
    seen: list[Request] = []

    def play(request: Request) -> bytes:
        seen.append(request)
        return told(200, {"id": KEY, "etag": '"2"'})

    playing(play).put("ann+1@x.example", KEY, EVENT, Stamp(THERE, '"1"'))
    [request] = seen
    assert request.target.startswith("/calendar/v3/calendars/ann%2B1%40x.example/events/ev3nt?")
    assert "sendUpdates=none" in request.target
    assert request.headers["if-match"] == '"1"'
    assert request.headers["authorization"] == "Bearer T0K3N"
    assert request.headers["user-agent"] == "Daybridge"
    assert set(request.headers) == {"host", "user-agent", "accept-encoding", "accept", "content-type", "if-match",
                                    "authorization", "content-length"}  # fmt: skip


def test_one_bad_event_does_not_stop_the_others(playing, caplog: pytest.LogCaptureFixture) -> None:
    page = {
        "timeZone": "Nowhere/Lost City",
        "items": [7, {"id": "bad"}, {**of_others(), "id": "good"}],
        "nextSyncToken": "t",
    }
    found = playing(told(200, page)).changes("x", "", WINDOW)
    assert [one.id for one in found.events] == ["good"]
    assert "2 events of a Google calendar can't be read" in caplog.text


def test_a_page_that_leads_nowhere_is_none(playing) -> None:
    with pytest.raises(Unavailable):
        playing(told(200, {"items": []})).changes("x", "", WINDOW)


def test_a_list_without_an_end_is_given_up(playing) -> None:
    with pytest.raises(Unavailable):
        playing(told(200, {"items": [], "nextPageToken": "again"})).calendars()


def test_a_series_in_a_zone_that_nobody_knows_is_read_in_the_calendars(playing) -> None:
    zone = {"timeZone": "Nowhere/Lost City"}
    series = {
        "id": "s", "recurrence": ["RRULE:FREQ=DAILY"], "start": {"dateTime": "2026-12-01T12:00:00Z", **zone},
        "end": {"dateTime": "2026-12-01T13:00:00Z", **zone},
    }  # fmt: skip

    def play(request: Request) -> bytes:
        return told(200, series if "/events/s" in request.target else {"timeZone": "Asia/Kolkata"})

    there = playing(play).read("x", "s")
    assert there.unknown_zone == "Nowhere/Lost City"
    assert there.times.startswith(b"DTSTART;TZID=Asia/Kolkata:20261201T173000\r\n")


def test_a_channel_without_an_end_lasts_a_day(playing) -> None:
    watch = playing(told(200, {"resourceId": "r"})).watch("x", "w", "https://x.example/", "s")
    assert (watch.resource, watch.expires_at) == ("r", NOW + timedelta(days=1))


@pytest.mark.parametrize(
    ("status", "reason"),
    [(400, "pushNotSupportedForRequestedResource"), (401, "push.webhookUrlUnauthorized")],
)
def test_a_calendar_that_tells_nobody_is_asked(playing, status: int, reason: str) -> None:
    said = told(status, {"error": {"code": status, "errors": [{"reason": reason}]}})
    assert playing(said).watch("x", "w", "https://x.example/", "s") is None


REASONS = [
    (401, "authError", NeedsReconnect), (403, "insufficientPermissions", NeedsReconnect),
    (403, "userRateLimitExceeded", RateLimited), (403, "rateLimitExceeded", RateLimited),
    (403, "quotaExceeded", RateLimited), (403, "forbidden", NotAccepted), (403, "accessNotConfigured", NotAccepted),
    (403, "requiredAccessLevel", NotAccepted), (404, "notFound", RemoteGone), (410, "deleted", RemoteGone),
    (410, "fullSyncRequired", CursorExpired), (412, "conditionNotMet", RemoteChanged), (400, "invalid", NotAccepted),
]  # fmt: skip


@pytest.mark.parametrize(("status", "reason", "error"), REASONS)
@pytest.mark.parametrize("form", ["old", "new"])
def test_what_a_status_means(playing, status: int, reason: str, error, form: str) -> None:
    told_as = {
        "old": {"errors": [{"domain": "global", "reason": reason}]},
        "new": {"details": [{"reason": reason}]},
    }
    with pytest.raises(error):
        playing(told(status, {"error": {"code": status, **told_as[form]}})).changes("x", "", WINDOW)


@pytest.mark.parametrize(
    "body", [b"", b"x", b"[]", b'{"error": []}', b'{"error": {"errors": [7, {"reason": []}]}}', b"[" * 99_999]
)
def test_an_explanation_that_cannot_be_read_explains_nothing(body: bytes) -> None:
    assert refusals.reasons(body) == frozenset()


def test_accounts_that_are_asked_at_once_are_not_confused(outside) -> None:
    server = outside(
        lambda request: told(200, {"items": [], "nextSyncToken": request.headers["authorization"]})
    )
    config = product.GoogleConfig("id", "S3CR3T", api_endpoint=f"{server.url}/v3/", allow_private=True)
    provider = product.provider(config, lambda: NOW)
    barrier = threading.Barrier(8)

    def ask(number: int) -> bool:
        calendar = provider.open(Account(1, number, "x", Grant(f"token-{number}", "", NOW)))
        barrier.wait()
        return f"token-{number}" in calendar.changes("x", "", WINDOW).cursor

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(8)))


def test_the_librarys_own_transport_is_never_used() -> None:
    events, _, _ = api._resources("https://www.googleapis.com/calendar/v3/")
    with pytest.raises(NotImplementedError):
        events.list(calendarId="x").execute()


def test_a_long_token_is_sent_in_the_body(playing) -> None:
    """The library does so by itself, and so can our way out."""
    seen: list[Request] = []

    def play(request: Request) -> bytes:
        seen.append(request)
        return told(200, {"items": [], "nextSyncToken": "t"})

    token = "t" * 3_000
    playing(play).changes("x", json.dumps(["", token, ""]), WINDOW)
    assert (seen[0].method, seen[0].headers["x-http-method-override"]) == ("POST", "GET")
    assert token.encode() in seen[0].body


@pytest.mark.parametrize("size", range(1_000, 1_500, 7))
def test_a_token_of_whatever_length_can_be_sent(playing, size: int) -> None:
    said = told(200, {"items": [], "nextSyncToken": "t"})
    assert playing(said).changes("x", json.dumps(["", "t" * size, ""]), WINDOW).last


def test_it_is_what_the_port_asks_for() -> None:
    assert isinstance(GoogleCalendar, type)
    assert product.provider(product.GoogleConfig("id", "s"), lambda: NOW).title == "Google Calendar"
    assert "S3CR3T" not in repr(product.GoogleConfig("id", "S3CR3T"))
