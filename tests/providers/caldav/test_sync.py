"""Whatever a server makes of sync-collection, nothing is missed: what each of them does is done to Radicale's answers.

The faults are those of https://github.com/python-caldav/caldav/blob/master/caldav/compatibility_hints.py and of the
issues that clients have written about.
"""

from __future__ import annotations

import re

import pytest

from gateway.core.errors import CursorExpired, ProviderError, RemoteGone, Unavailable
from tests.providers.caldav.conftest import EVENT, KEY, WINDOW, Request, World, reply, told

TEN = "DTSTART:20261201T090000Z"
NOON = "DTSTART:20261201T110000Z"
HOUR = "DURATION:PT1H"


def is_sync(request: Request) -> bool:
    return request.method == "REPORT" and b"sync-collection" in request.body


def is_multiget(request: Request) -> bool:
    return request.method == "REPORT" and b"calendar-multiget" in request.body


def has_token(request: Request) -> bool:
    return is_sync(request) and re.search(rb"<D:sync-token>.+</D:sync-token>", request.body) is not None


def live(world: World) -> None:
    """What any calendar sees, told bit by bit."""
    there = world.open(page=2)
    for name in ("a", "b", "c"):
        world.put(name, TEN, HOUR)
    first, cursor = told(there, world.main)
    assert set(first) == {"a.ics", "b.ics", "c.ics"}
    assert told(there, world.main, cursor)[0] == {}
    world.put("a", NOON, HOUR)
    world.delete("b")
    world.put("d", TEN, HOUR)
    try:
        later, cursor = told(there, world.main, cursor)
    except CursorExpired:
        everything, cursor = told(there, world.main)
        assert set(everything) == {"a.ics", "c.ics", "d.ics"}
        later = {**everything, "b.ics": first["b.ics"].__class__("b.ics", "", "b.ics", gone=True)}
    assert {id_: one.gone for id_, one in later.items() if id_ != "c.ics"} == {
        "a.ics": False,
        "b.ics": True,
        "d.ics": False,
    }
    assert later["a.ics"].times == f"{NOON}\r\n{HOUR}\r\n".encode()
    try:
        assert told(there, world.main, cursor)[0] == {}
    except CursorExpired:
        assert set(told(there, world.main)[0]) == {"a.ics", "c.ics", "d.ics"}


def test_as_it_should_be(world: World) -> None:
    live(world)
    assert any(map(is_sync, world.front.asked))


@pytest.mark.parametrize("status", [400, 403, 405, 409, 412, 415, 418, 422, 500, 501])
def test_a_server_that_does_not_know_it(world: World, status: int) -> None:
    world.front.says = lambda request: reply(status) if is_sync(request) else None
    live(world)
    assert sum(map(is_sync, world.front.asked)) == 1, "once for a whole reading"


@pytest.mark.parametrize("status", [400, 403, 409, 412, 415, 418, 500, 501, 507])
def test_a_server_that_gives_tokens_and_does_not_take_them(world: World, status: int) -> None:
    """It is found out while everything is read, so that later rounds need not read everything again."""
    world.front.says = lambda request: reply(status) if has_token(request) else None
    live(world)
    assert sum(map(has_token, world.front.asked)) == 1


@pytest.mark.parametrize("status", [400, 403, 409, 410, 412, 415, 418, 500, 501])
def test_a_token_that_is_not_taken_later_has_expired(world: World, status: int) -> None:
    there = world.open()
    world.put("a", TEN, HOUR)
    _, cursor = told(there, world.main)
    world.front.says = lambda request: reply(status) if has_token(request) else None
    with pytest.raises(CursorExpired):
        there.changes(world.main, cursor, WINDOW)
    world.front.says = lambda request: reply(status)
    with pytest.raises(ProviderError) as caught:
        there.changes(world.main, cursor, WINDOW)
    if status >= 500:
        assert type(caught.value) is Unavailable, "a server that is down has forgotten nothing"


