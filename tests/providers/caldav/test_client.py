"""One account on a real server, and what other servers would make of what we ask."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import pytest

from gateway.core.errors import (
    NeedsReconnect,
    NotAccepted,
    RateLimited,
    RemoteChanged,
    RemoteGone,
    Unavailable,
)
from gateway.core.remote import Grant, Stamp
from gateway.providers import caldav
from gateway.providers.caldav import digest, quirks
from gateway.providers.caldav.client import CaldavCalendar
from gateway.providers.caldav.quirks import Row
from gateway.providers.port import Account
from tests.providers.caldav.conftest import ANN, EVENT, KEY, NOW, PASSWORD, Request, World, reply, told

HOUR = timedelta(hours=1)
FAR = (
    "BEGIN:VTIMEZONE\r\nTZID:Customized Time Zone\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
    "TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE"
)


def is_put(request: Request) -> bool:
    return request.method == "PUT"


# Writing


def test_what_is_written_names_its_conditions(world: World) -> None:
    there = world.open()
    first = there.put(world.main, KEY, EVENT, None)
    there.put(world.main, first.id, replace(EVENT, summary="New"), first)
    made, changed = (request.headers for request in world.front.asked if is_put(request))
    assert made["if-none-match"] == "*"
    assert changed["if-match"] == first.etag
    assert f"{world.main}{KEY}.ics" in {request.target.replace("%40", "@") for request in world.front.asked}


def test_a_version_that_is_not_told_is_read(world: World) -> None:
    """A server that changes something in what it is given says no version (RFC 4791 5.3.4)."""

    def spoils(request, status, headers, body):  # type: ignore[no-untyped-def]
        return status, {k: v for k, v in headers.items() if not (is_put(request) and k == "ETag")}, body

    world.front.spoils = spoils
    there = world.open()
    stamp = there.put(world.main, KEY, EVENT, None)
    assert stamp.etag == there.read(world.main, stamp.id).etag


def test_a_version_that_somebody_else_made_meanwhile_is_not_ours(world: World) -> None:
    def spoils(request, status, headers, body):  # type: ignore[no-untyped-def]
        if not is_put(request):
            return status, headers, body
        path = f"{world.main}{KEY}.ics"
        moved = world.ann.ask("GET", path).content.replace(b"20261201T100000", b"20261201T093000")
        world.ann.ask("PUT", path, data=moved, headers={"Content-Type": "text/calendar"})
        return status, {}, body

    there = world.open()
    world.front.spoils = spoils
    stamp = there.put(world.main, KEY, EVENT, None)
    assert stamp == Stamp(KEY, "")
    world.front.spoils = lambda request, status, headers, body: (status, headers, body)
    assert there.put(world.main, stamp.id, EVENT, stamp).etag


def test_what_we_have_written_is_written_over_with_one_request(world: World) -> None:
    there = world.open()
    stamp = there.put(world.main, KEY, EVENT, None)
    for title in ("New", "Newer"):
        del world.front.asked[:]
        stamp = there.put(world.main, KEY, replace(EVENT, summary=title), stamp)
        assert world.front.methods() == ["PUT"]
    text = world.ann.ask("GET", f"{world.main}{KEY}.ics").content
    assert b"SUMMARY:Newer\r\n" in text
    assert b"SEQUENCE:2\r\n" in text


def test_who_changes_what_it_is_given_is_read_first(world: World) -> None:
    """It says no version then (RFC 4791 5.3.4), so nobody knows what is there."""
    world.front.spoils = lambda request, status, headers, body: (
        status,
        {name: value for name, value in headers.items() if not (is_put(request) and name == "ETag")},
        body,
    )
    there = world.open()
    stamp = there.put(world.main, KEY, EVENT, None)
    del world.front.asked[:]
    there.put(world.main, KEY, replace(EVENT, summary="New"), stamp)
    assert world.front.methods() == ["GET", "PUT", "GET"]


def test_who_has_holes_in_its_changes_is_read_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quirks, "PROVIDERS", (Row("Holes", ("127.0.0.1",), sync=False),))
    there = world.open()
    stamp = there.put(world.main, KEY, EVENT, None)
    del world.front.asked[:]
    there.put(world.main, KEY, replace(EVENT, summary="New"), stamp)
    assert world.front.methods() == ["GET", "PUT"]


def test_somebody_elses_object_under_our_name_stays(world: World) -> None:
    world.put(KEY, "DTSTART:20261201T090000Z", "SUMMARY:Theirs")
    with pytest.raises(NotAccepted):
        world.open().put(world.main, KEY, EVENT, None)
    assert b"Theirs" in world.ann.ask("GET", f"{world.main}{KEY}.ics").content


def test_our_event_under_another_name_is_adopted(world: World) -> None:
    """A calendar holds each UID once; who has put ours there was most likely we."""
    there = world.open()
    there.put(world.main, KEY, EVENT, None)
    other = KEY[::-1]
    stamp = there.put(world.main, other, replace(EVENT, summary="New"), None)
    events, _ = told(there, world.main)
    assert list(events) == [stamp.id]
    assert stamp.id in (KEY, other)


def taken(href: str) -> bytes:
    """As Cyrus, and so Fastmail, says that the account has an event with this UID (RFC 6638 3.2.4.1)."""
    told = (
        f"<C:unique-scheduling-object-resource><D:href>{href}</D:href></C:unique-scheduling-object-resource>"
    )
    body = f'<D:error xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">{told}</D:error>'
    return reply(403, body.encode(), Content_Type="application/xml")


def test_our_event_under_another_name_is_adopted_from_a_server_that_says_so_in_other_words(
    world: World,
) -> None:
    there = world.open()
    first = there.put(world.main, KEY, EVENT, None)
    here = f"{world.main}{KEY}.ics"
    world.front.says = lambda request: taken(here) if is_put(request) and here not in request.target else None
    assert there.put(world.main, KEY[::-1], replace(EVENT, summary="New"), None).id == first.id
    assert b"SUMMARY:New" in world.ann.ask("GET", here).content


@pytest.mark.parametrize("heard", [True, False])
def test_what_another_calendar_holds_is_written_here_with_a_uid_of_its_own(world: World, heard: bool) -> None:
    """Some accounts hold each UID once in all their calendars."""
    path, uid = f"{world.main}{KEY}.ics", b"UID:booking-7@here\r\n"

    def says(request: Request) -> bytes | None:
        if b"calendar-query" in request.body:
            return reply(501)
        return taken("/elsewhere/x.ics") if is_put(request) and uid in request.body else None

    there = world.open()
    world.front.says = says
    first = there.put(world.main, KEY, EVENT, None)
    if not heard:
        first = there.put(world.main, KEY, EVENT, None)
    there.put(world.main, KEY, replace(EVENT, summary="New"), first)
    events, _ = told(there, world.main)
    assert [(one.id, one.tag) for one in events.values()] == [(KEY, EVENT.uid)]
    text = world.ann.ask("GET", path).content
    assert f"UID:booking-7@here.{KEY}".encode() in text.replace(b"\r\n ", b"")
    assert b"SUMMARY:New" in text


def test_a_change_between_reading_and_writing_is_seen(world: World) -> None:
    there = world.open()
    stamp = there.put(world.main, KEY, EVENT, None)

    def says(request: Request) -> None:
        if is_put(request):
            path = f"{world.main}{KEY}.ics"
            text = world.ann.ask("GET", path).content.replace(b"Tea", b"Coffee")
            world.ann.ask("PUT", path, data=text, headers={"Content-Type": "text/calendar"})

    world.front.says = says
    with pytest.raises(RemoteChanged):
        there.put(world.main, stamp.id, EVENT, stamp)
    assert b"Coffee" in world.ann.ask("GET", f"{world.main}{KEY}.ics").content


@pytest.mark.parametrize("method", ["move", "delete"])
def test_an_instance_is_nothing_of_its_own(world: World, method: str) -> None:
    stamp = Stamp(f"{KEY}#20261202T100000", '"1"')
    with pytest.raises(NotAccepted):
        if method == "delete":
            world.open().delete(world.main, stamp)
        else:
            world.open().put(world.main, stamp.id, EVENT, stamp)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, NeedsReconnect),
        (403, NotAccepted),
        (404, RemoteGone),
        (410, RemoteGone),
        (412, RemoteChanged),
        (423, Unavailable),
        (429, RateLimited),
        (500, Unavailable),
        (507, Unavailable),
        (418, NotAccepted),
    ],
)
def test_what_statuses_mean(world: World, status: int, error: type[Exception]) -> None:
    there = world.open()
    stamp = there.put(world.main, KEY, EVENT, None)
    world.front.says = lambda request: reply(status) if is_put(request) else None
    with pytest.raises(error) as caught:
        there.put(world.main, stamp.id, replace(EVENT, summary="New"), stamp)
    assert PASSWORD not in str(caught.value)


# Reading


def test_times_without_a_zone_are_meant_in_the_calendars(world: World) -> None:
    world.put("a", "DTSTART:20261201T100000", "DURATION:PT1H")
    world.put("b", "DTSTART;TZID=Customized Time Zone:20261201T100000", "DURATION:PT1H", zone=FAR)
    events, _ = told(world.open(), world.main)
    assert events["a.ics"].times == b"DTSTART;TZID=Europe/Berlin:20261201T100000\r\nDURATION:PT1H\r\n"
    assert events["b.ics"].times == b"DTSTART:20261201T090000Z\r\nDURATION:PT1H\r\n"


def test_the_zone_is_asked_for_once_and_only_if_need_be(world: World) -> None:
    there = world.open()
    world.put("a", "DTSTART:20261201T090000Z")
    there.read(world.main, "a.ics")
    assert world.front.methods()[-1:] == ["GET"]
    for name in ("b", "c"):
        world.put(name, "DTSTART:20261201T100000")
    del world.front.asked[:]
    for name in ("b", "c"):
        there.read(world.main, f"{name}.ics")
    assert world.front.methods() == ["GET", "PROPFIND", "GET"]


@pytest.mark.parametrize("name", ["with space", "ünicode", "a@b", "{brace}", "plus+plus", "semi;colon"])
def test_names_of_objects(world: World, name: str) -> None:
    quoted = quote(name)
    text = (
        b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:x\r\nDTSTAMP:20261101T000000Z\r\n"
    )
    text += b"DTSTART:20261201T090000Z\r\nSUMMARY:x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    world.ann.ask("PUT", f"{world.main}{quoted}.ics", data=text, headers={"Content-Type": "text/calendar"})
    there = world.open()
    events, cursor = told(there, world.main)
    [id_] = events
    assert there.read(world.main, id_).etag == events[id_].etag
    world.ann.ask("DELETE", f"{world.main}{quoted}.ics")
    assert {one.id: one.gone for one in told(there, world.main, cursor)[0].values()} == {id_: True}


def test_titles_only_if_wanted_and_nothing_of_it_in_the_log(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.put("a", "DTSTART:20261201T090000Z", "SUMMARY:Dentist")
    world.put("b", "DTSTART:20261201T090000Z", "SUMMARY:Secret", "RRULE:FREQ=SECONDLY")
    caplog.set_level("DEBUG")
    assert {one.title for one in told(world.open(), world.main)[0].values()} == {""}
    assert {one.title for one in told(world.open(titles=True), world.main)[0].values()} == {
        "Dentist",
        "Secret",
    }
    assert "1 events of a CalDAV calendar" in caplog.text
    for word in ("Dentist", "Secret", PASSWORD, ANN):
        assert word not in caplog.text


def test_nobody_calls_us(world: World) -> None:
    assert world.open().watch(world.main, "id", "https://here/hook", "secret") is None


def test_an_account_of_which_nothing_is_known(world: World) -> None:
    grant = replace(world.grant(), kept="nonsense")
    with pytest.raises(NeedsReconnect):
        CaldavCalendar(world.config(), Account(1, 1, "", grant), lambda: NOW)


# Calendars


def listing(*responses: str) -> bytes:
    text = '<D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:S="http://calendarserver.org/ns/">'
    return reply(
        207, (text + "".join(responses) + "</D:multistatus>").encode(), Content_Type="application/xml"
    )


def entry(path: str, kinds: str = "<C:calendar/>", more: str = "") -> str:
    return (
        f"<D:response><D:href>{path}</D:href><D:propstat><D:prop><D:resourcetype><D:collection/>{kinds}"
        f"</D:resourcetype>{more}</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
    )


READ = "<D:current-user-privilege-set><D:privilege><D:read/></D:privilege></D:current-user-privilege-set>"
WRITE = READ.replace("<D:read/>", "<D:read/><D:write/>")
BIND = READ.replace("<D:read/>", "<D:bind/></D:privilege><D:privilege><D:write-content/>")
TASKS = '<C:supported-calendar-component-set><C:comp name="VTODO"/></C:supported-calendar-component-set>'
MAIN = "<C:schedule-default-calendar-URL><D:href>/c/b/</D:href></C:schedule-default-calendar-URL>"


def test_the_calendars_of_an_account(world: World) -> None:
    there = world.open()
    world.front.says = lambda request: listing(
        entry("/c/", ""),
        entry("/c/a/", more=READ),
        entry("/c/b/", more=WRITE + "<D:displayname>  Work\n</D:displayname>"),
        entry("/c/d/", more=BIND),
        entry("/c/e", more="<C:calendar-timezone-id>Asia/Tokyo</C:calendar-timezone-id>"),
        entry("/c/tasks/", more=TASKS),
        entry("/c/holidays/", "<S:subscribed/>"),
        entry("/c/theirs/", "<C:calendar/><S:subscribed/>"),
        entry("/c/inbox/", "<C:schedule-inbox/>", MAIN),
        entry("/c/outbox/", "<C:schedule-outbox/>"),
        entry("/c/deleted/", "<deleted-calendar xmlns='http://nextcloud.com/ns'/>"),
    )
    found = {one.id: one for one in there.calendars()}
    assert set(found) == {"/c/a/", "/c/b/", "/c/d/", "/c/e/"}
    assert {one.id for one in found.values() if one.writable} == {"/c/b/", "/c/d/", "/c/e/"}
    assert [one.id for one in found.values() if one.primary] == ["/c/b/"]
    assert (found["/c/b/"].name, found["/c/a/"].name, found["/c/e/"].zone) == ("Work", "a", "Asia/Tokyo")


def test_without_a_word_of_the_server_the_first_is_the_main_one(world: World) -> None:
    there = world.open()
    world.front.says = lambda request: listing(entry("/c/b/"), entry("/c/a/", more=READ), entry("/c/c/"))
    assert [(one.id, one.primary) for one in there.calendars()] == [
        ("/c/b/", True),
        ("/c/c/", False),
        ("/c/a/", False),
    ]


# Signing in


def digest_server(world: World, nonces: list[str]) -> None:
    """Baïkal as it comes: takes nothing but a digest, and lets a nonce run out."""

    def says(request: Request) -> bytes | None:
        told_ = request.headers.get("authorization", "")
        if not told_.startswith("Digest ") or f'nonce="{nonces[0]}"' not in told_:
            return reply(
                401, WWW_Authenticate=f'Digest realm="dav", nonce="{nonces[0]}", qop="auth", opaque="x"'
            )
        parts = dict(re.findall(r'(\w+)="?([^",]+)"?', told_))
        first = hashlib.md5(f"{ANN}:dav:{PASSWORD}".encode()).hexdigest()  # noqa: S324
        second = hashlib.md5(f"{request.method}:{request.target}".encode()).hexdigest()  # noqa: S324
        whole = f"{first}:{nonces[0]}:{parts['nc']}:{parts['cnonce']}:auth:{second}"
        if hashlib.md5(whole.encode()).hexdigest() != parts["response"]:  # noqa: S324
            return reply(401, WWW_Authenticate='Digest realm="dav", nonce="wrong", qop="auth"')
        basic = __import__("base64").b64encode(f"{ANN}:{PASSWORD}".encode()).decode()
        request.headers["authorization"] = f"Basic {basic}"
        return None

    world.front.says = says


def test_a_server_that_asks_for_a_digest(world: World) -> None:
    nonces = ["one"]
    digest_server(world, nonces)
    there = world.open()
    stamp = there.put(world.main, KEY, EVENT, None)
    asked = len(world.front.asked)
    there.read(world.main, stamp.id)
    assert len(world.front.asked) == asked + 1, "a nonce is good for more than one request"
    nonces[0] = "two"
    assert there.read(world.main, stamp.id).etag == stamp.etag
    kind = caldav.provider(world.config(), lambda: NOW)
    wrong = Grant("wrong", "wrong", world.grant().expires_at, kept=world.grant().kept)
    with pytest.raises(NeedsReconnect):
        kind.open(Account(1, 1, "", wrong)).calendars()


@pytest.mark.parametrize(
    ("challenge", "asked"),
    [
        ('Digest realm="a", nonce="b"', True),
        ('Basic realm="a"', False),
        ('Basic realm="a", Digest realm="b", nonce="c"', False),
        ('Digest realm="a", nonce="b", Basic realm="c"', False),
        ("Bearer", False),
        ("", False),
        ("Digest " + "x" * 5_000 + "=1", False),
    ],
)
def test_when_a_digest_is_asked_for(challenge: str, asked: bool) -> None:
    assert digest.is_asked_for(challenge) is asked


def test_a_way_of_reckoning_that_nobody_knows() -> None:
    assert (
        digest.Digest("a", "b", 'Digest realm="a", nonce="b", algorithm=NONSENSE').header("GET", "https://a/")
        == ""
    )
