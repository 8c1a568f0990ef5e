"""Answers straight from rows equal those that Radicale gives on the same storage, but for what Radicale gets wrong.

Each request goes to both; both answers are parsed, and compared by address and property. What is meant to differ stands
in the lists below, each with its reason; what ours says there is tested by name in test_faults.py.
"""

from __future__ import annotations

import string
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement, tostring

import pytest
import vobject
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from radicale import pathutils

import wsgi
from gateway import wiring
from gateway.settings import Settings
from tests import town
from tests.caldav import reference
from tests.caldav.client import (
    CS,
    ICAL,
    Answer,
    C,
    D,
    InProcess,
    Member,
    between,
    multiget,
    path_of,
    propfind,
    query,
    same,
    sync_collection,
)
from tests.conftest import Databases, Town, _person

HOME = "/dav/s11/"
BOOKINGS = f"{HOME}bookings/"
HAIRCUT = f"{BOOKINGS}booking-1001.ics"
CALENDARS = [BOOKINGS, f"{HOME}busy/", f"{HOME}staff-12/", f"{HOME}team/"]
R, CR = "{http://radicale.org/ns/}", "{urn:ietf:params:xml:ns:carddav}"

# Short and long, within a day and over midnight, over both nights on which the clocks change, touching each other.
# None begins or ends in the hour that comes twice: Radicale is an hour wrong there, and ours is not
# (test_faults: test_cyrus_bookings_in_the_hour_that_comes_twice_are_served).
LENGTHS = [
    ("2026-11-24 00:00", "2026-11-24 00:15"),
    ("2026-11-24 00:15", "2026-11-24 01:00"),
    ("2026-11-23 22:00", "2026-11-24 02:00"),
    ("2026-11-20 12:00", "2026-11-27 12:00"),
    ("2026-03-08 05:00", "2026-03-08 08:00"),
    ("2026-11-01 04:30", "2026-11-01 08:00"),
    ("2026-06-01 00:00", "2026-12-31 23:59"),
    ("2026-12-31 23:30", "2027-01-01 00:30"),
    ("2026-11-24 12:00:00", "2026-11-24 12:00:01"),
]

# --- What is meant to differ --------------------------------------------------------------------------------------

# Radicale's own words, and address books, which we don't have.
NOT_OURS = {
    f"{R}version",
    f"{R}displayname",
    f"{R}getcontentcount",
    f"{CR}addressbook-home-set",
    f"{CS}source",
}
# Fault 10: it claims all privileges or none. It names reports that it doesn't do, for objects too.
CLAIMS = {f"{D}current-user-privilege-set", f"{D}supported-report-set"}
# Faults 8 and 9: the home and the principal's address are the request's path, on principals only; no mailto, no name.
WHO = {f"{C}calendar-home-set", f"{D}principal-URL", f"{C}calendar-user-address-set"}
# It has these on everything, even on objects (RFC 4791 5.2.5 defines it on calendars).
SIZE = {f"{C}max-resource-size"}
# RFC 4791 5.2.4, 7.5.1 and RFC 6638 9.1 ask for these; fault 7: the last reads back empty.
MORE_OF_CALENDARS = {
    f"{C}supported-calendar-data",
    f"{C}supported-collation-set",
    f"{C}schedule-calendar-transp",
}
# The whole calendar would have to be put together to be measured.
LENGTH_OF_A_CALENDAR = {f"{D}getcontentlength"}
# A report may ask for any property of an object (RFC 4791 7.8); Radicale knows three of them there.
NOT_IN_REPORTS = {
    f"{D}resourcetype",
    f"{D}getcontentlength",
    f"{D}getlastmodified",
    f"{D}current-user-principal",
    f"{D}principal-collection-set",
    f"{D}owner",
}


def meant_to_differ(href: str) -> set[str]:
    """The properties that are not compared at this address in a PROPFIND."""
    always = NOT_OURS | CLAIMS | WHO | SIZE
    if href == HOME:
        return always | {f"{D}displayname"}
    if href in CALENDARS:
        return always | MORE_OF_CALENDARS | LENGTH_OF_A_CALENDAR
    return always