def test_a_server_that_is_down_for_a_while_has_forgotten_nothing(world: World) -> None:
    there = world.open()
    world.put("a", TEN, HOUR)
    _, cursor = told(there, world.main)
    for only_reports in (True, False):
        world.front.says = lambda request, only=only_reports: (
            reply(503) if not only or request.method == "REPORT" else None
        )
        with pytest.raises(Unavailable):
            there.changes(world.main, cursor, WINDOW)
    for known in ("", cursor):
        with pytest.raises(Unavailable):
            there.changes(world.main, known, WINDOW)
    world.front.says = lambda request: None
    assert told(there, world.main, cursor)[0] == {}


def test_a_server_without_any_mark_of_change(world: World) -> None:
    def spoils(request, status, headers, body):  # type: ignore[no-untyped-def]
        return status, headers, re.sub(rb"<CS:getctag[^/]*?(/>|>.*?</CS:getctag>)", b"", body)

    world.front.says = lambda request: reply(501) if is_sync(request) else None
    world.front.spoils = spoils
    live(world)


def test_nothing_but_the_mark_is_asked_while_nothing_changes(world: World) -> None:
    world.front.says = lambda request: reply(501) if is_sync(request) else None
    there = world.open()
    world.put("a", TEN, HOUR)
    _, cursor = told(there, world.main)
    del world.front.asked[:]
    assert told(there, world.main, cursor)[0] == {}
    assert [request.headers["depth"] for request in world.front.asked] == ["0"]


def test_an_answer_that_is_cut_goes_on_where_it_ended(world: World) -> None:
    """RFC 6578 3.6: 507 for the calendar itself, and a token of what was told so far."""
    there = world.open()
    for name in ("a", "b", "c"):
        world.put(name, TEN, HOUR)
    cuts = iter([True])

    def spoils(request, status, headers, body):  # type: ignore[no-untyped-def]
        if is_sync(request) and not has_token(request) and next(cuts, False):
            responses = re.findall(rb"<response>.*?</response>", body, re.DOTALL)
            kept = next(one for one in responses if b"a.ics" in one)
            for one in responses:
                body = body.replace(one, b"")
            mark = (
                f"<response><href>{world.main}</href><status>HTTP/1.1 507 Full</status></response>".encode()
            )
            return status, headers, body.replace(b"<sync-token>", kept + mark + b"<sync-token>")
        return status, headers, body

    def says(request: Request) -> bytes | None:
        return None

    world.front.spoils, world.front.says = spoils, says
    page = there.changes(world.main, "", WINDOW)
    assert ([one.id for one in page.events], page.last) == (["a.ics"], False)


def test_the_calendar_itself_and_what_is_no_event_are_passed_over(world: World) -> None:
    """iCloud lists the calendar among its objects; others have folders and tasks in it."""
    extra = (
        f'<response><href>{world.main}</href><propstat><prop><getetag>"1"</getetag></prop>'
        "<status>HTTP/1.1 200 OK</status></propstat></response>"
        f'<response><href>{world.main}tasks.ics</href><propstat><prop><getetag>"1"</getetag>'
        "<getcontenttype>text/calendar; component=vtodo</getcontenttype></prop>"
        "<status>HTTP/1.1 200 OK</status></propstat></response>"
        '<response><href>/elsewhere/x.ics</href><propstat><prop><getetag>"1"</getetag></prop>'
        "<status>HTTP/1.1 200 OK</status></propstat></response>"
        "<response><href>http://[broken/x.ics</href><status>HTTP/1.1 200 OK</status></response>"
    ).encode()

    def spoils(request, status, headers, body):  # type: ignore[no-untyped-def]
        return (
            status,
            headers,
            body.replace(b"</multistatus>", extra + b"</multistatus>") if is_sync(request) else body,
        )

    world.front.spoils = spoils
    world.put("a", TEN, HOUR)
    assert set(told(world.open(), world.main)[0]) == {"a.ics"}


