"""HTTP under both servers that Daybridge runs on: waitress (`daybridge serve`) and gunicorn with our configuration."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import requests

from gateway import wiring
from gateway.core.model import CalendarKind, Detail
from gateway.services import grant
from gateway.settings import Settings
from tests import town
from tests.clients.processes import KINDS, Served, running
from tests.clients.wire import Answer, chunked, head
from tests.conftest import Databases, _person

pytestmark = pytest.mark.client

MOST_BODY = 2 * 1024 * 1024
EVENT = b"\r\n".join(
    [
        *(b"BEGIN:VCALENDAR", b"VERSION:2.0", b"PRODID:-//phone//EN", b"BEGIN:VEVENT", b"UID:lunch"),
        *(b"DTSTAMP:20261101T000000Z", b"DTSTART:20261124T180000Z", b"DTEND:20261124T190000Z"),
        *(b"SUMMARY:Lunch", b"END:VEVENT", b"END:VCALENDAR", b""),
    ]
)


def lunch(how: str) -> bytes:
    return EVENT.replace(b"SUMMARY:Lunch", b"SUMMARY:Lunch " + how.encode())


PROPFIND = b'<propfind xmlns="DAV:"><prop><current-user-principal/></prop></propfind>'


@pytest.fixture(
    scope="module", params=[pytest.param(kind, marks=pytest.mark.xdist_group(kind)) for kind in KINDS]
)
def served(
    request: pytest.FixtureRequest,
    databases: Databases,
    template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Served]:
    """A server process on a database of its own."""
    url = databases.create(template)
    deps = wiring.build(Settings(database_url=url))
    alice = _person(deps, *town.ALICE)
    feed = grant.feed(deps, 1, CalendarKind.BOOKINGS, 11, Detail.FULL, "tests")
    deps.database.close()
    with running(request.param, url, tmp_path_factory.mktemp(request.param)) as server:
        yield Served(server, alice, "/feeds/" + feed.secret.rpartition("/")[2])
    databases.drop(url)


class TestConnections:
    def test_two_requests_on_one_connection(self, served):
        with served.wire() as wire:
            for _ in range(2):
                wire.send(head("GET", served.event, who=served.alice))
                answer = wire.answer()
                assert (answer.status, answer.body[:15]) == (200, b"BEGIN:VCALENDAR")

    def test_two_requests_at_once_are_answered_in_order(self, served):
        with served.wire() as wire:
            wire.send(
                head("GET", "/healthz")
                + head("GET", served.event, who=served.alice)
                + head("GET", "/nothing")
            )
            assert [wire.answer().status for _ in range(3)] == [200, 200, 404]

    def test_a_request_in_many_small_packets(self, served):
        whole = (
            head("PROPFIND", "/dav/", f"Content-Length: {len(PROPFIND)}", "Depth: 0", who=served.alice)
            + PROPFIND
        )
        with served.wire() as wire:
            wire.send(*(whole[at : at + 7] for at in range(0, len(whole), 7)))
            assert wire.answer("PROPFIND").status == 207

    @pytest.mark.parametrize("target", ["event", "feed", "/healthz", "/nothing"])
    def test_head_is_get_without_the_body(self, served, target):
        path = getattr(served, target, target)
        with served.wire() as wire:
            answers = []
            for method in ("HEAD", "GET"):
                wire.send(head(method, path, who=served.alice))
                answers.append(wire.answer(method))
        bodiless, whole = answers
        assert (bodiless.status, bodiless.body) == (whole.status, b"")
        assert {**bodiless.headers, "date": ""} == {**whole.headers, "date": ""}
        assert int(whole.headers["content-length"]) == len(whole.body)

    def test_three_hundred_idle_phones_keep_nobody_waiting(self, served):
        with ExitStack() as phones:
            for _ in range(300):
                phone = phones.enter_context(served.wire())
                phone.send(head("GET", "/healthz"))
                assert phone.answer().status == 200
            assert served.ask(head("GET", served.event, who=served.alice)).status == 200


class TestBodies:
    """Whatever way a body comes, it reaches our code: what is stored then is what was sent, byte for byte."""

    def is_stored(self, served: Served, answer: Answer, body: bytes) -> bool:
        stored = served.ask(head("GET", served.new, who=served.alice))
        assert answer.status in (201, 204), answer
        return (stored.status, stored.body) == (200, body) and answer.headers["etag"] == stored.headers[
            "etag"
        ]

    def test_a_put_of_known_length(self, served):
        event = lunch("of known length")
        request = head("PUT", served.new, f"Content-Length: {len(event)}", who=served.alice)
        assert self.is_stored(served, served.ask(request, event, method="PUT"), event)

    def test_a_put_in_chunks(self, served):
        request = head("PUT", served.new, "Transfer-Encoding: chunked", who=served.alice)
        for event in (lunch("in chunks"), lunch("in chunks again")):
            answer = served.ask(request, chunked(event), method="PUT")
            assert self.is_stored(served, answer, event)

    def test_a_new_event_leaves_the_connection_open(self, served):
        with served.wire() as wire:
            for name in ("one", "two"):
                event = EVENT.replace(b"UID:lunch", f"UID:{name}".encode())
                path = f"{served.alice.bookings}{name}.ics"
                wire.send(head("PUT", path, f"Content-Length: {len(event)}", who=served.alice), event)
                assert wire.answer("PUT").status == 201

    def test_a_put_that_waits_to_be_asked_for_its_body(self, served):
        event = lunch("when asked")
        lines = (f"Content-Length: {len(event)}", "Expect: 100-continue")
        with served.wire() as wire:
            wire.send(head("PUT", served.new, *lines, who=served.alice))
            assert wire.line() == b"HTTP/1.1 100 Continue"
            assert wire.line() == b""
            wire.send(event)
            assert self.is_stored(served, wire.answer("PUT"), event)

    def test_a_put_that_is_refused_says_why_in_words(self, served):
        task = EVENT.replace(b"VEVENT", b"VTODO")
        request = head("PUT", served.new, f"Content-Length: {len(task)}", who=served.alice)
        answer = served.ask(request, task, method="PUT")
        assert answer.status == 403
        assert b"supported-calendar-component" in answer.body
        assert b"events only" in answer.body

    def test_a_propfind_in_chunks(self, served):
        request = head("PROPFIND", "/dav/", "Transfer-Encoding: chunked", "Depth: 0", who=served.alice)
        with served.wire() as wire:
            for _ in range(2):
                wire.send(request, chunked(PROPFIND, 10))
                answer = wire.answer("PROPFIND")
                assert answer.status == 207
                assert served.alice.home.encode() in answer.body

    def test_too_long_a_body_is_413_before_it_is_sent(self, served):
        for who in (served.alice, None):
            request = head("PUT", served.new, f"Content-Length: {MOST_BODY + 1}", who=who)
            assert served.ask(request, method="PUT").status == 413

    def test_too_long_a_body_in_chunks_is_413(self, served):
        request = head("PUT", served.new, "Transfer-Encoding: chunked", who=served.alice)
        assert served.ask(request, chunked(b"x" * (MOST_BODY + 100_000), 65_536), method="PUT").status == 413


class TestNonsense:
    @pytest.mark.parametrize("length", ["abc", "-1", "+5", "1e3", "5, 6", "5 5", "0x5", ""])
    def test_a_length_that_is_none(self, served, length):
        answer = served.ask(
            head("PUT", served.event, f"Content-Length: {length}", who=served.alice), b"12345"
        )
        assert answer.status == 400

    def test_two_lengths(self, served):
        lines = ("Content-Length: 5", "Content-Length: 6")
        assert served.ask(head("PUT", served.event, *lines, who=served.alice), b"123456").status == 400

    def test_too_long_a_head(self, served):
        assert served.ask(head("GET", "/healthz", f"X-Long: {'y' * 70_000}")).status in (400, 431)
        assert served.ask(head("GET", f"/healthz?{'y' * 70_000}")).status in (400, 414, 431)

    def test_an_address_longer_than_any_of_ours(self, served):
        assert served.ask(head("GET", f"/dav/{'y' * 3000}", who=served.alice)).status == 414

    @pytest.mark.parametrize(
        "framing",
        [
            "Transfer-Encoding: chunked",
            "Transfer-Encoding: identity, chunked",
            "Transfer-Encoding: chunked, identity",
            "Transfer-Encoding: chunked, chunked",
            "Transfer-Encoding: xchunked",
            "Transfer-Encoding: identity",
            "Transfer-Encoding: \x0bchunked",
            "Transfer-Encoding : chunked",
            "Transfer-Encoding:\r\n chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
            "Transfer_Encoding: chunked",
        ],
    )
    def test_a_request_hidden_in_another_s_body_is_never_answered(self, served, framing):
        """By its length the first body ends before the hidden request, by its chunks behind it (RFC 9112 11.2)."""
        hidden = chunked(head("GET", "/hidden"), 1000)
        length = hidden.index(b"\r\n") + 2
        if "_" in framing:
            length = len(hidden)
        last = head("GET", "/healthz", "Connection: close")
        with served.wire() as wire:
            wire.send_as_far_as_taken(
                head("POST", "/healthz", f"Content-Length: {length}", framing) + hidden + last
            )
            got = wire.rest()
        assert b" 404 " not in got
        assert got.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4", b"HTTP/1.1 501"))

    @pytest.mark.parametrize("size", [b"0x1", b"-1", b"+1", b"1;a=\n", b"1 ", b""])
    def test_a_chunk_of_no_size(self, served, size):
        body = size + b"\r\nA\r\n0\r\n\r\n"
        request = head("PUT", served.event, "Transfer-Encoding: chunked", who=served.alice)
        with served.wire() as wire:
            wire.send_as_far_as_taken(request + body + head("GET", "/healthz", "Connection: close"))
            answer = wire.answer("PUT")
        assert answer.status in (400, 403)


class TestAddresses:
    def test_the_whole_address_as_a_proxy_would_ask_for_it(self, served):
        assert served.ask(head("GET", f"{served.address}/healthz")).body == b"alive\n"
        answer = served.ask(
            head("PROPFIND", f"{served.address}/dav/", "Depth: 0", who=served.alice), method="PROPFIND"
        )
        assert answer.status == 207

    @pytest.mark.parametrize(
        "path", ["/dav/s11/bookings/booking%2D1001.ics", "/dav/%73%31%31/%62ookings/booking-1001.ics"]
    )
    def test_letters_written_as_numbers(self, served, path):
        assert served.ask(head("GET", path, who=served.alice)).status == 200

    @pytest.mark.parametrize(
        "path",
        [
            "/dav/s11/bookings/%ff.ics",
            "/dav/%2e%2e/healthz",
            "/dav/s11/bookings/%00.ics",
            "/dav/s11/bookings/%0d%0aX:y.ics",
        ],
    )
    def test_what_no_event_is_called(self, served, path):
        answer = served.ask(head("GET", path, who=served.alice))
        assert answer.status in (400, 404)
        assert "x" not in answer.headers

    @pytest.mark.parametrize(
        "path", ["/nothing", "/davx/", "/feeds/", "/feeds/none.ics", "/.well-known/carddav", "/%zz", "/%ff"]
    )
    def test_what_is_not_there(self, served, path):
        assert served.ask(head("GET", path)).status == 404

    @pytest.mark.parametrize("method", ["PROPFIND", "GET", "OPTIONS", "HEAD", "POST", "REPORT"])
    @pytest.mark.parametrize("path", ["/.well-known/caldav", "/.well-known/caldav/"])
    def test_where_the_calendars_are(self, served, method, path):
        answer = served.ask(
            head(method, path, "X-Script-Name: //evil.example", "X-Forwarded-Host: evil.example"),
            method=method,
        )
        assert (answer.status, answer.headers["location"]) == (301, "/dav/")

    def test_a_phone_that_was_told_the_host_alone(self, served):
        """RFC 5397: who am I? First the challenge, then the answer."""
        lines = (f"Content-Length: {len(PROPFIND)}", "Depth: 0")
        with served.wire() as wire:
            wire.send(head("PROPFIND", "/", *lines), PROPFIND)
            answer = wire.answer("PROPFIND")
            assert (answer.status, answer.headers["www-authenticate"][:13]) == (401, 'Basic realm="')
            wire.send(head("PROPFIND", "/", *lines, who=served.alice), PROPFIND)
            answer = wire.answer("PROPFIND")
        assert answer.status == 207
        assert f"<current-user-principal><href>{served.alice.home}</href>".encode() in answer.body
        assert "calendar-access" in served.ask(head("OPTIONS", "/"), method="OPTIONS").headers["dav"]

    def test_how_it_is(self, served):
        assert served.ask(head("GET", "/healthz")).status == 200
        assert served.ask(head("GET", "/readyz")).status == 200


def test_no_secret_is_in_the_log(served):
    """Runs last in this file; whatever the tests before it asked for would be there."""
    for path in (served.feed, served.feed.replace(".ics", "x.ics")):
        requests.get(served.address + path, timeout=5)
    served.ask(head("GET", served.event, who=served.alice))
    logged = served.server.logged()
    assert served.feed.removeprefix("/feeds/").removesuffix(".ics") not in logged
    assert served.alice.password not in logged
    assert "Traceback" not in logged, logged