# --- How it is compared -------------------------------------------------------------------------------------------


@dataclass
class Pair:
    """The same person's apps, one asking us and one asking Radicale."""

    ours: InProcess
    radicales: InProcess
    town: Town

    def ask(self, method: str, path: str, body: str | bytes, **headers: str) -> tuple[Answer, Answer]:
        ours = self.ours(method, path, body, **headers)
        assert ours.status < 500, ours.text
        return ours, self.radicales(method, path, body, **headers)


@pytest.fixture(scope="module")
def pair(databases: Databases, template: str) -> Iterator[Pair]:
    url = databases.create(template)
    deps = wiring.build(Settings(database_url=url))
    made = Town(deps, url, *(_person(deps, *who) for who in town.PEOPLE))
    for number, (start, end) in enumerate(LENGTHS):
        made.sql(
            "INSERT INTO bookings (id, business_id, staff_member_id, service_id, tenant_customer_id, start_time, "
            "end_time, status, notes, created_at, updated_at) "
            "VALUES (%s, 1, %s, 32, 62, %s::timestamp, %s::timestamp, %s, %s, now(), now())",
            1100 + number,
            11 + number % 4 // 3,
            start,
            end,
            number % 2,
            "<&> \u201eü\u201d; a, b\\n" * number,
        )
    made.settle()
    ours = InProcess(wsgi.mount(deps), made.alice)
    for tag in (
        "<I:calendar-color>#FF2968FF</I:calendar-color>",
        "<D:displayname>Mine &amp; yours</D:displayname>",
    ):
        for calendar in CALENDARS[1:]:
            assert ours.proppatch(calendar, f"<D:set><D:prop>{tag}</D:prop></D:set>").status == 207
    yield Pair(ours, InProcess(reference.mount(deps), made.alice), made)
    deps.database.close()
    databases.drop(url)


def told(answer: Answer, *, drop: Any) -> dict[str, Any]:
    """A multistatus as values that compare; `drop` gives the properties to leave out at an address."""
    return {href: _told(member, drop(href)) for href, member in answer.members.items()}


def _told(member: Member, dropped: set[str]) -> dict[str, Any]:
    props = {
        status: {tag: _value(node) for tag, node in props.items() if tag not in dropped}
        for status, props in member.props.items()
    }
    return {"status": member.status, "props": {status: values for status, values in props.items() if values}}


def _value(node: Element) -> tuple[str, list[str]]:
    return (node.text or "").strip(), sorted(same(child) for child in node)


def agree(
    pair: Pair, method: str, path: str, body: str | bytes, drop: Any = meant_to_differ, **headers: str
) -> None:
    ours, radicales = pair.ask(method, path, body, **headers)
    if radicales.status >= 500:
        return  # it must only not happen to us
    assert ours.status == radicales.status, (ours.text, radicales.text)
    if ours.status == 207:
        assert told(ours, drop=drop) == told(radicales, drop=drop)
        assert ours.token == radicales.token


def in_reports(_: str) -> set[str]:
    return NOT_OURS | CLAIMS | WHO | SIZE | NOT_IN_REPORTS