@pytest.mark.parametrize("how", ["403", "501", "empty", "broken", "silent"])
def test_objects_are_fetched_one_by_one_if_need_be(world: World, how: str) -> None:
    """multiget is unknown, or breaks on one of them, or leaves out what isn't there (DAViCal)."""

    def spoils(request, status, headers, body):  # type: ignore[no-untyped-def]
        if not is_multiget(request):
            return status, headers, body
        told_ = {"403": (403, b""), "501": (501, b""), "broken": (207, body[:-20] + b"\x01")}
        if how in told_:
            return told_[how][0], headers, told_[how][1]
        kept = (
            body
            if how == "empty"
            else re.sub(rb"<response>.*?</response>", b"", body, count=1, flags=re.DOTALL)
        )
        return status, headers, b'<multistatus xmlns="DAV:"/>' if how == "empty" else kept

    world.front.spoils = spoils
    live(world)


def test_what_is_too_much_for_one_answer_is_asked_for_in_halves(world: World) -> None:
    """A server that gives no more than forty at once: not each of a hundred is worth a request of its own."""
    world.front.says = lambda request: (
        reply(507) if is_multiget(request) and request.body.count(b"href>") > 2 * 40 else None
    )
    names = {f"event-{number}" for number in range(100)}
    for name in names:
        world.put(name, TEN, HOUR)
    assert set(told(world.open(page=200), world.main)[0]) == {f"{name}.ics" for name in names}
    assert sum(map(is_multiget, world.front.asked)) == 7
    assert "GET" not in world.front.methods()


def test_one_object_that_cannot_be_given_does_not_stop_the_others(world: World) -> None:
    world.front.says = lambda request: (
        reply(500)
        if is_multiget(request) or (request.method == "GET" and "b.ics" in request.target)
        else None
    )
    for name in ("a", "b", "c"):
        world.put(name, TEN, HOUR)
    assert set(told(world.open(), world.main)[0]) == {"a.ics", "c.ics"}


def test_an_object_that_cannot_be_read_is_not_told_as_gone(world: World) -> None:
    there = world.open()
    world.put("a", TEN, HOUR)
    world.put("b", TEN, HOUR)
    _, cursor = told(there, world.main)
    world.put("a", NOON, HOUR)

    def spoils(request, status, headers, body):  # type: ignore[no-untyped-def]
        return (
            status,
            headers,
            body.replace(b"20261201T110000Z", b"nonsense") if is_multiget(request) else body,
        )

    world.front.spoils = spoils
    assert told(there, world.main, cursor)[0] == {}


def test_versions_are_one_however_they_are_written(world: World) -> None:
    """Quotes are missing in some answers, and what stands in between makes weak ones."""

    def spoils(request, status, headers, body):  # type: ignore[no-untyped-def]
        if "ETag" in headers:
            headers["ETag"] = f"W/{headers['ETag']}"
        return status, headers, re.sub(rb"<getetag>\"(.*?)\"</getetag>", rb"<getetag>\1</getetag>", body)

    world.front.spoils = spoils
    there = world.open()
    stamp = there.put(world.main, KEY, EVENT, None)
    events, _ = told(there, world.main)
    assert events[stamp.id].etag == stamp.etag == there.read(world.main, stamp.id).etag
    assert there.put(world.main, stamp.id, EVENT, stamp)


def test_a_calendar_that_is_gone_is_no_empty_one(world: World) -> None:
    there = world.open()
    world.put("a", TEN, HOUR)
    _, cursor = told(there, world.main)
    world.front.says = lambda request: reply(404)
    for known in ("", cursor):
        with pytest.raises(RemoteGone):
            there.changes(world.main, known, WINDOW)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Sign in</html>",
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><multistatus xmlns="DAV:">&b;</multistatus>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><multistatus xmlns="DAV:"/>',
        b'<multistatus xmlns="DAV:">' + b"<a>" * 200_000,
        b'<multistatus xmlns="DAV:">' + b"<a/>" * 1_100_000 + b"</multistatus>",
        b'<?xml version="1.0" encoding="nonsense"?><multistatus xmlns="DAV:"/>',
    ],
    ids=["empty", "page", "bomb", "outside", "deep", "many", "encoding"],
)
def test_answers_that_nobody_should_read(world: World, body: bytes) -> None:
    there = world.open()
    world.front.says = lambda request: reply(207, body, Content_Type="application/xml")
    for ask in (there.calendars, lambda: there.changes(world.main, "", WINDOW)):
        with pytest.raises(Unavailable):
            ask()