SLOW = settings(
    deadline=None,
    max_examples=120,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# --- PROPFIND -----------------------------------------------------------------------------------------------------

PATHS = [
    "/dav/",
    "/dav",
    HOME,
    "/dav/s11",
    *CALENDARS,
    "/dav/s11/bookings",
    HAIRCUT,
    f"{HOME}team/booking-1005.ics",
]
KNOWN = [
    *(
        f"{D}{name}"
        for name in [
            "resourcetype",
            "displayname",
            "getetag",
            "getlastmodified",
            "getcontenttype",
            "getcontentlength",
            "sync-token",
            "owner",
            "current-user-principal",
            "principal-collection-set",
            "principal-URL",
            "current-user-privilege-set",
            "supported-report-set",
            "creationdate",
            "acl",
            "quota-used-bytes",
            "lockdiscovery",
        ]
    ),
    *(
        f"{C}{name}"
        for name in [
            "calendar-home-set",
            "calendar-user-address-set",
            "supported-calendar-component-set",
            "calendar-data",
            "max-resource-size",
            "calendar-description",
            "calendar-timezone",
            "schedule-calendar-transp",
            "supported-calendar-data",
            "schedule-inbox-URL",
        ]
    ),
    f"{CS}getctag",
    f"{CS}source",
    f"{ICAL}calendar-color",
    f"{ICAL}calendar-order",
]
LETTERS = string.ascii_letters + "_éß中"
names = st.builds(str.__add__, st.sampled_from(LETTERS), st.text(f"{LETTERS}-.0123456789", max_size=8))
namespaces = st.sampled_from(
    [
        "urn:x",
        "http://x/?a=1&b='<\">%02%01",
        "DAV:",
        "http://www.w3.org/XML/1998/namespace",
        "urn:daybridge",
        "a}b",
    ]
)
tags = st.one_of(st.sampled_from(KNOWN), st.builds(lambda ns, name: f"{{{ns}}}{name}", namespaces, names))
depths = st.sampled_from(["0", "1"])


def document(root: str, inner: str, tags: list[str]) -> bytes:
    top = Element(root)
    prop = SubElement(top, inner)
    for tag in tags:
        SubElement(prop, tag)
    return tostring(top, encoding="utf-8")


@SLOW
@given(path=st.sampled_from(PATHS), asked=st.lists(tags, min_size=1, max_size=12, unique=True), depth=depths)
@example(path=HOME, asked=KNOWN, depth="1")
@example(path=BOOKINGS, asked=KNOWN, depth="1")
@example(path=HAIRCUT, asked=KNOWN, depth="0")
@example(path="/dav/", asked=KNOWN, depth="1")
@example(path=BOOKINGS, asked=[f"{D}getetag"], depth="1")
@example(path=BOOKINGS, asked=[f"{D}nothing"], depth="1")
def test_propfind_of_any_properties(pair: Pair, path: str, asked: list[str], depth: str) -> None:
    agree(pair, "PROPFIND", path, document(f"{D}propfind", f"{D}prop", asked), Depth=depth)


@pytest.mark.parametrize("asked", ["", "<propfind xmlns='DAV:'><allprop/></propfind>"])
@pytest.mark.parametrize("depth", ["0", "1"])
@pytest.mark.parametrize("path", PATHS)
def test_propfind_of_everything_agrees_on_what_both_have(
    pair: Pair, path: str, depth: str, asked: str
) -> None:
    ours, radicales = (answer.members for answer in pair.ask("PROPFIND", path, asked, Depth=depth))
    assert ours.keys() == radicales.keys()
    for href, member in ours.items():
        dropped = meant_to_differ(href)
        mine, theirs = _told(member, dropped)["props"][200], _told(radicales[href], dropped)["props"][200]
        # A sync-token is the one property that RFC 6578 4 wants out of allprop, and Radicale has in it.
        theirs.pop(f"{D}sync-token", None)
        assert mine == theirs


@pytest.mark.parametrize("depth", ["0", "1"])
@pytest.mark.parametrize("path", PATHS)
def test_propfind_of_names_tells_those_that_are_then_found(pair: Pair, path: str, depth: str) -> None:
    asked = "<propfind xmlns='DAV:'><propname/></propfind>"
    ours, radicales = (answer.members for answer in pair.ask("PROPFIND", path, asked, Depth=depth))
    assert ours.keys() == radicales.keys()
    for href, member in ours.items():
        assert member.found.keys() - meant_to_differ(href) == radicales[href].found.keys() - meant_to_differ(
            href
        )
        again = pair.ours(
            "PROPFIND", href, document(f"{D}propfind", f"{D}prop", sorted(member.found)), Depth="0"
        )
        assert again.members[href].found.keys() == member.found.keys()


# --- calendar-multiget ----------------------------------------------------------------------------------------------

REPORTABLE = [
    f"{D}getetag",
    f"{D}getcontenttype",
    f"{C}calendar-data",
    f"{C}schedule-tag",
    f"{D}resourcetype",
]
reported = st.lists(st.one_of(st.sampled_from(REPORTABLE), tags), min_size=1, max_size=6, unique=True)
hrefs = st.one_of(
    st.sampled_from(
        [
            HAIRCUT,
            f"http://elsewhere.example:8443{HAIRCUT}",
            HAIRCUT.replace("booking", "%62ooking"),
            f"{HAIRCUT}?x=1#y",
            f"{HAIRCUT}/",
            f"{BOOKINGS}//booking-1002.ics",
            f"{BOOKINGS}../bookings/./booking-1003.ics",
            f"{BOOKINGS}a/b.ics",
            f"{BOOKINGS}%00.ics",
            f"{BOOKINGS}%ff%fe.ics",
            f"{BOOKINGS}%C3%A9 %2525.ics",
            f"{BOOKINGS}..",
            f"{HOME}team/booking-1005.ics",
            f"{HOME}staff-12/booking-1005.ics",
            "/dav/s12/bookings/booking-1005.ics",
            "/dav/s21/bookings/booking-2001.ics",
            f"{BOOKINGS}booking-1005.ics",
            HOME,
            "/dav/",
        ]
    ),
    st.integers(1000, 1110).map(lambda number: f"{BOOKINGS}booking-{number}.ics"),
    # Radicale takes space around an address for a part of it, and a semicolon for its end.
    st.text(max_size=12).map(lambda name: BOOKINGS + name.replace(";", "").strip()),
)


def multiget_document(asked: list[str], hrefs: list[str]) -> bytes:
    top = Element(f"{C}calendar-multiget")
    prop = SubElement(top, f"{D}prop")
    for tag in asked:
        SubElement(prop, tag)
    for href in hrefs:
        SubElement(top, f"{D}href").text = href
    return tostring(top, encoding="utf-8")


def is_xml(text: str) -> bool:
    return all(
        c in "\t\n\r" or 0x20 <= ord(c) < 0xD800 or 0xE000 <= ord(c) < 0xFFFE or ord(c) > 0xFFFF for c in text
    )


@SLOW
@given(path=st.sampled_from(CALENDARS), asked=reported, hrefs=st.lists(hrefs.filter(is_xml), max_size=8))
@example(path=BOOKINGS, asked=REPORTABLE, hrefs=[HAIRCUT, HAIRCUT, f"{BOOKINGS}gone.ics"])
@example(path=BOOKINGS, asked=["{http://x/%02}a", f"{C}calendar-data"], hrefs=[HAIRCUT])
def test_multiget_of_any_addresses(pair: Pair, path: str, asked: list[str], hrefs: list[str]) -> None:
    ours, radicales = pair.ask("REPORT", path, multiget_document(asked, hrefs))
    if radicales.status >= 400:
        return
    mine = told(ours, drop=in_reports)
    if any(name(href) == name(path) for href in hrefs):
        return  # for the calendar's own address Radicale gives all that is in there, some of it twice
    theirs = told(radicales, drop=in_reports)
    # It leaves addresses outside of it without an answer; RFC 4791 7.9 wants one for each.
    for href in mine.keys() - theirs.keys():
        assert mine.pop(href)["status"] == 404
    assert mine == theirs


def name(address: str) -> str:
    return pathutils.sanitize_path(path_of(address)).strip("/")


# --- calendar-query -------------------------------------------------------------------------------------------------


def _edges() -> list[str]:
    whole = [datetime.fromisoformat(side) for length in LENGTHS for side in length]
    second = timedelta(seconds=1)
    return sorted({f"{moment + at * second:%Y%m%dT%H%M%SZ}" for moment in whole for at in (-1, 0, 1)})


def _attributes(start: str | None, end: str | None) -> dict[str, str]:
    return {side: moment for side, moment in (("start", start), ("end", end)) if moment is not None}


moments = st.one_of(
    st.sampled_from(_edges()),
    st.datetimes(datetime.fromisoformat("0002-01-01"), datetime.fromisoformat("9998-01-01")).map(
        lambda moment: f"{moment:%Y%m%dT%H%M%SZ}".rjust(16, "0")
    ),
)
ranges = (
    st.tuples(st.one_of(st.none(), moments), st.one_of(st.none(), moments))
    .filter(lambda sides: sides != (None, None) and (None in sides or sides[0] != sides[1]))
    .map(lambda sides: sides if None in sides else tuple(sorted(sides)))
    .map(lambda sides: _attributes(*sides))
)


def node(kind: str, attributes: dict[str, str], *children: Element, text: str = "") -> Element:
    made = Element(f"{C}{kind}", attributes)
    made.text = text
    made.extend(children)
    return made


time_ranges = ranges.map(lambda attributes: node("time-range", attributes))
not_defined = st.builds(lambda: node("is-not-defined", {}))
texts = st.sampled_from(
    ["Haircut", "HAIR", "maria", "", "zzz", "\u201eü", "\u00dc", "; a", "<&>", "booking-110", "@", "salem"]
)
text_matches = st.builds(
    lambda text, collation, negate: node("text-match", {**collation, **negate}, text=text),
    texts,
    st.sampled_from([{}, {"collation": "i;octet"}, {"collation": "i;ascii-casemap"}]),
    st.sampled_from([{}, {"negate-condition": "yes"}, {"negate-condition": "no"}]),
)
param_filters = st.builds(
    lambda name, children: node("param-filter", {"name": name}, *children),
    st.sampled_from(["TZID", "tzid", "VALUE", "X-NONE"]),
    st.one_of(st.just([]), not_defined.map(lambda one: [one]), text_matches.map(lambda one: [one])),
)
prop_filters = st.builds(
    lambda name, children: node("prop-filter", {"name": name}, *children),
    st.sampled_from(
        [
            "SUMMARY",
            "summary",
            "UID",
            "DTSTART",
            "DTEND",
            "LOCATION",
            "CATEGORIES",
            "STATUS",
            "DESCRIPTION",
            "X-NONE",
        ]
    ),
    st.one_of(
        st.just([]),
        not_defined.map(lambda one: [one]),
        st.tuples(text_matches, param_filters).map(list),
        text_matches.map(lambda one: [one]),
        time_ranges.map(lambda one: [one]),
        param_filters.map(lambda one: [one]),
    ),
)


def comp_filters(names: list[str], inner: Any) -> Any:
    """A comp-filter as RFC 4791 9.7.1 has it."""
    full = st.builds(
        lambda span, props, comps: [*span, *props, *comps],
        st.one_of(st.just([]), time_ranges.map(lambda one: [one])),
        st.lists(prop_filters, max_size=2),
        inner,
    )
    children = st.one_of(
        st.just([]), not_defined.map(lambda one: [one]), time_ranges.map(lambda one: [one]), full
    )
    return st.builds(
        lambda name, inside: node("comp-filter", {"name": name}, *inside), st.sampled_from(names), children
    )


alarms = st.lists(comp_filters(["VALARM"], st.just([])), max_size=1)
components = comp_filters(["VEVENT", "VEVENT", "vevent", "VTODO", "VJOURNAL"], alarms)
wholes = st.lists(components, max_size=2).map(
    lambda inside: node("comp-filter", {"name": "VCALENDAR"}, *inside)
)


def query_document(asked: list[str], *filters: Element) -> bytes:
    top = Element(f"{C}calendar-query")
    prop = SubElement(top, f"{D}prop")
    for tag in asked:
        SubElement(prop, tag)
    top.append(node("filter", {}, *filters))
    return tostring(top, encoding="utf-8")


@settings(SLOW, max_examples=70)
@given(path=st.sampled_from([BOOKINGS, f"{HOME}team/"]), asked=reported, whole=wholes)
def test_query_with_any_filter(pair: Pair, path: str, asked: list[str], whole: Element) -> None:
    agree(pair, "REPORT", path, query_document(asked, whole), in_reports)


def test_query_at_each_edge_of_each_length(pair: Pair) -> None:
    edges = _edges()
    for start, end in pairwise(edges):
        for span in (between(start, end), between(start, None), between(None, start)):
            agree(pair, "REPORT", BOOKINGS, query(span), in_reports)


@given(whole=wholes)
@settings(SLOW, max_examples=40)
def test_query_of_one_event(pair: Pair, whole: Element) -> None:
    agree(pair, "REPORT", HAIRCUT, query_document([f"{D}getetag"], whole), in_reports)


anything = st.recursive(
    st.one_of(time_ranges, not_defined, text_matches, st.builds(lambda: node("moon-phase", {}))),
    lambda inside: st.builds(
        lambda kind, name, children: node(kind, name, *children),
        st.sampled_from(["comp-filter", "prop-filter", "param-filter", "time-range", "filter"]),
        st.sampled_from(
            [{}, *({"name": one} for one in ("VCALENDAR", "VEVENT", "VTIMEZONE", "VALARM", "UID", "X"))]
        ),
        st.lists(inside, max_size=3),
    ),
    max_leaves=8,
)
NAMED = {f"{C}supported-filter", f"{C}valid-filter", f"{C}supported-collation"}


@SLOW
@given(filters=st.lists(anything, max_size=2))
def test_query_with_what_is_no_filter(pair: Pair, filters: list[Element]) -> None:
    """What Radicale answers to nonsense differs from case to case; ours is refused by name, or makes sense to it."""
    ours, radicales = pair.ask("REPORT", BOOKINGS, query_document([f"{D}getetag"], *filters))
    if ours.status == 403:
        assert ours.preconditions <= NAMED
    elif ours.status == 207 and radicales.status == 207:
        assert told(ours, drop=in_reports) == told(radicales, drop=in_reports)
    else:
        assert ours.status == 400
        assert radicales.status >= 400


@pytest.mark.parametrize(
    "window", [("20200101T000000Z", "20300101T000000Z"), ("20261124T001500Z", "20261124T010000Z")]
)
def test_expanded_events_are_those_of_the_query_and_the_window(pair: Pair, window: tuple[str, str]) -> None:
    """Radicale tells events that happen once in their own zone, and outside of the window too; ours keeps to 9.6.5."""
    expand = f'<C:calendar-data><C:expand start="{window[0]}" end="{window[1]}"/></C:calendar-data>'
    span = between("20261123T000000Z", "20261125T000000Z")
    ours, radicales = pair.ask("REPORT", BOOKINGS, query(span, f"<D:getetag/>{expand}"))
    both = pair.ours.query(BOOKINGS, between(*window)).members.keys()
    assert ours.members.keys() == radicales.members.keys() & both
    for href, member in ours.members.items():
        mine, theirs = (
            vobject.readOne(one.members[href].found[f"{C}calendar-data"].text or "")
            for one in (ours, radicales)
        )
        assert (mine.vevent.dtstart.value, mine.vevent.dtend.value) == (
            theirs.vevent.dtstart.value,
            theirs.vevent.dtend.value,
        )
        assert mine.vevent.dtstart.value.tzname() == "UTC"
        assert mine.vevent.summary.value == theirs.vevent.summary.value
        assert member.found.keys() == {f"{D}getetag", f"{C}calendar-data"}
    listed = list(ours.members)
    again = pair.ours.multiget(BOOKINGS, *listed, props=f"<D:getetag/>{expand}").members
    assert {href: _told(one, set()) for href, one in again.items()} == told(ours, drop=lambda _: set())


# --- sync-collection ------------------------------------------------------------------------------------------------


def tokens(pair: Pair) -> list[str]:
    now = pair.ours.sync(BOOKINGS).token
    head, _, revision = now.rpartition(":")
    return [
        "",
        now,
        f" {now} ",
        *(f"{head}:{earlier}" for earlier in range(int(revision) + 2)),
        pair.ours.sync(f"{HOME}team/").token,
        f"{head}:{10**17}",
        f"{head}:{revision}:",
        f"{head}:1:1:booking-1001.ics",
        f"{head}:1:0:%00",
        f"{head}:-1",
        f"{head}:\u0663",
        now.upper(),
    ]


@SLOW
@given(data=st.data(), asked=reported)
def test_sync_from_any_token(pair: Pair, data: st.DataObject, asked: list[str]) -> None:
    token = data.draw(st.one_of(st.sampled_from(tokens(pair)), st.text(max_size=40).filter(is_xml)))
    top = Element(f"{D}sync-collection")
    SubElement(top, f"{D}sync-token").text = token
    SubElement(top, f"{D}sync-level").text = "1"
    prop = SubElement(top, f"{D}prop")
    for tag in asked:
        SubElement(prop, tag)
    agree(pair, "REPORT", BOOKINGS, tostring(top, encoding="utf-8"), in_reports)


# --- What is no question at all -------------------------------------------------------------------------------------

QUESTIONS = [
    propfind("D:getetag", "D:resourcetype").encode(),
    query(between("20261124T000000Z", None)).encode(),
    multiget(HAIRCUT, f"{BOOKINGS}x").encode(),
    sync_collection(limit=2).encode(),
    b'<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><D:x>1</D:x></D:prop></D:set></D:propertyupdate>',
]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A good question with a few bytes cut out, doubled or replaced."""
    body = bytearray(draw(st.sampled_from(QUESTIONS)))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(body)))
        body[start : start + draw(st.integers(0, 6))] = draw(st.binary(max_size=6))
    return bytes(body)


@settings(SLOW, max_examples=160)
@given(
    method=st.sampled_from(["PROPFIND", "REPORT", "PROPPATCH", "PUT", "DELETE", "MKCALENDAR", "MOVE"]),
    path=st.sampled_from([*PATHS, "/dav/s12/", "/dav/x", "/dav/s11/staff-999999999999999999/"]),
    body=st.one_of(st.binary(max_size=60), damaged()),
    depth=st.sampled_from(["0", "1", "infinity", "", "x"]),
)
@example(method="REPORT", path=BOOKINGS, body=b"\xff\xfe<\x00a\x00/\x00>\x00", depth="0")
@example(method="PROPFIND", path="/dav/s9999999999999999999/", body=QUESTIONS[0], depth="0")
@example(method="PROPFIND", path="/dav/s11/staff-9999999999999999999/", body=QUESTIONS[0], depth="0")
@example(method="PROPPATCH", path=BOOKINGS, body=QUESTIONS[4].replace(b"D:x", b"D:" + b"x" * 5000), depth="0")
def test_no_bytes_at_all_are_the_servers_fault(
    pair: Pair, method: str, path: str, body: bytes, depth: str
) -> None:
    assert pair.ours(method, path, body, Depth=depth).status < 500


@settings(SLOW, max_examples=90)
@given(
    path=st.text(max_size=30),
    method=st.sampled_from(["PROPFIND", "GET", "PUT", "DELETE", "REPORT", "PROPPATCH"]),
)
@example(path="bookings/\x00", method="GET")
@example(path="bookings/a\x00b.ics", method="PUT")
@example(path="bookings/" + "x" * 3000, method="GET")
@example(path="bookings/%ff", method="GET")
def test_no_address_at_all_is_the_servers_fault(pair: Pair, path: str, method: str) -> None:
    address = HOME + quote(path, errors="replace")
    assert pair.ours(method, address, QUESTIONS[0]).status < 500
